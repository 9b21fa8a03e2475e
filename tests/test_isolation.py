"""What an answer calls is noticed, whatever way it takes there."""

import cProfile
import math
import random
import threading
from types import FunctionType

import numpy as np
import pytest

from course_lib import heads
from course_lib.exercises.calling import call_function
from course_lib.exercises.isolation import own_state, watched


def twice(x):
    return 2 * x


def once(x):
    return x


COPY = FunctionType(twice.__code__.replace(), {})  # equal code at another place
NAME = f"{__name__}.twice"


def in_a_thread():
    thread = threading.Thread(target=twice, args=(1,))
    thread.start()
    thread.join()


def after_many_others():
    for k in range(2000):  # each at a place in memory that is free again
        eval(f"(lambda x: x + {k})(1)", {})
    twice(1)


@pytest.mark.parametrize(
    ("call", "used"),
    [
        (lambda: once(1), []),
        (lambda: [twice(1), twice(2)], [NAME]),
        (lambda: COPY(1), [NAME]),
        (in_a_thread, [NAME]),
        (after_many_others, [NAME]),
        (lambda: math.sqrt(2), ["math.sqrt"]),
        (lambda: [math.sqrt(2), twice(1)], ["math.sqrt", NAME]),
        (lambda: heads.head_distance(np.eye(2), np.eye(2)), ["course_lib.heads.head_distance"]),
    ],
)
def test_what_is_called_is_noticed_once(call, used):
    with watched((twice, math.sqrt, heads)) as found:
        once(1)
        call()
    assert [name for name in found if "._" not in name] == used


def test_what_copies_a_case_is_no_part_of_the_answer():
    cases = [(np.random.default_rng(0),)]
    with watched(("copy:deepcopy", twice)) as found:
        call_function(lambda rng: twice(rng.random()), cases)
    assert found == [NAME]


def test_a_profiler_goes_on():
    with cProfile.Profile() as profiler:
        call_function(twice, [(1,), (2,)])
        once(1)
    assert {"twice", "once"} <= {entry.code.co_name for entry in profiler.getstats()
                                 if not isinstance(entry.code, str)}  # fmt: skip


def test_blocks_begin_with_the_same_random_numbers_and_give_back_those_of_before():
    def seed(number):
        np.random.seed(number)  # noqa: NPY002
        random.seed(number)

    def drawn():
        return np.random.random(), random.random()  # noqa: NPY002

    seed(0)
    first = drawn()
    seed(5)
    with own_state():
        assert drawn() == first
        with own_state():
            assert drawn() == first
    after = drawn()
    seed(5)
    assert after == drawn() != first
