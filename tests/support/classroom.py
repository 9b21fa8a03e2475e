"""A class on this machine: in this process, or in one of its own that can be killed."""

import json
import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from contextlib import contextmanager

from course_lib.classroom import membership, outbox
from course_lib.classroom.codes import new_secret
from course_lib.classroom.serving import listen, server_of
from course_lib.classroom.store import Store
from course_lib.exercises import copies
from course_lib.exercises.exercise import Result

PATIENCE = 60  # seconds; for machines that do much at the same time


class Room:
    """A class that runs: its address, its store, and messages to it."""

    def __init__(self, store, port):
        self.store, self.port = store, port
        self.base = f"http://127.0.0.1:{port}"

    def send(self, path, content=None, *, token=None, cookie=None, data=None, **headers):
        """Send a message as anybody could; return status, content and headers."""
        if content is not None:
            data = json.dumps(content).encode()
            headers.setdefault("Content-Type", "application/json")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if cookie:
            headers["Cookie"] = cookie
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.base + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
                return answer.status, answer.read(), answer.headers
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read(), error.headers

    def join(self, name):
        """Let a learner join; return their token."""
        token = new_secret()
        content = {"code": self.store.code, "name": name, "token": token}
        assert self.send("/join", content)[0] == 200
        return token

    def tell(self, token, *events):
        """Send events; return the status."""
        return self.send("/events", {"events": list(events)}, token=token)[0]

    def open(self):
        """Open the board; return the cookie."""
        status, _, headers = self.send("/board/open", {"key": self.store.key}, Origin=self.base)
        assert status == 200
        return headers["Set-Cookie"].partition(";")[0]

    def board(self):
        """Return what the board shows."""
        return json.loads(self.send("/board/data", cookie=self.open())[1])


@contextmanager
def room(path, **options):
    """Run a class in a thread."""
    listening = listen("127.0.0.1", 0)
    store = Store(path, **options)
    port = listening.getsockname()[1]
    server = server_of(store, f"127.0.0.1:{port}")
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield Room(store, port)
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
        store.close()


def start_process(path, port=0):
    """Run ``course class`` in a process; return it with its port, code and key."""
    command = [sys.executable, "-m", "course_lib.cli", "class", "--file", str(path)]
    process = subprocess.Popen(
        [*command, "--host", "127.0.0.1", "--port", str(port)],
        stdout=subprocess.PIPE,
        text=True,
        env=copies.environment(),
    )
    said = ""
    while "Ctrl+C" not in said:
        line = process.stdout.readline()
        assert line, f"the class has not begun: {said}"
        said += line
    port, code = re.search(r"course join 127\.0\.0\.1:(\d+) (\S+)", said).groups()
    return process, int(port), code, re.search(r"/board#(\S+)", said)[1]


def event(key="weights-1", state="wrong", *, age=0.0, first=True, sentence=""):
    """Return an event as a learner's course sends it."""
    made = {"id": uuid.uuid4().hex, "key": key, "state": state, "age": age}
    return made | {"first": first, "sentence": sentence}


def check(folder, key="weights-1", state="wrong", message="", *, first=True, spoken="en"):
    """Do what `check` does after it has judged an answer."""
    outbox.tell(folder, Result(key, state, message), first=first, spoken=spoken)


def until(condition):
    """Wait until something is so."""
    begun = time.monotonic()
    while not (found := condition()):
        assert time.monotonic() - begun < PATIENCE, "it never came to be"
        time.sleep(0.02)
    return found


def is_idle(folder):
    """Tell whether no thread sends for a folder of notebooks."""
    return str(folder) not in outbox._senders


def all_sent(folder):
    """Tell whether the class has acknowledged all that a folder of notebooks has to tell."""
    path = membership.tells_path(folder, membership.membership_in(folder))
    return not path.exists() or outbox.sent(path) == path.stat().st_size
