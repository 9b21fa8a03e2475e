import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.exercises import progress
from course_lib.working import lab

LAB_SHARE = Path(sys.prefix, "share", "jupyter")
OVERRIDES = lab.SETTINGS / "labconfig" / "default_setting_overrides.json"


@pytest.mark.parametrize(
    ("plugin", "settings"), json.loads(OVERRIDES.read_text(encoding="utf-8")).items()
)
def test_each_setting_is_one_that_the_installed_lab_knows(plugin, settings):
    package, _, name = plugin.partition(":")
    [schema] = LAB_SHARE.glob(f"**/schemas/{package}/{name}.json")
    known = json.loads(schema.read_text(encoding="utf-8"))["properties"]
    for setting, value in settings.items():
        choices = [choice["const"] for choice in known[setting].get("oneOf", [])] or [True, False]
        assert value in choices
        assert value != known[setting]["default"], "this is what it does anyway"


def test_a_newcomer_sees_the_first_chapter_and_others_all_of_them(tmp_path):
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    assert lab.start_page(tmp_path).endswith("/notebooks/01_graph_view.ipynb")
    progress.record("weights-1", notebooks)
    assert lab.start_page(tmp_path).endswith("/notebooks")


def test_cells_and_terminals_find_this_python_first(monkeypatch):
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "/of/mine")
    variables = lab.environment()
    assert variables["PATH"].split(os.pathsep)[0] == str(Path(sys.executable).parent)
    assert variables["JUPYTER_CONFIG_PATH"] == f"{lab.SETTINGS}{os.pathsep}/of/mine"


def test_what_jupyter_said_is_told_if_it_does_not_start(tmp_path, monkeypatch):
    ends = [sys.executable, "-c", "import sys; sys.exit('no room')"]
    monkeypatch.setattr(lab, "command", lambda folder, options: ends)
    with pytest.raises(lab.DidNotStart, match="no room"):
        lab.run(tmp_path)


def test_one_line_with_the_address_and_an_end_without_a_question(tmp_path):
    """A stand-in for the server tells its address as Jupyter does, and never ends by itself."""
    stand_in = (
        "import json, os, pathlib, time\n"
        "from jupyter_core.paths import jupyter_runtime_dir\n"
        "told = pathlib.Path(jupyter_runtime_dir(), f'jpserver-{os.getpid()}.json')\n"
        "told.parent.mkdir(parents=True, exist_ok=True)\n"
        "told.write_text(json.dumps({'url': 'http://localhost:1/', 'token': 'abc'}))\n"
        "time.sleep(600)\n"
    )
    program = (
        "import sys\n"
        "from course_lib.working import lab\n"
        f"lab.command = lambda folder, options: [sys.executable, '-c', {stand_in!r}]\n"
        f"sys.exit(lab.run({str(tmp_path)!r}))\n"
    )
    variables = os.environ | {"JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    made = subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, env=variables
    )
    try:
        first = made.stdout.readline()
        made.terminate()
        rest, _ = made.communicate(timeout=60)
    finally:
        made.kill()
    address = "http://localhost:1/lab/tree/notebooks/01_graph_view.ipynb?token=abc"
    assert first == f"JupyterLab is open at {address}\n"
    assert made.returncode == 0
    assert "What you saved is kept." in rest
