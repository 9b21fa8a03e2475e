"""Where the published course is found: every address follows from the repository's.

That one stands in ``pyproject.toml`` once there is one::

    [project.urls]
    Repository = "https://github.com/OWNER/NAME"

Buttons, the README and the notebooks' first cell are made from it; without it there are none of
them. A release is the tag ``v`` and the version, with the wheel attached to it, so that a notebook
meets the library that it was written for.
"""

import re
import tomllib

from course_lib import __version__
from course_lib.authoring.source import ROOT
from course_lib.chapters.reading import SourceError

WHEEL = f"attention_as_a_graph-{__version__}-py3-none-any.whl"
RELEASE = f"v{__version__}"
LAID_OUT = "work"  # the folder that ``postBuild`` lays out on Binder
KNOWN = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(?:\.git)?/?")
INSTALL = """\
# Installs the course where it is missing, on Colab for instance. If you are then asked to restart
# the session, do so, and run all cells again.
from importlib.util import find_spec

if find_spec("course_lib") is None:
    %pip install --quiet {wheel}"""


def repository(settings=ROOT / "pyproject.toml"):
    """Return the repository's address as pyproject.toml names it; "" if it names none.

    Installed from a wheel, the course has no such file, and needs no address any more.
    """
    if not settings.is_file():
        return ""
    project = tomllib.loads(settings.read_text(encoding="utf-8"))["project"]
    address = project.get("urls", {}).get("Repository", "")
    if address:
        _owner_and_name(address)
    return address


def wheel(address):
    """Return the address of the release's wheel."""
    return f"https://github.com/{_owner_and_name(address)}/releases/download/{RELEASE}/{WHEEL}"


def colab(address, stem):
    """Return the address at which Colab opens a chapter's notebook."""
    place = f"{_owner_and_name(address)}/blob/{RELEASE}/notebooks/{stem}.ipynb"
    return f"https://colab.research.google.com/github/{place}"


def page(address, name):
    """Return the address at which a page of the book is read in its source."""
    return f"https://github.com/{_owner_and_name(address)}/blob/{RELEASE}/book/{name}.md"


def binder(address, stem):
    """Return the address at which Binder opens it, as `course start` laid it out there."""
    opened = f"lab/tree/{LAID_OUT}/notebooks/{stem}.ipynb"
    return f"https://mybinder.org/v2/gh/{_owner_and_name(address)}/{RELEASE}?urlpath={opened}"


def install_cell(address):
    """Return the code that installs the course where it is missing, and else does nothing."""
    return INSTALL.format(wheel=wheel(address))


def _owner_and_name(address):
    found = KNOWN.fullmatch(address)
    if not found:
        raise SourceError(
            f"Repository in pyproject.toml must be https://github.com/OWNER/NAME, got {address!r}: "
            "Colab and Binder open notebooks from there"
        )
    return found[1]
