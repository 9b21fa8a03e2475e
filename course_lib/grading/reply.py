"""What a sandbox has replied: the values of an answer, or why there are none."""

import dataclasses

from course_lib.exercises.calling import Called, Found
from course_lib.grading.inside import wire
from course_lib.grading.inside.answering import ANSWERED, BEGUN, LOCKED
from course_lib.grading.inside.zygote import STILL_RUNNING
from course_lib.language import say


class Lost(Exception):
    """A run without an answer; the message says why, `place` in which cell."""

    def __init__(self, why, place=None):
        super().__init__(why)
        self.place = place


def read_reply(reply, cells, cases, limits):
    """Return (found, called, errors) of a reply, or raise `Lost`."""
    try:
        begun, answer = _frames(reply.data, cells)
    except wire.NoAnswer:
        begun, answer = None, None
    place = begun if begun is not None and begun < cells else None
    if reply.too_much:
        why = say("More than {most} MB came back.", most=limits.answer)
        raise Lost(why, place)
    if reply.status in (None, STILL_RUNNING, -24, -9) and answer is None:
        raise Lost(say("It did not come to an end in its time, or took too much memory."), place)
    if answer is None and begun is None:
        raise Lost(say("What the notebook sent is no answer."))
    if answer is None:
        how = reply.status if reply.status >= 0 else f"signal {-reply.status}"
        raise Lost(say("It ended its process ({how}) before it answered.", how=how), place)
    if place is not None:
        raise Lost(say("A cell did not come to an end in its time."), place)
    try:
        return _read(wire.read(answer), cells, cases)
    except wire.NoAnswer:
        raise Lost(say("What the notebook sent is no answer.")) from None


def _frames(data, cells):
    """Return the last cell that was begun and the bytes of the answer, or None for them."""
    begun, answer, place = None, None, 0
    for _ in range(cells + 4):  # one more than honest runs send: a flood is not read to its end
        if place >= len(data):
            break
        kind, size = data[place : place + 1], int.from_bytes(data[place + 1 : place + 5], "big")
        part = data[place + 5 : place + 5 + size]
        place += 5 + size
        if answer is not None or place > len(data):
            raise wire.NoAnswer("more than one answer, or less")
        if kind == LOCKED and size == 0 and begun is None:
            continue
        if kind == ANSWERED:
            answer = part
        elif kind == BEGUN and size == 4 and int.from_bytes(part, "big") <= cells:
            begun = int.from_bytes(part, "big")
        else:
            raise wire.NoAnswer("an unknown frame")
    return begun, answer


def _read(told, cells, cases):
    """Return what is told, if it has the form that it must have."""

    def must(holds):
        if not holds:
            raise wire.NoAnswer("another form")

    must(type(told) is dict and told.keys() == {"found", "called", "errors"})
    found, called, errors = told["found"], told["called"], told["errors"]
    fields = {field.name: field.type for field in dataclasses.fields(Found)}
    must(type(found) is dict and {k: type(v) for k, v in found.items()} == fields)
    kinds = {"values": list, "used": list, "late": bool}
    must(type(called) is dict and {k: type(v) for k, v in called.items()} == kinds)
    found, called = Found(**found), Called(**called)
    must(len(found.kind) <= 200 and all(type(name) is str for name in called.used))
    no_call = called.late or not found.there or found.dots
    must(len(called.values) == (0 if no_call else cases))
    must(type(errors) is list and len(errors) <= cells)
    for error in errors:
        must(type(error) is tuple and [type(part) for part in error] == [int, str, str])
        must(0 <= error[0] < cells)
    return found, called, errors
