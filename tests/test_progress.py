"""The file that remembers what a learner has passed."""

import json
import subprocess
import sys
import time

from course_lib.exercises import progress

RECORDING = """
import sys, time
from pathlib import Path
from course_lib.exercises import progress

folder, name = Path(sys.argv[1]), sys.argv[2]
(folder / f"ready-{name}").touch()
while not (folder / "go").exists():
    time.sleep(0.001)
for k in range(100):
    progress.record(f"{name}-{k}", folder)
"""


def test_two_notebooks_at_the_same_time_take_nothing_from_one_another(tmp_path):
    command = [sys.executable, "-c", RECORDING, str(tmp_path)]
    running = [subprocess.Popen([*command, name]) for name in ("weights", "flow")]
    while len(list(tmp_path.glob("ready-*"))) < 2 and all(p.poll() is None for p in running):
        time.sleep(0.01)
    (tmp_path / "go").touch()
    assert [process.wait(timeout=120) for process in running] == [0, 0]
    expected = {f"{name}-{k}" for name in ("weights", "flow") for k in range(100)}
    assert progress.passed(tmp_path) == expected
    assert len((tmp_path / progress.FILE_NAME).read_text().splitlines()) == len(expected)


def test_an_exercise_is_remembered_once(tmp_path):
    for _ in range(2):
        progress.record("weights-1", tmp_path)
    assert (tmp_path / progress.FILE_NAME).read_text() == '{"passed": "weights-1"}\n'


def test_what_earlier_versions_remembered_is_still_known(tmp_path):
    (tmp_path / ".progress.json").write_text(json.dumps({"passed": ["weights-1", "weights-2"]}))
    progress.record("weights-1", tmp_path)
    progress.record("weights-3", tmp_path)
    assert progress.passed(tmp_path) == {"weights-1", "weights-2", "weights-3"}
    assert "weights-1" not in (tmp_path / progress.FILE_NAME).read_text()


def test_an_exercise_that_moved_stays_passed(tmp_path):
    (tmp_path / progress.FILE_NAME).write_text('{"passed": "nlp-6"}\n')
    assert progress.passed(tmp_path) == {"nlp-6", "explain-1"}
    progress.record("explain-1", tmp_path)  # which is no news
    assert progress.passed(tmp_path) == {"nlp-6", "explain-1"}
    assert len((tmp_path / progress.FILE_NAME).read_text().splitlines()) == 1


def test_a_broken_line_costs_no_other(tmp_path, capsys):
    path = tmp_path / progress.FILE_NAME
    path.write_text('{"passed": "weights-1"}\n{"passed": ["weights')
    progress.record("weights-2", tmp_path)
    assert progress.passed(tmp_path) == {"weights-1", "weights-2"}
    assert "Line 2 of .progress.jsonl could not be read" in capsys.readouterr().err


def test_a_line_that_no_parser_gets_to_the_end_of_costs_no_other(tmp_path, capsys):
    deep = "[" * 100_000
    (tmp_path / progress.FILE_NAME).write_text(deep + '\n{"passed": "weights-1"}\n')
    (tmp_path / progress.OLD_FILE_NAME).write_text(deep)
    assert progress.passed(tmp_path) == {"weights-1"}
    assert "Line 1 of .progress.jsonl could not be read" in capsys.readouterr().err


def test_a_broken_file_of_an_earlier_version_is_set_aside(tmp_path, capsys):
    (tmp_path / ".progress.json").write_text("{ not json")
    progress.record("weights-1", tmp_path)
    assert progress.passed(tmp_path) == {"weights-1"}
    assert (tmp_path / ".progress.json.unreadable").read_text() == "{ not json"
    assert "kept as" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_told_and_is_no_error(tmp_path, capsys):
    progress.record("weights-1", tmp_path / "missing")
    assert "could not be saved" in capsys.readouterr().err
