"""Each small size is asked for once: an answer that fails at any of them is refused."""

import numpy as np

from course_lib.chapters import CHAPTERS
from course_lib.exercises.calling import run_module
from course_lib.exercises.exercise import Check, posed, read_value
from course_lib.exercises.registry import exercises_of
from course_lib.exercises.sizing import LARGEST, Sizes, with_sizes


def sized(cases, made, *smallest):
    check = Check(inputs=lambda rng: cases, judge=None, sizes=Sizes(made, smallest))
    return with_sizes(check).inputs(np.random.default_rng(0))


def test_each_size_that_lacks_is_added_once():
    first = (np.ones(3),), (np.ones(5),)
    cases = sized([*first], lambda rng, n: (np.zeros(n),), 2)
    assert cases[:2] == [*first]
    assert sorted(len(part) for (part,) in cases) == list(range(2, LARGEST + 1))


def test_of_several_sizes_each_occurs():
    cases = sized([], lambda rng, n, m: (np.zeros((n, m)),), 1, 3)
    for axis, smallest in enumerate((1, 3)):
        assert {part.shape[axis] for (part,) in cases} == set(range(smallest, LARGEST + 1))


def test_every_exercise_that_takes_arrays_says_how_a_size_is_made():
    for chapter in CHAPTERS.values():
        for exercise in exercises_of(chapter):
            if exercise.draws or exercise.call in (read_value, run_module):
                continue
            takes_arrays = any(isinstance(part, np.ndarray) for part in posed(exercise, 0)[0])
            assert not takes_arrays or exercise.sizes, exercise.key
