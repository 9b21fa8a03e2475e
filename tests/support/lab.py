"""A JupyterLab of our own, for tests that look at the course as a learner does."""

import json
import shutil
import socket
import subprocess
import time
import urllib.request
from contextlib import contextmanager

from course_lib.working import lab


@contextmanager
def running_lab(folder):
    """Serve a folder with JupyterLab on a free port; yield the address to open."""
    port = _free_port()
    home = folder / ".jupyter-home"
    settings = home / "@jupyterlab" / "notebook-extension" / "tracker.jupyterlab-settings"
    settings.parent.mkdir(parents=True)
    settings.write_text('{"windowingMode": "none"}')  # a test counts cells that are out of sight
    environment = lab.environment() | {"JUPYTER_CONFIG_DIR": str(home)}
    environment |= {"JUPYTERLAB_SETTINGS_DIR": str(home), "JUPYTERLAB_WORKSPACES_DIR": str(home)}
    for name in list(environment):
        if name.startswith(("PYTEST", "COURSE")):
            del environment[name]
    options = ["--no-browser", f"--port={port}", "--port-retries=0", "--IdentityProvider.token="]
    command = lab.command(folder, options)
    with open(folder / "lab.log", "w") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        address = f"http://127.0.0.1:{port}"
        _await(address, server, folder / "lab.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(home, ignore_errors=True)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _await(address, server, log, seconds=90):
    """Wait until the server answers."""
    for _ in range(seconds * 4):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/api", timeout=2) as answer:
                json.load(answer)
                return
        except OSError:
            time.sleep(0.25)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")
