"""What the course needs on a computer that is not this one: the pins, their markers judged there.

pip judges markers where it runs, so it cannot be asked. The requirements of each package are read
from what is installed here; one that only another system needs must be pinned in constraints.txt,
and is taken to need nothing more, which `pack` compares with what the index says.
"""

import importlib.metadata
from dataclasses import dataclass
from functools import cache

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from course_lib.authoring.source import ROOT
from course_lib.workshop.machine import PACKAGE

CONSTRAINTS = ROOT / "constraints.txt"
SYSTEMS = {
    "linux": ("posix", "linux", "Linux", "x86_64"),
    "windows": ("nt", "win32", "Windows", "AMD64"),
    "macos": ("posix", "darwin", "Darwin", "arm64"),
}
TAGS = {
    "linux": [f"manylinux_2_{glibc}_x86_64" for glibc in range(28, 4, -1)]
    + ["manylinux2014_x86_64", "manylinux2010_x86_64", "manylinux1_x86_64", "linux_x86_64"],
    "windows": ["win_amd64"],
    "macos": ["macosx_14_0_arm64"],
}
PYTHONS = ("3.11", "3.12", "3.13")
PATCH = 9  # some packages refuse the first releases of a Python: "3.11" alone would be 3.11.0


@dataclass(frozen=True)
class Target:
    """A computer to pack for: "linux", "windows" or "macos", and a Python such as "3.12"."""

    platform: str
    python: str

    def __post_init__(self):
        """Refuse what the course does not run on."""
        if self.platform not in SYSTEMS:
            raise ValueError(f"platform must be one of {', '.join(SYSTEMS)}, got {self.platform!r}")
        if self.python not in PYTHONS:
            raise ValueError(f"python must be one of {', '.join(PYTHONS)}, got {self.python!r}")

    def applies(self, requirement, extra=""):
        """Tell whether a requirement holds there."""
        return requirement.marker is None or requirement.marker.evaluate(self.markers(extra))

    def markers(self, extra=""):
        """Return what the markers of requirements are judged by."""
        os_name, sys_platform, system, machine = SYSTEMS[self.platform]
        return {
            "os_name": os_name,
            "sys_platform": sys_platform,
            "platform_system": system,
            "platform_machine": machine,
            "platform_release": "",
            "platform_version": "",
            "platform_python_implementation": "CPython",
            "implementation_name": "cpython",
            "implementation_version": f"{self.python}.{PATCH}",
            "python_version": self.python,
            "python_full_version": f"{self.python}.{PATCH}",
            "extra": extra,
        }

    def pip_options(self):
        """Return the options by which pip looks for wheels of that computer."""
        tags = [f"--platform={tag}" for tag in TAGS[self.platform]]
        return ["--only-binary=:all:", f"--python-version={self.python}.{PATCH}", *tags]


def pinned(target, text=None):
    """Return the pins of constraints.txt that hold on a target: name -> version."""
    text = CONSTRAINTS.read_text(encoding="utf-8") if text is None else text
    lines = (line for line in text.splitlines() if line and not line.startswith("#"))
    pins = [pin for pin in map(Requirement, lines) if target.applies(pin)]
    return {canonicalize_name(p.name): str(p.specifier).removeprefix("==") for p in pins}


def needed(target, pins=None, requires=None):
    """Return what the course needs on a target, with what that needs in turn: name -> version.

    Parameters
    ----------
    target : Target
    pins : dict, optional
        By default those of constraints.txt.
    requires : callable, optional
        Gives the requirements of a package as lines; by default those of what is installed.

    Raises
    ------
    ValueError
        If something is needed there that has no pin, or whose pin is not allowed.
    """
    pins = pinned(target) if pins is None else pins
    requires = requires or installed_requires
    waiting, seen, found = [(PACKAGE, "")], set(), {}
    while waiting:
        package, extra = waiting.pop()
        if (package, extra) in seen:
            continue
        seen.add((package, extra))
        for requirement in map(Requirement, requires(package)):
            if not target.applies(requirement, extra):
                continue
            name = canonicalize_name(requirement.name)
            if name not in pins or not requirement.specifier.contains(pins[name]):
                raise ValueError(
                    f"constraints.txt needs a pin for {requirement.name}{requirement.specifier}, "
                    f"which {package} wants on {target.platform}"
                )
            found[name] = pins[name]
            waiting += [(name, wanted) for wanted in ("", *requirement.extras)]
    return dict(sorted(found.items()))


@cache
def installed_requires(package):
    """Return the requirements of a package as its installed metadata say; none if it is not."""
    try:
        return importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        return []
