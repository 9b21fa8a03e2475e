"""Chapters run a second time, solved, to see whether they show the same again.

A kernel takes longer to load its libraries than most chapters take. So this process loads them
once, for all, and each chapter runs in a fork of it. Nothing else is shared with the kernels of the
first run: neither the order of sets, nor what draws without a seed, nor addresses, nor the clock.

    python -m tests.support.second_run FILE CHAPTER...
"""

import functools
import os
import pickle
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import nbformat
from nbval.plugin import coalesce_streams

from course_lib.authoring import notebooks
from tests.support.chapters import code_cells, speaks_to_the_learner, tells_times
from tests.support.loading import load
from tests.support.trained_once import begin

KEPT = ("stream", "display_data", "execute_result", "error")


def second_run(stems, **variables):
    """Return what the cells of the chapters' pages showed, by stem, in a process of its own."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COURSE"))}
    own = {"PYTHONHASHSEED": "1", "MPLBACKEND": "module://matplotlib_inline.backend_inline"}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "shown")
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tests.support.second_run", path, *stems],
            cwd=folder,
            env=kept | variables | own,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return pickle.loads(path.read_bytes())


def main(path, *stems):
    """Run chapters and pickle their cells, with outputs, into a file."""
    begin()
    chapters = {stem: shown_on_pages(notebooks.solved_notebook(stem)) for stem in stems}
    load([cell for cells in chapters.values() for cell in cells])
    shown = {stem: in_a_fork(lambda cells=cells: run(cells)) for stem, cells in chapters.items()}
    Path(path).write_bytes(pickle.dumps(shown))


def shown_on_pages(notebook):
    """Return the cells of code that a page of the book has; checks are made for learners."""
    return [cell for cell in code_cells(notebook) if not speaks_to_the_learner(cell)]


def in_a_fork(work):
    """Return what `work()` gives in a fork of this process."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            with os.fdopen(theirs, "wb") as pipe:
                pickle.dump(work(), pipe)
            status = 0
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        given = pipe.read()
    _, status = os.waitpid(child, 0)
    if status:
        raise RuntimeError(f"a fork ended with status {status}")
    return pickle.loads(given)


def run(cells):
    """Return cells with the outputs that they have in a kernel inside this process."""
    from ipykernel.inprocess.manager import InProcessKernelManager

    manager = InProcessKernelManager()
    manager.start_kernel()
    awaiting(manager.kernel)
    client = manager.client()
    client.start_channels()
    for cell in cells:
        cell.outputs, said = [], []
        if tells_times(cell):  # takes long, and nobody compares it
            continue
        with mock.patch.object(client.iopub_channel, "call_handlers", said.append):
            client.execute(cell.source)
            for stream in (manager.kernel.stdout, manager.kernel.stderr):
                stream.flush()
        outputs = [
            nbformat.v4.output_from_msg(message) for message in said if message["msg_type"] in KEPT
        ]
        cell.outputs = coalesce_streams(outputs)
    return cells


def awaiting(kernel):
    """Let the cells of a kernel that has no thread of its own `await`, for which it asks for it."""
    execute = kernel.do_execute

    @functools.wraps(execute)
    async def do_execute(*given, **named):
        kernel.shell_channel_thread = SimpleNamespace(parent_thread=None)
        try:
            return await execute(*given, **named)
        finally:
            kernel.shell_channel_thread = None

    kernel.do_execute = do_execute


if __name__ == "__main__":
    main(*sys.argv[1:])
