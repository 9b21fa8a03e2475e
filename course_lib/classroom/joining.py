"""A learner joins a class, takes another name, leaves; and asks whether a solution is out yet."""

import time
from pathlib import Path

from course_lib.classroom import calling, codes, membership, outbox
from course_lib.classroom.names import clean_name
from course_lib.language import say

FORGOTTEN = 24 * 3600  # seconds after which a class that is not heard any more holds nothing back


class ClassError(ValueError):
    """Something that a learner can mend; the message is a sentence that says how."""


def enter(folder, address, code, name):
    """Join a class from a folder of notebooks; return what is to be said.

    Raises
    ------
    ClassError
        If the class did not take the learner, with what to do.
    """
    folder = Path(folder)
    try:
        name = clean_name(name)
    except ValueError as error:
        raise ClassError(str(error)) from None
    try:
        base = calling.base_of(address)
    except ValueError:
        raise ClassError(
            say(
                "{address} is no address. Type what your instructor shows, "
                "such as 192.168.1.5:8765.",
                address=address,
            )
        ) from None
    class_id = _call(base, "/class", {})["class"]
    known = membership.membership_in(folder)
    known = known if known and known.class_id == class_id else None
    token = known.token if known else codes.new_secret()
    _call(base, "/join", {"code": code, "name": name, "token": token}, expected=class_id)
    member = membership.Membership(base, class_id, token, name)
    try:
        membership.begin(folder, member)
    except OSError as error:
        raise ClassError(_not_noted(folder, error)) from None
    outbox.send_soon(folder)
    return say(
        "You are in the class as {name}. Each check now tells it the exercise, the verdict, the "
        "time and which sentence of the course the card showed, and never your code. "
        "`course leave` ends that, and the class forgets you.",
        name=member.name,
    )


def quit_class(folder):
    """Leave the class of a folder of notebooks; return what is to be said.

    Raises
    ------
    ClassError
        If the class could not be told yet.
    """
    member = membership.membership_in(folder)
    if member is None:
        return say("You are in no class.")
    member.leaving = True  # whatever becomes of the network
    try:
        membership.keep(folder, member)
        calling.call(member.base, "/leave", {}, token=member.token, expected=member.class_id)
    except calling.Refused as refusal:
        if refusal.status != 401:  # then it has forgotten already
            raise ClassError(_still_shown()) from None
    except calling.Unreachable:
        raise ClassError(_still_shown()) from None
    except OSError as error:
        raise ClassError(_not_noted(folder, error)) from None
    membership.forget(folder)
    return say("You have left the class, and it has forgotten you.")


def held_back(key, folder):
    """Return a sentence if a class holds the solution of an exercise back, or None.

    It is a courtesy to the class and no lock. Who is in no class is never asked to wait, nor who
    has not heard from theirs for a day.
    """
    member = membership.membership_in(folder)
    if member is None or member.leaving:
        return None
    try:
        outbox.ask(folder, seconds=2)
    except (calling.Unreachable, calling.Refused, OSError):
        if abs(time.time() - member.heard) > FORGOTTEN:
            return None
    member = membership.membership_in(folder)
    if member is None or key in member.released:
        return None
    return say(
        "Your instructor will release this solution to the class. Until then there are two hints: "
        '`hint("{key}")` and `hint("{key}", 2)`. This is a courtesy and no lock: after '
        "`course leave`, solutions are shown as ever.",
        key=key,
    )


def _not_noted(folder, error):
    why = error.strerror
    return say("The class could not be noted in {folder}: {why}.", folder=folder, why=why)


def _still_shown():
    return say(
        "Nothing more is told to the class. It could not be reached, so it still shows what it "
        "knew: run `course leave` again when you are in its network."
    )


def _call(base, path, content, expected=None):
    """Call a class; turn whatever goes wrong into a sentence."""
    try:
        return calling.call(base, path, content, expected=expected)
    except calling.Unreachable:
        raise ClassError(
            say(
                "No class answers at {address}. Are you in the same network as your instructor, "
                "and is the address the one that they show?",
                address=base.partition("://")[2],
            )
        ) from None
    except calling.Refused as refusal:
        reasons = {
            403: say(
                "This is not the code of the class. Look again at what your instructor shows."
            ),
            429: say("Too many tries came from your network. Try again in a minute."),
            507: say("The class is full."),
        }
        other = say("The class did not understand: is its course another version than yours?")
        raise ClassError(reasons.get(refusal.status, other)) from None
