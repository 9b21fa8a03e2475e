"""That a learner is in a class, remembered beside their notebooks in the folder ``.class``.

::

    .class/class.json       the class, its address, the learner's name and token
    .class/TELLS.jsonl      what `check` tells, one line an event; it only grows
    .class/TELLS.sent       how many bytes of it the class has acknowledged

`TELLS` begins with a part of the token's digest, so that what was meant for one class never reaches
another one.
"""

import json
import shutil
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course_lib import _files
from course_lib.classroom import codes
from course_lib.classroom.calling import base_of

FOLDER = ".class"


TYPES = {
    "base": str, "class_id": str, "token": str, "name": str, "released": list,
    "heard": (int, float), "leaving": bool,
}  # fmt: skip


@dataclass
class Membership:
    """A learner in a class.

    Attributes
    ----------
    base, class_id, token, name : str
    released : list of str
        The exercises whose solutions were released when the class last answered.
    heard : float
        When that was.
    leaving : bool
        Whether the learner has left while the class could not be reached: nothing is told any more.
    """

    base: str
    class_id: str
    token: str
    name: str
    released: list = field(default_factory=list)
    heard: float = field(default_factory=time.time)
    leaving: bool = False


def membership_in(folder):
    """Return the membership that a folder of notebooks remembers, or None.

    A folder may be somebody else's: what is in the file is no more trusted than what comes over
    the network.
    """
    try:
        content = json.loads(_files.read(_path(folder)))
        member = Membership(**content)
        fine = base_of(member.base) == member.base and all(
            isinstance(getattr(member, name), kind) for name, kind in TYPES.items()
        )
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return None
    return member if fine else None


def begin(folder, membership):
    """Remember a membership, the first time."""
    (Path(folder) / FOLDER).mkdir(mode=0o700, exist_ok=True)  # it holds a token
    keep(folder, membership)


def keep(folder, membership):
    """Remember what became of a membership; one that was forgotten meanwhile stays so."""
    path = _path(folder)
    _files.write_whole(path, json.dumps(asdict(membership)).encode("utf-8"))


def forget(folder):
    """Remove all that is remembered of a class."""
    shutil.rmtree(Path(folder) / FOLDER, ignore_errors=True)


def tells_path(folder, membership):
    """Return the file in which what is to be told waits."""
    return Path(folder) / FOLDER / f"{codes.digest(membership.token)[:16]}.jsonl"


def _path(folder):
    return Path(folder) / FOLDER / "class.json"
