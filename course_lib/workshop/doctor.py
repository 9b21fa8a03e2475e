"""Judge what was seen of a computer: each fault with its mend, in one line each."""

import re
from dataclasses import dataclass
from pathlib import Path

GIGABYTE = 10**9
LEAST_MEMORY = 4 * GIGABYTE
LEAST_FREE_MEMORY = 1 * GIGABYTE
LEAST_DISK = 1 * GIGABYTE
# Windows stops at 260 characters, and what we and Jupyter keep below a working folder adds 90.
LONGEST_WINDOWS_PATH = 160
SYNCED = re.compile(
    r"OneDrive.*|Dropbox.*|Google ?Drive|GoogleDrive.*|My Drive|iCloud ?Drive|Mobile Documents"
    r"|CloudStorage|Nextcloud|ownCloud|Box( Sync)?|pCloud.*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Finding:
    """What a check found: `fault` is "" if all is well, and else a word or two for the line.

    `told` says what was seen and `mend` what to do about a fault.
    """

    check: str
    told: str
    fault: str = ""
    mend: str = ""


def examine(facts):
    """Return a `Finding` for each check, in the order in which faults should be mended."""
    return [check(facts) for check in CHECKS]


def versions(facts):
    """Judge Python and each required package against the range that the course asks for."""
    from packaging.requirements import Requirement

    told = f"Python {facts.python}, course {facts.course}, {len(facts.wanted)} required packages"
    if not facts.wanted:
        return Finding(
            "versions",
            f"{told}; the course is not installed in this environment",
            "course=missing",
            "activate the environment that the course was installed in, or install it here",
        )
    wrong = []
    for line in facts.wanted:
        wanted = Requirement(line)
        found = facts.installed.get(wanted.name)
        if found is None or not wanted.specifier.contains(found, prereleases=True):
            wrong.append((wanted, found or "missing"))
    if not wrong:
        return Finding("versions", told)
    listed = ", ".join(f"{wanted.name} {found}" for wanted, found in wrong)
    return Finding(
        "versions",
        f"{told}; not as required: {listed}",
        "+".join(f"{wanted.name}={found}" for wanted, found in wrong),
        "python -m pip install " + " ".join(f'"{wanted}"' for wanted, _ in wrong),
    )


def kernel(facts):
    """Judge whether a notebook's kernel starts and finds this copy of the course."""
    install = "python -m ipykernel install --sys-prefix --name python3"
    if isinstance(facts.kernel, str):
        first = facts.kernel.splitlines()[0] if facts.kernel else "no answer"
        missing = "course_lib" in first and "ModuleNotFoundError" in first
        fault = "no-course" if missing else "fails"
        return Finding("kernel", f"a cell could not be run: {first}", fault, install)
    where, prefix = facts.kernel
    if Path(where) != Path(facts.here[0]):
        return Finding(
            "kernel",
            f"a notebook would use another copy of the course, in {where}",
            "other-copy",
            install if prefix != facts.here[1] else "unset PYTHONPATH, and start JupyterLab again",
        )
    return Finding("kernel", "started, ran a cell, and found this copy of the course")


def widgets(facts):
    """Judge whether JupyterLab has what live figures need."""
    wrong = {name: state for name, state in facts.extensions.items() if state}
    if not wrong:
        return Finding("widgets", "JupyterLab has the extensions that live figures need")
    listed = ", ".join(f"{name} is {state}" for name, state in wrong.items())
    disabled = [name for name, state in wrong.items() if state == "disabled"]
    mend = "python -m pip install --force-reinstall jupyterlab_widgets anywidget"
    if disabled:
        mend = f"jupyter labextension enable {disabled[0]}"
    short = "+".join(f"{name.rpartition('/')[2]}={state}" for name, state in wrong.items())
    return Finding("widgets", listed, short, mend)


def memory(facts):
    """Judge whether there is room for JupyterLab, a browser and a chapter with PyTorch."""
    if facts.memory is None:
        return Finding("memory", "could not be measured")
    told = f"{_gigabytes(facts.memory)} in all, {_gigabytes(facts.free_memory)} free"
    if facts.memory < LEAST_MEMORY:
        mend = "use a larger computer, or read along in the book, which needs no kernel"
        return Finding("memory", told, f"{_gigabytes(facts.memory)}-in-all", mend)
    if facts.free_memory < LEAST_FREE_MEMORY:
        return Finding(
            "memory", told, "little-free", "close other programs and notebooks before you begin"
        )
    return Finding("memory", told)


def disk(facts):
    """Judge whether there is room for notebooks, their copies and the browser."""
    if facts.disk is None:
        return Finding("disk", "could not be measured")
    told = f"{_gigabytes(facts.disk)} free"
    if facts.disk < LEAST_DISK:
        return Finding("disk", told, "full", "make room: empty the trash, remove old downloads")
    return Finding("disk", told)


def browser(facts):
    """Judge whether a browser can be opened."""
    if facts.browser is None:
        mend = "install Firefox, Chrome or Edge, or open the address that JupyterLab prints"
        return Finding("browser", "none was found", "none", mend)
    return Finding("browser", f"{facts.browser} would be opened")


def network(facts):
    """Tell of the network, which is nobody's fault: the course works without."""
    reached = "reached" if facts.network else "not reached, and not needed once all is installed"
    return Finding("network", reached)


def folder(facts):
    """Judge where the learner works."""
    if facts.folder is None:
        mend = "course start work, and run course doctor there again"
        return Finding("folder", facts.folder_fault, "none", mend)
    move = "move it to a plain folder of your own, such as Documents, outside of any of these"
    if facts.folder_fault:
        mend = "change its permissions, or `course start FOLDER` in a place that is yours"
        return Finding("folder", facts.folder_fault, "read-only", mend)
    synced = next((part for part in facts.folder.parts if SYNCED.fullmatch(part)), None)
    if synced:
        told = f"it lies in {synced}, which may change files while you work"
        return Finding("folder", told, "synced", move)
    if facts.system.startswith("Windows") and len(str(facts.folder)) > LONGEST_WINDOWS_PATH:
        told = "its path is so long that Windows may refuse files below it"
        return Finding("folder", told, "long-path", "move it nearer to the top: C:\\course\\work")
    if facts.outdated:
        told = f"it has other versions of {', '.join(facts.outdated)}"
        count = f"outdated={len(facts.outdated)}"
        return Finding("folder", told, count, "course update, with all notebooks closed")
    return Finding("folder", "found, can be written to, notebooks of this version")


CHECKS = (versions, kernel, widgets, memory, disk, browser, network, folder)


def _gigabytes(count):
    return f"{count / GIGABYTE:.1f} GB"
