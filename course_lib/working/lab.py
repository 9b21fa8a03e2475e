"""Open JupyterLab on a working folder: ``course lab``.

Three things differ from JupyterLab as it comes, all of them for learners. A notebook is saved with
the state of its live figures, so that they are there the next day. No news pops up over the text.
And the command ``course`` is found in cells and terminals, whatever a login shell would do to the
path. What anybody has set in JupyterLab's own settings wins over the first two.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from jupyter_core.paths import jupyter_runtime_dir

from course_lib.chapters import CHAPTERS, chapter_stem
from course_lib.exercises import progress

SETTINGS = Path(__file__).parent / "jupyter"
FOLDER = "/lab/tree/notebooks"
FIRST = f"{FOLDER}/{chapter_stem(min(CHAPTERS))}.ipynb"


class DidNotStart(OSError):
    """JupyterLab ended at once; the message is what it said."""


def run(folder, options=()):
    """Serve a working folder with JupyterLab until it is stopped; return its exit status.

    Parameters
    ----------
    folder : path
        A working folder.
    options : list of str
        More options for JupyterLab, such as ``--no-browser``.

    Raises
    ------
    DidNotStart
        If JupyterLab ends before it can be opened.
    """
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            command(folder, options),
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Control-C is for us, who then stop it without a question
        )
        try:
            signal.signal(signal.SIGTERM, signal.default_int_handler)
            address = _address(server, start_page(folder))
            if address is None:
                log.seek(0)
                raise DidNotStart(_last_lines(log.read().decode(errors="replace")))
            print(f"JupyterLab is open at {address}\nControl-C stops it.", flush=True)
            return server.wait()
        except KeyboardInterrupt:
            print("\nJupyterLab stops. What you saved is kept.")
            server.terminate()
            server.wait()
            return 0
        finally:
            server.kill()


def command(folder, options=()):
    """Return the command that serves a folder."""
    shell = [] if os.name == "nt" else [os.environ.get("SHELL") or "sh"]
    made = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={os.path.realpath(folder)}",
        f"--LabApp.default_url={start_page(folder)}",
    ]
    # A login shell would set the path anew, and `course` would not be found.
    made += [f"--ServerApp.terminado_settings=shell_command={shell}"] if shell else []
    # In a container one often is root, and Jupyter wants to be told that this is meant.
    made += ["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return [*made, *options]


def start_page(folder):
    """Return what is opened: the first chapter for a newcomer, else all of them."""
    return FOLDER if progress.passed(Path(folder, "notebooks")) else FIRST


def environment():
    """Return the variables for JupyterLab, its kernels and its terminals."""
    here = str(Path(sys.executable).parent)
    return os.environ | {
        "PATH": os.pathsep.join([here, os.environ.get("PATH", os.defpath)]),
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_CONFIG_PATH": os.pathsep.join(
            filter(None, [str(SETTINGS), os.environ.get("JUPYTER_CONFIG_PATH")])
        ),
    }


def _address(server, page):
    """Wait for the file in which a server says where it is; None if it ends before."""
    told = Path(jupyter_runtime_dir(), f"jpserver-{server.pid}.json")
    while server.poll() is None:
        try:
            said = json.loads(told.read_text(encoding="utf-8"))
            token = f"?token={said['token']}" if said["token"] else ""
            return f"{said['url'].rstrip('/')}{page}{token}"
        except (OSError, ValueError):  # not there yet, or half written
            time.sleep(0.1)
    return None


def _last_lines(text, count=8):
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(["JupyterLab did not start:", *lines[-count:]])
