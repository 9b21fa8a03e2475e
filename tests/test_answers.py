"""Which names of a notebook hold an answer that is to be judged, and what cells define."""

import pytest
from IPython.core.interactiveshell import InteractiveShell

from course_lib.exercises import answers
from course_lib.exercises.cells import chapters_named, checked_key
from course_lib.exercises.statements import defined_names

OLD = "def row(x):\n    return x"


@pytest.fixture
def run(monkeypatch):
    """Run cells in a shell of its own, and return the names that would be judged after them."""
    shell = InteractiveShell()
    shell.showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None
    monkeypatch.setattr(answers, "get_ipython", lambda: shell)
    monkeypatch.setattr(answers, "_outdated", {})
    answers.watch()

    def names_after(*cells):
        for cell in cells:
            shell.run_cell(cell)
        return answers.names_to_judge()

    return names_after


@pytest.mark.parametrize(
    "failing",
    [
        "def row(x):\n    return (",
        "def row(x):\n    return x\nassert row(1) == 2",
        "row = 1 / 0",
        "row: float = 1 / 0",
        "if True:\n    row = 1 / 0",
        "%%time\nrow = 1 / 0",
        "%%capture\nrow = 1 / 0",
        "from math import nothing as row",
        "async def row(x):\n    return x\nassert False",
        "class row(:\n    pass",
        "!true\nrow, other = 1 / 0",
    ],
)
def test_an_older_answer_is_not_judged_for_a_cell_that_failed(run, failing):
    assert "row" in run(OLD)
    assert "row" not in run(failing)
    assert "row" not in run("1 + 1")  # another cell makes it no younger
    assert "row" in run(OLD)


@pytest.mark.parametrize(
    "failing",
    [
        "row([1., 2.]) + None",
        "1 / 0  # row = 2",
        "other = row(1) / 0",
        'print("""\nrow = 1""", 1 / 0)',
        "def other():\n    row = 2\n\n1 / 0",
        "row(1) == (",
        "%time row(1) / 0",
        "x.row = 1",
    ],
)
def test_a_cell_that_only_uses_the_name_may_fail(run, failing):
    assert "row" in run(OLD, failing)


def test_what_is_defined_behind_the_source_s_back_is_judged(run):
    assert "row" not in run(OLD, "row = 1 / 0")
    assert run("globals()['row'] = [1, 2]")["row"] == [1, 2]


def test_the_cell_before_the_import_counts(run, monkeypatch):
    shell = answers.get_ipython()
    shell.events.unregister("post_run_cell", answers._look_at)
    assert "row" in run(OLD, "row = 1 / 0")
    answers.watch()
    assert "row" not in answers.names_to_judge()


@pytest.mark.parametrize(
    ("source", "key"),
    [
        ('check("weights-1")', "weights-1"),
        ("check(key='weights-1')", "weights-1"),
        ("%%time\ncheck('weights-1')", "weights-1"),
        ("import course_lib.exercises as e\ne.check('weights-1')", "weights-1"),
        ("%time check('weights-1')", "weights-1"),
        ("!ls\ncheck('weights-1')", "weights-1"),
        ("%%capture out\n%time check('weights-1')", "weights-1"),
        ("%%writefile notes.py\ncheck('weights-1')", None),
        ("%%bash\ncheck('weights-1')", None),
        ("# check('weights-1')", None),
        ("check(key)", None),
        ("check(", None),
        ("    ?\n  \\", None),
        ("", None),
    ],
)
def test_a_check_is_found_in_a_cell(source, key):
    assert checked_key(source) == key


def test_names_of_chapters_are_found_in_code_alone():
    assert chapters_named("for k in range(6): check('flow-' + str(k))") == {"flow"}
    assert chapters_named('check("weights-{}".format(2)); judge("gat-1")') == {"weights", "gat"}
    assert chapters_named("# flow-1\nx = 'overflow-1'; y = 'flow'; z = 'flow-chart'") == set()
    assert defined_names("import a.b as c, d.e") == {"c", "d"}
