"""Answers through the sandbox: honest work scores, mistakes are told as on the card."""

import importlib
import re
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest

from course_lib.authoring.notebooks import learner_notebook, solved_notebook
from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.exercises.exercise import NOT_ATTEMPTED, PASSED, assess
from course_lib.exercises.registry import exercises_of, find_exercise
from course_lib.grading import judge
from course_lib.grading.judge import Grader
from course_lib.grading.sandbox import Limits
from course_lib.grading.submissions import take_apart
from course_lib.grading.tree import names_of
from tests.support.attacks import MOST, complaints, on
from tests.support.grading import need_sandbox, of_one_cell

SUPPORT = Path(__file__).with_name("support") / "answers.py"
SAMPLED = "weights"  # of the others, `make grade` tries all
LOADED = ["networkx", "scipy.stats", "pandas", "sympy", "torch", "seaborn", "sklearn.metrics"]
ANSWERS = {
    name: importlib.import_module(f"tests.chapters.ch{chapter_stem(name)}.answers")
    for name in CHAPTERS.values()
}
ALL = "all"  # stands for a chapter where one sandbox serves all of them
LIMITS = Limits(seconds=20, seconds_of_cells=60)  # whole modules of answers are imported


class OneForAll(Grader):
    """A grader with one sandbox for all chapters, which lacks what any of their exercises asks for.

    As always, an exercise gets back with its question what it may use. A sandbox a chapter, as a
    class has them, is started by test_grading.py and test_grading_attacks.py, and here for what
    asks for a function of another library.
    """

    def _ask(self, exercise, question):
        if all(map(judge._is_ours, names_of(exercise.without))):
            exercise = SimpleNamespace(key=exercise.key, without=exercise.without, chapter=ALL)
        return super()._ask(exercise, question)


def imports_of(warm_imports, chapter):
    """Return what a sandbox loads, whether it is that of all chapters or of one."""
    return LOADED if chapter == ALL else warm_imports(chapter)


def missing_in(missing_for, key, chapter):
    """Return what a sandbox lacks, whether it is that of all chapters or of one."""
    chapters = CHAPTERS.values() if chapter == ALL else [chapter]
    return tuple(sorted({name for one in chapters for name in missing_for(key, one)}))


@pytest.fixture(scope="module")
def grader():
    need_sandbox()
    with pytest.MonkeyPatch.context() as patch, OneForAll(LIMITS) as made:
        patch.setattr(judge, "warm_imports", partial(imports_of, judge.warm_imports))
        patch.setattr(judge, "missing_for", partial(missing_in, judge.missing_for))
        yield made


@pytest.mark.parametrize("chapter", CHAPTERS.values())
@pytest.mark.xdist_group("grading")
def test_solved_notebooks_score_in_full_stubs_and_attacks_nothing(grader, chapter):
    stem = chapter_stem(chapter)
    solved = take_apart(nbformat.writes(solved_notebook(stem)).encode(), "homework")
    found = {verdict.key: verdict for verdict in grader.grade(solved)}
    assert {key: v for key, v in found.items() if v.state != PASSED} == {}
    stub = take_apart(nbformat.writes(learner_notebook(stem)).encode(), "homework")
    last = exercises_of(chapter)[-1].key
    assert [v.state for v in grader.grade(stub, keys=[last])] == [NOT_ATTEMPTED]
    attacks = [] if chapter == MOST else on(chapter)  # which test_grading_attacks.py tries
    told = {path.stem: complaints(grader, path) for path in attacks}
    assert {name: found for name, found in told.items() if found} == {}


def source_of(chapter):
    """Return a module of answers without what is not in the sandbox."""
    folder = Path(__file__).with_name("chapters") / f"ch{chapter_stem(chapter)}"
    source = (folder / "answers.py").read_text("utf-8")
    shared = SUPPORT.read_text("utf-8")
    source = re.sub(r"^from tests.support.answers import .*$", lambda _: shared, source, flags=re.M)
    # In a module of its own, where no answer takes the name of another.
    made = "import types\nanswers = types.ModuleType('answers')\n"
    return f"{made}exec({source!r}, vars(answers))"


def as_submission(exercise, chosen, chapter):
    return of_one_cell(exercise.key, f"{exercise.answer} = answers.{chosen}", source_of(chapter))


def chapters_to_try(config):
    return CHAPTERS.values() if config.option.markexpr == "thorough" else [SAMPLED]


def pytest_generate_tests(metafunc):
    if "answers_of" in metafunc.fixturenames:
        metafunc.parametrize("answers_of", chapters_to_try(metafunc.config))


@pytest.mark.thorough
@pytest.mark.xdist_group("grading")
def test_right_answers_in_other_styles_score_and_wrong_ones_are_told_their_mistake(
    grader, answers_of, request
):
    every = request.config.option.markexpr == "thorough"
    problems = []
    for exercise in exercises_of(answers_of):
        right = ANSWERS[answers_of].RIGHT[exercise.key]
        wrong = ANSWERS[answers_of].WRONG[exercise.key]
        for place in range(len(right)) if every else [1]:
            chosen = f"RIGHT[{exercise.key!r}][{place}]"
            (got,) = grader.grade(as_submission(exercise, chosen, answers_of), 1, [exercise.key])
            if got.state != PASSED:
                problems.append((chosen, got))
        for place in range(len(wrong)) if every else [0]:
            if "did not come to an end" in wrong[place][1]:
                continue
            chosen = f"WRONG[{exercise.key!r}][{place}][0]"
            (got,) = grader.grade(as_submission(exercise, chosen, answers_of), 1, [exercise.key])
            answers = {exercise.answer: wrong[place][0]}
            card, again = (assess(exercise, answers, seed=1) for _ in range(2))
            draws = plainly(card.message) != plainly(again.message)  # and not by our generator
            same = draws or plainly(card.message) == plainly(got.message)
            if not same or got.state != card.state:
                problems.append((chosen, got, card))
    assert problems == []


def plainly(message):
    """Return a message without what differs from run to run: addresses, lines of cells."""
    return re.sub(r"0x[0-9a-f]+| \(line \d+ of the cell\)", "", message)


@pytest.mark.xdist_group("grading")
def test_a_cell_may_load_recorded_runs_again_and_multiply_in_half_precision(grader):
    solution = find_exercise("nlp-4").solution
    anew = 'from course_lib.chapters.runs import load_runs\nruns = load_runs("opinions")\n'
    half = "import torch\ntorch.nn.Conv2d(2, 2, 1).half()(torch.ones(1, 2, 3, 3).half())\n"
    (got,) = grader.grade(of_one_cell("nlp-4", anew + half + solution), 1, ["nlp-4"])
    assert got.state == PASSED, got


def test_the_seed_decides_and_nobody_knows_it():
    exercise = exercises_of("weights")[1]
    made = [judge.posed(exercise, seed)[0][0] for seed in (1, 1, 2)]
    assert np.array_equal(made[0], made[1])
    assert not (made[0].shape == made[2].shape and np.array_equal(made[0], made[2]))
