"""Answer one question: run a notebook's cells, call what they define, send what came back.

This runs beside the learner's code and can be changed by it in any way. Nothing it says is
believed: what it sends is plain data, which is compared outside with what is right.
"""

import dataclasses
import os
import pkgutil
from importlib import import_module

from course_lib.exercises.calling import Called, find
from course_lib.exercises.isolation import TookTooLong, own_state, within
from course_lib.grading.inside import forbidden, library, seccomp, wire
from course_lib.grading.inside.cells import Notebook, Statement

LOCKED, BEGUN, ANSWERED = b"l", b"c", b"a"


def answer(question, pipe, *, safe=True):
    """Do all that a question asks, and end the process."""
    if safe:
        seccomp.lock()
    _send(pipe, LOCKED, b"")  # whatever happens from here on is the question's fault alone
    given, question = wire.split(question)
    library.give(wire.read(given))
    said = wire.read(question, posed=_posed)
    notebook = Notebook([Statement(**told) for told in said["shipped"]])
    in_time = False
    with _quiet():
        within(said["seconds_of_cells"], lambda: _run(notebook, said["cells"], pipe))
        in_time = True
    if in_time:
        _begin(pipe, len(said["cells"]))
    found, value = find(notebook.names_to_judge(said["name"]), said["name"])
    called = Called()
    if found.there and not found.dots:
        called = _call(said, value)
    told = {
        "found": dataclasses.asdict(found),
        "called": {"values": called.values, "used": called.used, "late": called.late},
        "errors": notebook.errors,
    }
    _send(pipe, ANSWERED, _as_message(told))
    os._exit(0)


def _run(notebook, cells, pipe):
    for number, cell in enumerate(cells):
        _begin(pipe, number)
        notebook.run(number, cell["source"], sliced=cell["sliced"])


def _call(said, value):
    call = pkgutil.resolve_name(said["call"])
    call = call(**said["options"]) if isinstance(call, type) else call
    forbidden.used.clear()
    with _quiet(), own_state():
        values = within(said["seconds"], lambda: call(value, said["cases"]))
        return Called(values, list(forbidden.used), False)
    return Called(late=True)


class _quiet:
    """Let a call that took too long end here."""

    def __enter__(self):
        return self

    def __exit__(self, kind, error, traceback):
        return kind is not None and issubclass(kind, TookTooLong)


def _as_message(told):
    try:
        return wire.write(told)
    except (TypeError, ValueError, RecursionError) as error:
        told["called"]["values"] = [wire.Raised(type(error).__name__, str(error))]
        return wire.write(told)


def _posed(module, name):
    return getattr(import_module(f"posed.{module}"), name)


def _begin(pipe, number):
    _send(pipe, BEGUN, number.to_bytes(4, "big"))


def _send(pipe, kind, data):
    frame = memoryview(kind + len(data).to_bytes(4, "big") + data)
    while frame:
        frame = frame[os.write(pipe, frame) :]
