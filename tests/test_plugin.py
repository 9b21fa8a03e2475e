"""The pytest plugin: what nbval lets a learner get away with, and the plugin does not."""

import pytest

from course_lib.exercises import progress
from course_lib.exercises.registry import exercises_of
from tests.support.notebooks import IMPORTS, nbval, write_notebook

CHECK = 'check("weights-1")'
RIGHT = 'shift_effect = "unchanged"'
SILENCED = "get_ipython().showtraceback = lambda *args, **kwargs: None"
FUNCTION = 'check("weights-2")'

# Each notebook: its cells, their tags, and a part of what its last failing cell says.
FAILING = {
    "dots": ([IMPORTS, "shift_effect = ...", CHECK], {}, "Not attempted yet"),
    "mistaken": ([IMPORTS, 'shift_effect = "larger"', CHECK], {}, "have to sum to 1"),
    "syntax_error": (
        [IMPORTS, "shift_effect = (", CHECK],
        {1: ["raises-exception"]},
        "Run the cell",
    ),
    "patched": ([IMPORTS, SILENCED, 'shift_effect = "larger"', CHECK], {}, "have to sum to 1"),
    "replaced": ([IMPORTS, "check = print", CHECK], {}, "gave no verdict"),
    "tagged": ([IMPORTS, "shift_effect = ...", CHECK], {2: ["raises-exception"]}, "Not attempted"),
    "skipped": ([IMPORTS, RIGHT, "# NBVAL_SKIP\ncheck = print\n" + CHECK], {}, "gave no verdict"),
    "guarded": ([IMPORTS, RIGHT, f"if False:\n    {CHECK}"], {}, "gave no verdict"),
    "other_key": ([IMPORTS, RIGHT, 'check("weights-99")'], {}, "gave no verdict"),
    "outdated": (
        [IMPORTS, RIGHT, "shift_effect = (", CHECK],
        {2: ["raises-exception"]},
        "if it shows an error",
    ),
    "swallowed": ([IMPORTS, f"try:\n    {CHECK}\nexcept Exception:\n    pass"], {}, "Run the cell"),
    "endless": (
        [IMPORTS, "def safe_softmax(logits):\n    while True:\n        pass", FUNCTION],
        {},
        "finish in time",
    ),
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("learners")
    for name, (cells, tags, _) in FAILING.items():
        write_notebook(folder / f"{name}.ipynb", cells, tags=tags)
    write_notebook(folder / "right.ipynb", [IMPORTS, RIGHT, CHECK])
    write_notebook(folder / "deleted.ipynb", [IMPORTS, RIGHT, CHECK], chapter="weights")
    hidden = "get_ipython().showtraceback = lambda *args, **kwargs: None"
    write_notebook(folder / "hidden_error.ipynb", [hidden, "1 / 0", "print('goes on')"])
    slow = "import time; time.sleep(60)"
    write_notebook(folder / "slow.ipynb", [slow, "1 / 0"], tags={0: ["raises-exception"]})
    before = {path: path.read_bytes() for path in folder.glob("*.ipynb")}
    result = nbval(folder, "--nbval-cell-timeout=6")
    assert all(path.read_bytes() == text for path, text in before.items()), "a notebook changed"
    return result


@pytest.mark.notebook
@pytest.mark.xdist_group("plugin")
class TestJudging:
    @pytest.mark.parametrize("name", FAILING)
    def test_only_passed_counts(self, run, name):
        cells, _, said = FAILING[name]
        report = run.failures[name, f"Cell {len(cells) - 1}"]
        assert said in report
        assert run.status == 1

    @pytest.mark.parametrize("name", ["dots", "mistaken", "patched"])
    def test_the_hint_is_the_whole_report(self, run, name):
        cells = FAILING[name][0]
        report = run.failures[name, f"Cell {len(cells) - 1}"]
        assert "Hint: " in report
        assert "Traceback" not in report
        assert len(report.splitlines()) == 2

    def test_a_right_answer_passes(self, run):
        assert {("right", f"Cell {k}") for k in range(3)} <= run.passed

    def test_an_error_that_a_patched_kernel_hides_is_seen(self, run):
        assert "ZeroDivisionError" in run.failures["hidden_error", "Cell 1"]
        assert ("hidden_error", "Cell 2") in run.passed

    def test_a_deleted_check_is_missed(self, run):
        missing = {name for notebook, name in run.failures if notebook == "deleted"}
        assert missing == {exercise.key for exercise in exercises_of("weights")} - {"weights-1"}

    def test_cells_after_a_timeout_are_judged_too(self, run):
        assert "ZeroDivisionError" in run.failures["slow", "Cell 1"]


@pytest.mark.notebook
def test_expect_unsolved_wants_every_check_not_attempted(tmp_path):
    write_notebook(tmp_path / "dots.ipynb", [IMPORTS, "shift_effect = ...", CHECK])
    write_notebook(tmp_path / "solved.ipynb", [IMPORTS, RIGHT, CHECK])
    write_notebook(tmp_path / "broken.ipynb", [IMPORTS, CHECK])
    run = nbval(tmp_path, "--expect-unsolved")
    assert set(run.failures) == {("solved", "Cell 2"), ("broken", "Cell 1")}
    assert "expected not attempted" in run.failures["solved", "Cell 2"]


@pytest.mark.notebook
def test_progress_is_remembered_beside_the_notebook(tmp_path):
    away = "import os\n\nos.makedirs('elsewhere')\nos.chdir('elsewhere')"
    write_notebook(tmp_path / "right.ipynb", [away, IMPORTS, RIGHT, CHECK, 'scorecard("weights")'])
    assert nbval(tmp_path).status == 0
    assert progress.passed(tmp_path) == {"weights-1"}


@pytest.mark.notebook
def test_xdist_keeps_the_cells_of_a_notebook_together(tmp_path):
    counting = ["n = 0", *(f"assert n == {k}; n += 1" for k in range(12))]
    for name in ("first", "second"):
        write_notebook(tmp_path / f"{name}.ipynb", counting)
    run = nbval(tmp_path, "-n2")
    assert run.failures == {}
    assert len(run.passed) == 2 * len(counting)
