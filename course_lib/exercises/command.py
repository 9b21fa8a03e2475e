"""Run pytest on one notebook so that nothing in its name, its folder or the environment matters."""

import os
import subprocess
import sys

from course_lib.exercises import copies

PLUGINS = (
    "course_lib.exercises.faster",
    "nbval.plugin",
    "course_lib.exercises.plugin",
    "no:cacheprovider",
)
# Control-C reaches this process, too, and pytest meets it only when it has been loaded.
PYTEST = """
try:
    import pytest
    status = pytest.main()
except KeyboardInterrupt:
    status = 130
raise SystemExit(status)
"""
# What is to be said, the plugin says.
QUIET = ("-qq", "--tb=no", "-rN", "-o", "console_output_style=classic")


def judge(path, *, hints=False, expect_unsolved=False):
    """Judge a notebook in a process of its own, print what is wrong, and return its exit status.

    Parameters
    ----------
    path : Path
        Its name is handed over as an option's value, for pytest would look for a test behind "::"
        or "[".
    hints : bool
        Whether to print a hint for each exercise that is not passed.
    expect_unsolved : bool
        Whether every exercise must be not attempted, as in the shipped notebooks.
    """
    command = [sys.executable, "-P", "-c", PYTEST, ".", "--nbval-lax", *QUIET]
    command += [f"--course-notebook={path.name}"]
    command += ["--course-hints"] if hints else []
    command += ["--expect-unsolved"] if expect_unsolved else []
    # Settings that lie in the folder or above it, and in pytest's variables, are for other tests.
    command += ["-c", os.devnull, "--rootdir", ".", "--noconftest"]
    for plugin in PLUGINS:
        command += ["-p", plugin]
    environment = copies.environment(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    for name in ("PYTEST_ADDOPTS", "PYTEST_PLUGINS"):
        environment.pop(name, None)
    return subprocess.run(command, cwd=path.parent, env=environment, check=False).returncode
