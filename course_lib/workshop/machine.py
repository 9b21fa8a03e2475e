"""What `course doctor` looks at: facts about a computer, each from a probe of its own.

A probe says what it saw and judges nothing. What a probe cannot see is None, or a sentence that
says why, and never stops the others.
"""

import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import urllib.request
import webbrowser
from dataclasses import dataclass, field
from pathlib import Path

from course_lib import __version__
from course_lib.exercises import copies
from course_lib.working.folder import working_folder

PACKAGE = "attention-as-a-graph"
EXTENSIONS = ("@jupyter-widgets/jupyterlab-manager", "anywidget")
ELSEWHERE = "https://example.org"  # an address that is kept for trials like this one
ASK_KERNEL = (
    "import json, sys, course_lib; "
    "print(json.dumps([course_lib.__file__, course_lib.__version__, sys.prefix]))"
)


@dataclass(frozen=True)
class Facts:
    """What was seen of a computer.

    Attributes
    ----------
    system, python, course : str
        "Linux x86_64", "3.12.3", "0.1.0".
    wanted : tuple of str
        What the course requires, as its installed metadata say it: ``"numpy<3,>=2.1"``.
    installed : dict
        The version of each installed package that is wanted.
    kernel : tuple or str
        Where a notebook's kernel finds the course, and the kernel's environment; or why it failed.
    here : tuple
        The same of this process.
    extensions : dict
        For each extension of JupyterLab that figures need: "" if it is there, or what is wrong.
    memory, free_memory, disk : int or None
        Bytes.
    browser : str or None
        The name of a browser that can be opened.
    network : bool
        Whether an address outside was reached.
    folder : Path or None
        The working folder.
    folder_fault : str
        Why there is none, or why it cannot be written to.
    outdated : tuple of str
        Chapters that the folder has in another version.
    """

    system: str
    python: str
    course: str
    wanted: tuple = ()
    installed: dict = field(default_factory=dict)
    kernel: tuple | str = ""
    here: tuple = ()
    extensions: dict = field(default_factory=dict)
    memory: int | None = None
    free_memory: int | None = None
    disk: int | None = None
    browser: str | None = None
    network: bool = False
    folder: Path | None = None
    folder_fault: str = ""
    outdated: tuple = ()


def look(folder="."):
    """Return the facts about this computer and a working folder; starts a kernel."""
    place, fault, outdated = look_at_folder(folder)
    there = place or Path(folder)
    wanted = requirements()
    memory, free_memory = look_at_memory()
    return Facts(
        system=f"{platform.system()} {platform.machine()}",
        python=platform.python_version(),
        course=__version__,
        wanted=wanted,
        installed=versions(wanted),
        kernel=ask_kernel(there / "notebooks" if place else there),
        here=(str(copies.COPY / "course_lib"), sys.prefix),
        extensions={name: look_for_extension(name) for name in EXTENSIONS},
        memory=memory,
        free_memory=free_memory,
        disk=shutil.disk_usage(there).free if there.is_dir() else None,
        browser=look_for_browser(),
        network=reaches_outside(),
        folder=place,
        folder_fault=fault,
        outdated=outdated,
    )


def requirements(package=PACKAGE):
    """Return what the installed course requires here, without its extras; () if unknown."""
    from packaging.requirements import Requirement

    try:
        lines = importlib.metadata.requires(package) or []
    except importlib.metadata.PackageNotFoundError:
        return ()
    wanted = map(Requirement, lines)
    return tuple(
        f"{r.name}{r.specifier}" for r in wanted if not r.marker or r.marker.evaluate({"extra": ""})
    )


def versions(wanted):
    """Return the installed version of each package of some requirements that is installed."""
    from packaging.requirements import Requirement

    found = {}
    for line in wanted:
        name = Requirement(line).name
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def ask_kernel(folder, name="python3", code=ASK_KERNEL, seconds=90):
    """Start a kernel as a notebook would, run a cell in it, and return what the cell says."""
    from jupyter_client.manager import start_new_kernel

    said, errors = [], []

    def listen(message):
        content = message["content"]
        if message["msg_type"] == "stream" and content["name"] == "stdout":
            said.append(content["text"])
        elif message["msg_type"] == "error":
            errors.append(f"{content['ename']}: {content['evalue']}")

    try:
        manager, client = start_new_kernel(
            seconds, kernel_name=name, cwd=str(folder), stderr=subprocess.DEVNULL
        )
    except Exception as error:  # whatever an environment that is broken leads to
        return f"{type(error).__name__}: {error}"
    try:
        client.execute_interactive(code, timeout=seconds, output_hook=listen)
        if errors:
            return errors[0]
        where, _, prefix = json.loads("".join(said))
        return str(Path(where).parent), prefix
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def look_for_extension(name, folders=None):
    """Return "" if JupyterLab has an extension, or what is wrong with it."""
    if folders is None:
        from jupyter_core.paths import jupyter_path

        folders = jupyter_path("labextensions")
    if not any((Path(folder) / name / "package.json").is_file() for folder in folders):
        return "missing"
    settings = Path(sys.prefix, "etc", "jupyter", "labconfig", "page_config.json")
    try:
        disabled = json.loads(settings.read_text(encoding="utf-8"))["disabledExtensions"]
        return "disabled" if disabled.get(name) else ""
    except (OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
        return ""  # nothing was ever switched off


def look_at_memory():
    """Return the bytes of memory that the computer has, and those that are free; or None."""
    try:
        import psutil  # ipykernel brings it
    except ImportError:
        return None, None
    memory = psutil.virtual_memory()
    return memory.total, memory.available


def look_for_browser(variables=os.environ):
    """Return the name of the browser that would be opened, or None."""
    if "JUPYTERHUB_SERVICE_PREFIX" in variables:
        return "the browser in front of you"  # this computer is not the one that it runs on
    try:
        return getattr(webbrowser.get(), "name", "") or "default"
    except webbrowser.Error:
        return None


def reaches_outside(address=ELSEWHERE, seconds=4):
    """Tell whether an address outside can be reached, through a proxy if one is set."""
    try:
        with urllib.request.urlopen(address, timeout=seconds):
            return True
    except (OSError, ValueError):
        return False


def look_at_folder(folder):
    """Return the working folder or None, what is wrong with it, and its outdated chapters."""
    from course_lib.working import layout

    try:
        place = working_folder(folder)
    except ValueError as error:
        return None, str(error), ()
    try:
        for part in (place, place / "notebooks"):
            with tempfile.NamedTemporaryFile(dir=part, prefix=".doctor"):
                pass
    except OSError as error:
        return place, f"it cannot be written to ({os.strerror(error.errno or 5)})", ()
    return place, "", tuple(layout.start(place).outdated)
