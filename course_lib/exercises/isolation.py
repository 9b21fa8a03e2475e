"""The isolation in which an answer is called and judged, whatever the notebook around it has set.

A learner may have asked NumPy to raise on underflow, PyTorch to compute in float64 or without
gradients. None of this decides whether an answer is right, and none of it is lost by a check.
"""

import ctypes
import decimal
import inspect
import pkgutil
import random
import re
import sys
import threading
import time
import warnings
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar

import numpy as np

USUAL_PRINT = {"precision": 8, "threshold": 1000, "edgeitems": 3, "linewidth": 75}
USUAL_PRINT |= {"suppress": False, "sign": "-", "floatmode": "maxprec", "formatter": None}
RING_AGAIN = 0.2  # seconds between two reminders to a call that is late
JUDGES = re.compile(r"course_lib\.chapters\.\w+\.(checks|mistakes)$")
PATIENCE = 5  # how many times as long a call may take that waits while others compute
_inside = ContextVar("whether own_state runs already", default=False)


class TookTooLong(BaseException):
    """Raised in a call that is over its time; `except Exception` does not catch it."""


@contextmanager
def own_state():
    """Run a block with the usual settings and fixed random numbers; give back what was before.

    Of blocks inside one another, each begins with the same random numbers, and the outermost gives
    back those of before: to keep NumPy's takes longer than all the rest.
    """
    with ExitStack() as stack:
        if not _inside.get():
            stack.enter_context(_random_numbers_given_back())
        np.random.seed(0)  # noqa: NPY002
        random.seed(0)
        stack.enter_context(np.errstate(all="ignore"))
        stack.enter_context(np.printoptions(**USUAL_PRINT))
        stack.enter_context(decimal.localcontext(decimal.Context()))
        stack.enter_context(warnings.catch_warnings(action="ignore"))
        stack.enter_context(_own_torch())
        yield


@contextmanager
def _random_numbers_given_back():
    numpy_random, python_random = np.random.get_state(), random.getstate()  # noqa: NPY002
    token = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(token)
        np.random.set_state(numpy_random)  # noqa: NPY002
        random.setstate(python_random)


@contextmanager
def _own_torch():
    """Do the same for PyTorch, if it was imported already or is imported in the block."""
    torch = sys.modules.get("torch")
    if torch:
        dtype, random_state = torch.get_default_dtype(), torch.default_generator.get_state()
    try:
        with ExitStack() as stack:
            if torch:
                torch.set_default_dtype(torch.float32)
                stack.enter_context(torch.inference_mode(False))
                stack.enter_context(torch.enable_grad())
                torch.default_generator.manual_seed(0)
            yield
    finally:
        if torch:
            torch.set_default_dtype(dtype)
            torch.default_generator.set_state(random_state)
        elif torch := sys.modules.get("torch"):
            torch.set_default_dtype(torch.float32)
            torch.set_grad_enabled(True)


def within(seconds, work):
    """Return what `work()` gives.

    Seconds are those of computing, where the machine counts them for a thread (Linux): a right
    answer must not fail because the machine is busy.

    Raises
    ------
    TookTooLong
        In `work`, after so many seconds, and again until it ends: also where it swallows
        exceptions. Code that is not Python's own is not interrupted before it returns.
    """
    with _unheard_where_nothing_can_catch():
        return _within(seconds, work)


@contextmanager
def _unheard_where_nothing_can_catch():
    """Let a ring in a finalizer or a callback of the garbage collector pass without a word.

    Python reports what is raised there on the standard error, although the bell rings again.
    """
    report = sys.unraisablehook

    def report_others(unraisable):
        if not issubclass(unraisable.exc_type, TookTooLong):
            report(unraisable)

    sys.unraisablehook = report_others
    try:
        yield
    finally:
        sys.unraisablehook = report


def _within(seconds, work):
    done, rung = threading.Event(), threading.Event()
    caller = ctypes.c_ulong(threading.get_ident())
    raise_there = ctypes.pythonapi.PyThreadState_SetAsyncExc

    def ring():
        raise_there(caller, ctypes.py_object(TookTooLong))

    over = _timer(seconds)

    def remind():
        late = not done.wait(seconds)
        while late:
            if over():
                rung.set()
                ring()
            late = not done.wait(RING_AGAIN)

    bell = threading.Thread(target=remind, daemon=True)

    def stop():
        done.set()
        bell.join()
        if rung.is_set():  # it is heard here, and not in whatever runs next
            with suppress(TookTooLong):
                while True:  # a callback of the garbage collector may have swallowed one
                    ring()
                    time.sleep(0)

    try:
        bell.start()
        try:
            result = work()
        finally:
            stop()
        if rung.is_set():  # it swallowed the exception
            raise TookTooLong
        return result
    except TookTooLong:
        while bell.is_alive():  # a second ring may have kept the first `stop` from its work
            with suppress(TookTooLong):
                stop()
        raise


def _timer(seconds):
    """Return a function that tells whether the thread that asked for it is over its time."""
    begun = time.monotonic()
    if not hasattr(time, "pthread_getcpuclockid"):
        return lambda: time.monotonic() - begun >= seconds
    clock = time.pthread_getcpuclockid(threading.get_ident())
    computed = time.clock_gettime(clock)
    return lambda: (
        time.clock_gettime(clock) - computed >= seconds
        or time.monotonic() - begun >= PATIENCE * seconds
    )


@contextmanager
def watched(functions):
    """Collect those of some functions that are called inside the block, under whatever name.

    Where there are any, a chapter's judges count, too: they hold the expected answers.

    Parameters
    ----------
    functions : iterable of callable or str
        Python functions, classes or built-in ones, or where they are found
        ("course_lib.nn.edges:edge_softmax"): looked up now, so that a check need not load PyTorch.
        A module stands for every Python function in it, also those with private names.

    Yields
    ------
    list of str
        Module and name of those that were called, in the order of their first calls.
    """
    resolved = [pkgutil.resolve_name(f) if isinstance(f, str) else f for f in functions]
    modules = {module.__name__ for module in resolved if inspect.ismodule(module)}
    by_code = {_code(function): function for function in resolved}
    built_in = {code for code in by_code if not inspect.iscode(code)}
    called, harmless, kept = [], set(), []
    if not by_code:
        yield called
        return

    def watched_name(code, module):
        if function := by_code.get(code):
            return f"{function.__module__}.{function.__qualname__}"
        return f"{module}.{code.co_qualname}" if module in modules or JUDGES.match(module) else None

    def look(frame, event, argument):
        # Runs at each call. To compare code and the names of modules takes long: each pair is
        # compared once, and kept so that nothing else gets its place in memory.
        if event == "call":
            code, space = frame.f_code, frame.f_globals
            place = id(code), id(space)
            if place in harmless:
                return
            name = watched_name(code, space.get("__name__", ""))
            if not name:
                harmless.add(place)
                kept.append((code, space))
        elif built_in and event == "c_call" and argument in built_in:
            name = watched_name(argument, "")
        else:
            return
        if name and name not in called:
            called.append(name)

    before, before_in_threads = sys.getprofile(), threading.getprofile()
    sys.setprofile(look)
    threading.setprofile(look)  # an answer may start a thread
    try:
        yield called
    finally:
        sys.setprofile(before)
        threading.setprofile(before_in_threads)


def _code(function):
    """Return what a call of a function shows: its code, or the built-in function itself."""
    function = inspect.unwrap(getattr(function, "orig_func", function))  # NetworkX dispatches
    if isinstance(function, type):
        function = function.__init__
    return getattr(function, "__code__", function)
