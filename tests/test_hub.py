"""The recipe for a JupyterHub: two learners at once, each with the course, and their memory.

Skipped where jupyterhub and configurable-http-proxy are not installed, which the course does not
need: ``pip install jupyterhub`` and ``npm install configurable-http-proxy``, on the path.
"""

import contextlib
import http.cookiejar
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest

from course_lib.authoring.notebooks import solved_notebook
from course_lib.exercises import copies

ROOT = Path(__file__).resolve().parents[1]
PASSWORD = "a word of this class"
pytestmark = [
    pytest.mark.notebook,
    pytest.mark.skipif(
        find_spec("jupyterhub") is None or shutil.which("configurable-http-proxy") is None,
        reason="jupyterhub or configurable-http-proxy is not installed",
    ),
]


class Learner:
    """Somebody in a browser, as far as a hub can tell."""

    def __init__(self, address, name):
        self.address, self.name = address, name
        self.cookies = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), urllib.request.ProxyHandler({})
        )

    def cookie(self, name="_xsrf", path="/"):
        found = [c for c in self.cookies if c.name == name and path.startswith(c.path)]
        return max(found, key=lambda c: len(c.path)).value

    def ask(self, path, data=None, **headers):
        body = None if data is None else data.encode()
        request = urllib.request.Request(self.address + path, body, headers)
        with self.opener.open(request, timeout=60) as answer:
            return answer.geturl(), answer.read().decode()

    def log_in(self, password=PASSWORD):
        self.ask("/hub/login")
        form = {"username": self.name, "password": password, "_xsrf": self.cookie(path="/hub/")}
        return self.ask("/hub/login", urllib.parse.urlencode(form))

    def open_lab(self, seconds=120):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            where, text = self.ask(f"/user/{self.name}/lab")
            if "jupyter-config-data" in text and f"/user/{self.name}/" in where:
                return text
            time.sleep(1)
        raise TimeoutError(where)

    def run(self, chapter):
        """Run a chapter, solved, in a kernel of its own through the proxy."""
        import websocket

        base = f"/user/{self.name}"
        self.ask(f"{base}/api/contents/notebooks")
        token = self.cookie(path=f"{base}/")
        _, made = self.ask(f"{base}/api/kernels", "{}", **{"X-XSRFToken": token})
        kernel = json.loads(made)["id"]
        jar = "; ".join(f"{c.name}={c.value}" for c in self.cookies if base.startswith(c.path[:-1]))
        link = websocket.create_connection(
            f"{self.address.replace('http', 'ws')}{base}/api/kernels/{kernel}/channels",
            cookie=jar,
            timeout=300,
        )
        cells = [c.source for c in solved_notebook(chapter).cells if c.cell_type == "code"]
        for source in cells:
            header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": "s"}
            header |= {"username": "", "version": "5.3"}
            content = {"code": source, "silent": False, "stop_on_error": True}
            message = {"header": header, "content": content, "metadata": {}, "parent_header": {}}
            link.send(json.dumps({**message, "channel": "shell", "buffers": []}))
            while True:
                opcode, data = link.recv_data()
                if opcode == websocket.ABNF.OPCODE_TEXT:
                    said = json.loads(data)
                    if said["parent_header"].get("msg_id") != header["msg_id"]:
                        continue
                    assert said["msg_type"] != "error", said["content"]
                    if said["content"].get("execution_state") == "idle":
                        break
        link.close()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@contextlib.contextmanager
def hub_in(folder):
    """Start the hub of the recipe in a folder; yield its address and its process."""
    ports = [free_port() for _ in range(3)]
    config = folder / "config.py"
    config.write_text(
        f"load_subconfig({str(ROOT / 'book' / 'hub' / 'jupyterhub_config.py')!r})\n"
        f"c.ConfigurableHTTPProxy.api_url = 'http://127.0.0.1:{ports[1]}'\n"
        f"c.JupyterHub.hub_port = {ports[2]}\n"
        "c.Spawner.env_keep = ['PATH', 'PYTHONPATH', 'LANG']\n"
        f"c.Spawner.args += {['--allow-root'] if os.geteuid() == 0 else []}\n"
    )
    address = f"http://127.0.0.1:{ports[0]}"
    told = {"HUB_ADDRESS": address, "CLASS_FOLDER": "class", "CLASS_PASSWORD": PASSWORD}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = copies.environment(**told, PATH=path)
    with (folder / "log").open("w") as log:
        hub = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub", "-f", str(config)],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            yield address, hub
        finally:
            parts = psutil.Process(hub.pid).children(recursive=True)
            hub.terminate()
            for part in parts:
                with contextlib.suppress(psutil.NoSuchProcess):
                    part.terminate()
            psutil.wait_procs(parts, timeout=10)
            hub.wait(20)


def wait_for(address, seconds=90):
    end = time.monotonic() + seconds
    while True:
        try:
            return Learner(address, "nobody").ask("/hub/login")
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(1)


def memory(hub, mark):
    """Return the megabytes that are each process's own, of those whose command has a mark."""
    found = psutil.Process(hub.pid).children(recursive=True)
    return [p.memory_full_info().uss / 1e6 for p in found if mark in " ".join(p.cmdline())]


def test_two_learners_at_once_and_the_memory_that_they_take(tmp_path, capsys):
    with hub_in(tmp_path) as (address, hub):
        wait_for(address)
        learners = [Learner(address, name) for name in ("ada", "grace")]
        for learner in learners:
            learner.log_in()
        for learner in learners:
            assert "jupyter-config-data" in learner.open_lab()
            place = tmp_path / "class" / learner.name / "work" / "notebooks"
            assert (place / "02_weights.ipynb").is_file()
        servers = memory(hub, "jupyterhub-singleuser") or memory(hub, "singleuser")
        assert len(servers) == 2
        for chapter in ("02_weights", "08_gat"):
            for learner in learners:
                learner.run(chapter)
        kernels = memory(hub, "ipykernel_launcher")
        assert len(kernels) == 4
        with capsys.disabled():
            print(f"\nMB of its own: servers {servers}, kernels {kernels}")


def test_a_wrong_password_lets_nobody_in(tmp_path):
    with hub_in(tmp_path) as (address, _):
        wait_for(address)
        stranger = Learner(address, "mallory")
        with pytest.raises(urllib.error.HTTPError, match=r"40[13]"):
            stranger.log_in("a guess")
        assert not (tmp_path / "class" / "mallory").exists()
