"""The pytest plugin: nothing but a full set of passed checks of the right chapter passes.

Two runs of nbval serve nearly all tests: notebooks that are really run, with attempts on several
exercises in each; and files of which nothing has to run. An honest notebook is in test_cli.py.
"""

import codecs
import json
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
import zmq
from jupyter_client.blocking import BlockingKernelClient

from course_lib.exercises import judged_kernel, plugin
from course_lib.exercises.opening import Unreadable, open_notebook
from course_lib.exercises.registry import exercises_of
from course_lib.exercises.report import MIME
from tests.support.notebooks import IMPORTS, ROOT, nbval, write_notebook

pytestmark = pytest.mark.notebook

WEIGHTS = [exercise.key for exercise in exercises_of("weights")]
GRAPH_VIEW = [exercise.key for exercise in exercises_of("graph_view")]
RIGHT = {e.key: e.solution for name in ("weights", "graph_view") for e in exercises_of(name)}
SETUP = f"{IMPORTS}\nimport networkx as nx\nfrom course_lib.attention import *"
SILENCED = "get_ipython().showtraceback = lambda *args, **kwargs: None"
FORGED = f"""from IPython.display import display
verdict = {{"key": "graph_view-1", "state": "passed"}}
display({{"{MIME}": verdict, "text/plain": "✓ graph_view-1: Passed."}}, raw=True)"""


def check_of(key):
    return f'check("{key}")'


@dataclass(frozen=True)
class Attempt:
    """Cells that may not pass, what is said of the exercise, and places of cells with a tag."""

    cells: list
    said: str
    tagged: tuple = ()


ATTEMPTS = {
    "weights-1": Attempt(["shift_effect = ...", check_of("weights-1")], "Not attempted yet"),
    # An older answer; the cell that should define it anew fails, and another one runs after it.
    "weights-2": Attempt(
        [
            RIGHT["weights-2"],
            "def safe_softmax(logits):\n    return (",
            "1 + 1",
            "%time " + check_of("weights-2"),
        ],
        "if it shows an error",
        tagged=(1,),
    ),
    "weights-3": Attempt(
        [RIGHT["weights-3"], f"if False:\n    {check_of('weights-3')}"], "gave no verdict"
    ),
    "weights-4": Attempt(
        [
            RIGHT["weights-4"],
            check_of("weights-4"),
            "causal_attention = lambda query, key, value: None",
            check_of("weights-4"),
        ],
        "Is a `return` missing?",
    ),
    "weights-5": Attempt(
        [f"try:\n    {check_of('weights-5')}\nexcept Exception:\n    pass"], "no `relabelled` yet"
    ),
    "weights-6": Attempt(
        [RIGHT["weights-6"], "check = print", check_of("weights-6")], "gave no verdict"
    ),
    "graph_view-1": Attempt([RIGHT["graph_view-1"], FORGED], "no check of it was run"),
    "graph_view-2": Attempt(["node_counts = 1", check_of("graph_view-2")], "✗", tagged=(1,)),
    "graph_view-3": Attempt(
        [RIGHT["graph_view-3"], f"# NBVAL_SKIP\n{check_of('graph_view-3')}"], "gave no verdict"
    ),
    "graph_view-4": Attempt(
        [RIGHT["graph_view-4"], check_of("graph_view-99")], "no check of it was run"
    ),
    "graph_view-5": Attempt(
        [
            RIGHT["graph_view-5"],
            "from course_lib.exercises import copies\nours, copies.COPY = copies.COPY, 'elsewhere'",
            check_of("graph_view-5"),
            "copies.COPY = ours",
        ],
        "another copy of the course, elsewhere",
    ),
    "graph_view-6": Attempt(
        [RIGHT["graph_view-6"], f"# {check_of('graph_view-6')}"], "no check of it was run"
    ),
}


def write_attempts(path, keys):
    cells, tags = [SETUP], {}
    for key in keys:
        tags |= {len(cells) + place: ["raises-exception"] for place in ATTEMPTS[key].tagged}
        cells += ATTEMPTS[key].cells
    write_notebook(path, cells, tags=tags)


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    """Run the notebooks whose cells matter."""
    folder = tmp_path_factory.mktemp("judged")
    write_attempts(folder / "02_weights.ipynb", WEIGHTS)
    write_attempts(folder / "01_graph_view.ipynb", GRAPH_VIEW)
    hidden = [SILENCED, "1 / 0", "import course_lib"]
    write_notebook(folder / "hidden.ipynb", hidden)
    write_notebook(folder / "hidden_weights.ipynb", hidden)
    before = {path: path.read_bytes() for path in folder.glob("*.ipynb")}
    run = nbval(folder)
    assert all(path.read_bytes() == data for path, data in before.items()), "a notebook changed"
    return run


@pytest.mark.xdist_group("plugin judging")
class TestJudging:
    @pytest.mark.parametrize("key", ATTEMPTS)
    def test_only_a_passed_check_counts(self, judged, key):
        notebook = "02_weights" if key in WEIGHTS else "01_graph_view"
        report = judged.failures[notebook, key]
        assert ATTEMPTS[key].said in report
        assert "Hint: " not in report  # nobody asked for one
        assert len(report.splitlines()) == 1

    def test_a_cell_with_a_check_fails_only_if_it_cannot_run(self, judged):
        failing = {item for item in judged.failures if item[1].startswith("Cell")}
        assert {notebook for notebook, _ in failing} == {"01_graph_view", "hidden_weights"}
        assert len(failing) == 2
        assert "key must name an exercise" in judged.output

    def test_an_error_that_a_patched_kernel_hides_is_seen(self, judged):
        assert "ZeroDivisionError" in judged.failures["hidden_weights", "Cell 1"]
        assert ("hidden_weights", "Cell 2") in judged.passed

    def test_the_summary_counts_exercises(self, judged):
        assert "02_weights.ipynb: 0 of 6 exercises passed" in judged.output
        assert judged.status == 1


# Files: what is in them, and which items fail, or what is said of the whole file.


def notebook(*sources, kind="code", minor=5, **metadata):
    cells = [
        {"cell_type": kind, "id": f"c{place}", "metadata": {}, "source": source}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for place, source in enumerate(sources)
    ]
    return {"nbformat": 4, "nbformat_minor": minor, "metadata": metadata, "cells": cells}


def held(*keys):
    """Return a cell that would check exercises, if it ran."""
    return "# NBVAL_SKIP\n" + "\n".join(map(check_of, keys))


def changed(content, **changes):
    content["cells"] = [cell | changes for cell in content["cells"]]
    return content


def text(content):
    return json.dumps(content).encode()


PASSED_OUTPUT = {
    "output_type": "display_data",
    "metadata": {},
    "data": {MIME: {"key": "weights-1", "state": "passed"}, "text/plain": "✓"},
}
PLAIN = notebook(held("weights-1"))
FILES = {
    # Not one check is forgotten, whatever became of cells, metadata and names.
    "02_weights": (notebook(), WEIGHTS),
    "02_weights_no_code": (notebook(check_of("weights-1"), kind="markdown"), WEIGHTS),
    "02_weights_raw": (notebook(check_of("weights-1"), kind="raw"), WEIGHTS),
    "02_weights_one_cell": (notebook("# NBVAL_SKIP\nprint('done')"), WEIGHTS),
    "02_weights_other_metadata": (notebook(course={"chapter": "graph_view"}), WEIGHTS),
    "02_weights_no_course": (notebook(course=[]), WEIGHTS),
    "02_weights_no_metadata": ({**notebook(held("weights-1")), "metadata": None}, WEIGHTS),
    "02_weights_one_flow": (notebook(held("weights-1", "flow-1")), WEIGHTS),
    "02_weights_same_ids": (
        changed(notebook(held("weights-1"), held("weights-2")), id="a"),
        WEIGHTS,
    ),
    "02_weights_odd_ids": (changed(notebook(held("weights-1")), id="ü !"), WEIGHTS),
    "02_weights_odd_tags": (changed(notebook(held()), metadata={"tags": [{}, "x"]}), WEIGHTS),
    "02_weights_no_tags": (changed(notebook(held()), metadata={"tags": "skip"}), WEIGHTS),
    "02_weights_saved_pass": (
        changed(notebook(held("weights-1")), outputs=[PASSED_OUTPUT], execution_count=1),
        WEIGHTS,
    ),
    "02_WEIGHTS (1)": (notebook(), WEIGHTS),
    "Weights - Anna": (notebook(), WEIGHTS),
    "01 Graph-View": (notebook(), GRAPH_VIEW),
    "02_weights flow": (notebook(), WEIGHTS),
    "weights and flow": (notebook(held("weights-1")), WEIGHTS),
    "no_ids_weights": (notebook(held("weights-1"), minor=4), WEIGHTS),
    "homework": (notebook(held("weights-1")), WEIGHTS),
    "homework_loop": (notebook("# NBVAL_SKIP\nfor k in x:\n  check(f'weights-{k}')"), WEIGHTS),
    "homework_magic": (notebook("# NBVAL_SKIP\n!ls\n%time check(key='weights-1')"), WEIGHTS),
    # In German only two are told so far.
    "01_graph_view": (notebook(course={"chapter": "graph_view", "language": "de"}), GRAPH_VIEW),
    "01_graph_view.de": (notebook(), GRAPH_VIEW),
    "graph_view_of_a_language": (notebook(course={"language": ["de"]}), GRAPH_VIEW),
    # What is no chapter.
    "02_weights_other_cells": (notebook(held("flow-1")), "it holds exercises of 09_flow"),
    "two_chapters": (
        notebook(held("weights-1", "flow-1")),
        "several chapters (02_weights, 09",
    ),
    "flow_and_weights": (notebook(), "several chapters (02_weights, 09"),
    "scratch": (notebook("# NBVAL_SKIP\nimport course_lib"), "Neither its name nor its cells"),
    "marked": (notebook(course={"chapter": "weights"}), "Neither its name nor its cells"),
    # What is no notebook.
    "empty": (b"", "It is empty."),
    "spaces": (b" \n", "It is empty."),
    "bom": (codecs.BOM_UTF8 + text(PLAIN), "plain UTF-8"),
    "utf16": (json.dumps(PLAIN).encode("utf-16"), "plain UTF-8"),
    "utf16_le": (json.dumps(PLAIN).encode("utf-16-le"), "plain UTF-8"),
    "latin1": ('"ü"'.encode("latin-1"), "not written in UTF-8"),
    "truncated": (text(PLAIN)[:-20], "it is damaged: line 1"),
    "conflict": (b"{\n<<<<<<< HEAD\n}\n=======\n}\n>>>>>>> main\n", "git could not merge"),
    "script": (b"check('weights-1')", "It is no JSON"),
    "deep": (b"[" * 100_000, "not that of a notebook"),
    "list": (text([PLAIN]), "not that of a notebook"),
    "number": (b"1", "not that of a notebook"),
    "other_json": (text({"a": 1}), "not that of a notebook"),
    "no_cells": (text({"nbformat": 4, "metadata": {}}), "not that of a notebook"),
    "no_source": (
        text({"nbformat": 4, "cells": [{}]}),
        "not that of a notebook",
    ),
    "odd_source": (text(changed(notebook(""), source=5)), "not that of a notebook"),
    "version3": (text({"nbformat": 3, "worksheets": []}), "version 3 of the format"),
    "version5": (text({"nbformat": 5, "cells": []}), "version 5 of the format"),
}
ENDS = {
    "weights_killed": (["import os\n\nos._exit(1)", "print(1)"], "The kernel died at `import os`"),
    "weights_exit": (["x = 1\nexit()", "", "print(1)"], "`x = 1` ended the kernel"),
    "weights_endless": (["import time\ntime.sleep(60)", "print(1)"], "did not end in time"),
    # Both cells may raise; the interrupt is not what was meant by that.
    "weights_endless_tagged": (["import time\ntime.sleep(60)", "1 / 0"], "did not end in time"),
}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Collect all files with the project's own settings: a warning there is an error."""
    folder = tmp_path_factory.mktemp("files")
    for name, (content, _) in FILES.items():
        data = content if isinstance(content, bytes) else text(content)
        (folder / f"{name}.ipynb").write_bytes(data)
    for name, (cells, _) in ENDS.items():
        tags = {0: ["raises-exception"], 1: ["raises-exception"]} if "tagged" in name else {}
        write_notebook(folder / f"{name}.ipynb", cells, tags=tags)
    (folder / "foreign.ipynb").write_bytes(text(notebook("# NBVAL_SKIP\n1 / 0")))
    return nbval(folder, "-c", str(ROOT / "pyproject.toml"), "--nbval-cell-timeout=4")


@pytest.mark.xdist_group("plugin files")
class TestFiles:
    @pytest.mark.parametrize("name", FILES)
    def test_every_exercise_is_asked_for_or_a_sentence_says_why_not(self, files, name):
        expected = FILES[name][1]
        failed = {item: said for (file, item), said in files.failures.items() if file == name}
        if isinstance(expected, list):
            assert list(failed) == expected
            assert files.output.count(f"{name}.ipynb: 0 ") == 1
        else:
            assert list(failed) == ["notebook"]
            assert expected in failed["notebook"]
            assert len(failed["notebook"].splitlines()) == 1

    @pytest.mark.parametrize("name", ENDS)
    def test_what_ends_the_kernel_is_told_in_one_sentence(self, files, name):
        failed = {item: said for (file, item), said in files.failures.items() if file == name}
        assert len(failed) == 1
        assert ENDS[name][1] in next(iter(failed.values()))
        assert {item for file, item in files.skipped if file == name} >= set(WEIGHTS)

    def test_a_notebook_of_somebody_else_is_left_to_nbval(self, files):
        assert not any(file == "foreign" for file, _ in files.failures)
        assert "foreign.ipynb: " not in files.output

    def test_pytest_itself_ends_as_always(self, files):
        assert files.status == 1
        assert "Traceback" not in files.output
        assert "INTERNALERROR" not in files.output


def test_a_file_that_may_not_be_opened_is_told(tmp_path):
    with pytest.raises(Unreadable, match="could not be opened"):
        open_notebook(tmp_path)  # a folder
    with pytest.raises(Unreadable, match="could not be opened"):
        open_notebook(tmp_path / "gone.ipynb")


def test_a_cell_that_prints_for_ever_and_cannot_be_interrupted_ends():
    chatty = judged_kernel.Kernel.__new__(judged_kernel.Kernel)
    chatty.kc = SimpleNamespace(get_iopub_msg=lambda timeout: "printed")
    chatty.begin(seconds=60)
    assert chatty.get_message("iopub", timeout=1) == "printed"
    chatty.begin(seconds=-judged_kernel.GRACE - 1)
    with pytest.raises(judged_kernel.Hung):
        chatty.get_message("iopub", timeout=1)


def test_no_limit_of_messages_drops_what_a_cell_shows(monkeypatch):
    # It takes 10,000 small ones or more to reach the usual limit; so its setting is looked at.
    limits, stopped = [], []

    class Client(BlockingKernelClient):
        def start_channels(self):
            with self.connect_iopub() as socket:
                limits.append(socket.getsockopt(zmq.RCVHWM))
            raise RuntimeError("enough seen")

    manager = SimpleNamespace(
        start_kernel=lambda **how: None,
        client=lambda: Client(ip="127.0.0.1", iopub_port=9),
        shutdown_kernel=lambda now: stopped.append(now),
    )
    monkeypatch.setattr(judged_kernel, "KernelManager", lambda **how: manager)
    with pytest.raises(RuntimeError, match="enough seen"):
        judged_kernel.Kernel("python3", ".", 60, {})
    assert limits == [0]
    assert stopped == [True]


@pytest.mark.parametrize("chosen", ["load", "loadgroup", "worksteal", "loadfile", "no"])
def test_the_cells_of_a_notebook_stay_on_one_worker(chosen):
    option = SimpleNamespace(
        nbval=True, nbval_lax=False, nbval_kernel_name=None, nbval_cell_timeout=2000, dist=chosen
    )
    plugin.pytest_configure(SimpleNamespace(option=option))
    assert option.dist == (chosen if chosen in ("loadfile", "no") else "loadscope")
    assert option.nbval_cell_timeout == plugin.CELL_TIMEOUT


def test_expect_unsolved_wants_every_check_not_attempted_also_on_a_worker(tmp_path):
    cells = [SETUP, "shift_effect = ...", check_of("weights-1")]
    for key in WEIGHTS[1:]:
        cells += [RIGHT[key] if key == "weights-2" else "", check_of(key)]
    write_notebook(tmp_path / "02_weights.ipynb", cells)
    run = nbval(tmp_path, "--expect-unsolved", "--course-hints", "-n1")
    assert {name for _, name in run.failures} == set(WEIGHTS[1:])
    assert "expected not attempted: ✓" in run.failures["02_weights", "weights-2"]
    assert "Hint: " in run.failures["02_weights", "weights-3"]
    assert "02_weights.ipynb: 1 of 6 exercises are not attempted, as expected." in run.output
