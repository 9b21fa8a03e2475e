"""What `check` tells a class: written down at once, sent when there is a network.

`tell` appends a line to a file and returns. A thread sends what the class has not acknowledged
yet, in order, and tries again until it has. Several notebooks may run at a time: each sends what
it finds unsent, and the class knows by the events' ids what it has already.
"""

import json
import os
import random
import threading
import time
import uuid
from contextlib import suppress

from course_lib import _files
from course_lib.classroom import calling, membership
from course_lib.classroom.sentences import sentence_behind

PAUSE = 0.5  # seconds between two messages: what happens meanwhile goes into one
LONGEST_PAUSE = 30  # after many tries without an answer
AT_ONCE = 50  # events in a message
IDLE = 60  # seconds after which a thread with nothing to send ends
HEARD_AGAIN = 600  # seconds after which it is noted anew that the class was heard
UNREADABLE = (400, 413)  # what the class answers to a message that will never do
MESSAGE = 2000  # characters of a card's message that are looked at

_senders = {}  # folder -> thread
_lock = threading.Lock()


def tell(folder, result, *, first, spoken):
    """Note a verdict for the class, if the learner of a folder is in one. It never fails.

    Parameters
    ----------
    folder : path
        Of the notebooks.
    result : course_lib.exercises.exercise.Result
    first : bool
        Whether the exercise was passed for the first time.
    spoken : str
        The language of the result's message.
    """
    try:
        member = membership.membership_in(folder)
        if member is None or member.leaving:
            return
        shown = result.message[:MESSAGE] if result.state in ("wrong", "error") else ""
        note = {
            "id": uuid.uuid4().hex,
            "key": result.key,
            "state": result.state,
            "time": time.time(),
            "first": first,
            "message": shown,  # for our own eyes: `_as_event` sends what sentence it is
            "language": spoken,
        }
        _append(membership.tells_path(folder, member), json.dumps(note).encode("ascii"))
        send_soon(folder)
    except Exception:  # a full disk or a thread too many is no matter of a check
        return


def send_soon(folder):
    """Have a thread send what waits in a folder, unless one does so already."""
    folder = os.path.abspath(folder)
    with _lock:
        sender = _senders.get(folder)
        if sender is None or not sender.is_alive():
            sender = _senders[folder] = Sender(folder)
            sender.start()
        sender.woken.set()


def send_once(folder, *, most=AT_ONCE, seconds=calling.SECONDS):
    """Send one message of what waits, which is empty if nothing does; return whether more waits.

    Raises
    ------
    calling.Unreachable, calling.Refused
    """
    member = membership.membership_in(folder)
    if member is None or member.leaving:
        return False
    path = membership.tells_path(folder, member)
    notes, end = _unsent(path, most)
    now = time.time()
    try:
        answer = calling.call(
            member.base,
            "/events",
            {"events": [_as_event(note, now) for note in notes]},
            token=member.token,
            expected=member.class_id,
            seconds=seconds,
        )
    except calling.Refused as refusal:
        if refusal.status == 401:  # the instructor took the learner off the board
            membership.forget(folder)
            return False
        if refusal.status in UNREADABLE and most == 1:  # a line that somebody has edited
            _mark_sent(path, end)
        raise
    _remember(folder, member, answer)
    _mark_sent(path, end)
    return path.exists() and path.stat().st_size > end


def ask(folder, *, seconds):
    """Ask the class now which solutions are released.

    Raises
    ------
    calling.Unreachable, calling.Refused
    """
    send_once(folder, most=0, seconds=seconds)


class Sender(threading.Thread):
    """Sends while there is something to send; ends when there is not, or nobody wants it."""

    def __init__(self, folder):
        super().__init__(name="class-outbox", daemon=True)
        self.folder, self.woken = folder, threading.Event()

    def run(self):
        """Send until nothing is left."""
        failures, most = 0, AT_ONCE
        while True:
            self.woken.clear()
            try:
                more, failures, most = send_once(self.folder, most=most), 0, AT_ONCE
            except calling.Refused as refusal:
                more, failures = True, failures + 1
                most = 1 if refusal.status in UNREADABLE else AT_ONCE
            except Exception:  # no network, a disk that is full: later, perhaps
                more, failures = True, failures + 1
            time.sleep(_pause(failures))
            if not more and self._is_idle():
                return

    def _is_idle(self):
        if self.woken.wait(timeout=IDLE):
            return False
        with _lock:  # nobody can wake it between this look and its end
            if not self.woken.is_set():
                del _senders[self.folder]
            return not self.woken.is_set()


def _pause(failures):
    longest = min(PAUSE * 2**failures, LONGEST_PAUSE)
    # A room that lost its network together should not come back all at once.
    return longest if failures == 0 else random.uniform(longest / 2, longest)


def _append(path, line):
    # Unbuffered and for appending: the system writes the whole line at the end, in one step. The
    # break before it ends a line that was cut off.
    with _files.opened(path, "ab", buffering=0) as file:
        file.write(b"\n" + line + b"\n")


def _unsent(path, most):
    """Return the next notes of a file, and where they end."""
    notes, end = [], sent(path)
    with suppress(FileNotFoundError), _files.opened(path) as file:
        file.seek(end)
        for line in file:
            if not line.endswith(b"\n") or len(notes) == most:
                break
            end += len(line)
            with suppress(ValueError, RecursionError):  # a line that was cut off
                note = json.loads(line)
                notes += [note] if isinstance(note, dict) else []
    return notes, end


def _as_event(note, now):
    """Return what is sent of a note: nothing that a learner wrote."""
    event = {name: note.get(name) for name in ("id", "key", "state", "first")}
    with suppress(TypeError):
        event["age"] = max(0.0, now - note.get("time"))
    message, spoken = note.get("message"), note.get("language")
    return event | {"sentence": sentence_behind(message, spoken) if message else ""}


def _remember(folder, member, answer):
    """Keep what the class said is released, unless the learner has left meanwhile."""
    now = membership.membership_in(folder)
    if now is None or now.token != member.token:
        return
    released = answer.get("released")
    released = [key for key in released if isinstance(key, str)] if type(released) is list else []
    if released != now.released or time.time() - now.heard > HEARD_AGAIN:
        now.released, now.heard = released, time.time()
        membership.keep(folder, now)


def sent(path):
    """Return how many bytes of what there is to tell the class has acknowledged."""
    try:
        return min(int(_files.read(path.with_suffix(".sent"))), path.stat().st_size)
    except (OSError, ValueError):
        return 0


def _mark_sent(path, end):
    # Another notebook may have come further; if that is set back, some events are sent twice, and
    # the class knows them.
    if end > sent(path):
        with suppress(OSError):
            _files.write_whole(path.with_suffix(".sent"), str(end).encode("ascii"))
