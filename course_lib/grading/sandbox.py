"""A place where code of strangers runs, with bubblewrap around it, and how it is asked."""

import json
import os
import selectors
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from course_lib.grading.bubblewrap import COURSE, ENVIRONMENT, UID, NoSandbox, Python, bubblewrap
from course_lib.grading.inside.zygote import QUESTION, READY, REPORT
from course_lib.grading.tree import write_tree

START = 120  # seconds that importing the libraries may take on a busy machine
GRACE = 5  # seconds after a child's time in which its end must be reported


@dataclass(frozen=True)
class Limits:
    """What one answer may take.

    Attributes
    ----------
    seconds, seconds_of_cells : float
        For the calls of an answer, and before for the cells that define it.
    memory, answer : int
        Megabytes: of the process, and of what it sends.
    threads : int
    """

    seconds: float = 10.0
    seconds_of_cells: float = 10.0
    memory: int = 2048
    answer: int = 32
    threads: int = 64

    @property
    def wall(self):
        """Seconds after which a child is ended, whatever it does: others may be computing, too."""
        return 3 * (self.seconds + self.seconds_of_cells)

    def question(self, length):
        """Return the header of a question."""
        computing = int(self.seconds + self.seconds_of_cells) + 1
        return QUESTION.pack(length, self.wall, computing, self.memory, self.threads)


@dataclass(frozen=True)
class Reply:
    """What came of a question.

    Attributes
    ----------
    data : bytes
        All that was written on the answer's pipe.
    status : int
        How the process ended: its exit status, or minus the signal; `STILL_RUNNING` if its time
        was over; None if the sandbox itself had to be ended.
    too_much : bool
        Whether it wrote more than it may.
    memory, seconds : float
        Megabytes and seconds of computing that it took.
    """

    data: bytes
    status: int | None
    too_much: bool = False
    memory: float = 0.0
    seconds: float = 0.0


class Sandbox:
    """A sandbox for questions of one kind: libraries are loaded once, each question has a process.

    Parameters
    ----------
    imports : sequence of str
        Modules to import before any question.
    without : sequence of (module, name)
        Functions that are not in it.
    limits : Limits
    safe : bool
        False: no bubblewrap, for one's own notebooks.
    """

    def __init__(self, imports=(), without=(), limits=None, *, safe=True):
        self.limits = limits or Limits()
        self.folder = tempfile.TemporaryDirectory(prefix="course-sandbox-")
        tree = Path(self.folder.name, "course")
        over = write_tree(tree, without)
        python = Python.here()
        self.answers, inner = os.pipe()
        settings = {"uid": UID, "imports": list(imports), "answers": inner, "safe": safe}
        course = COURSE if safe else str(tree)
        settings["path"] = [course, *map(str, python.packages)]
        zygote = f"{course}/course_lib/grading/inside/zygote.py"
        command = [str(python.program), "-I", "-S", "-B", zygote, json.dumps(settings)]
        if safe:
            command = [*bubblewrap(python, tree, over), *command]
        self.said = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.said,
                pass_fds=(inner,),
                env=ENVIRONMENT,
                start_new_session=True,
            )
        finally:
            os.close(inner)
        for pipe in (self.answers, self.process.stdin.fileno(), self.process.stdout.fileno()):
            os.set_blocking(pipe, False)
        self._begin()

    def _begin(self):
        report, _ = self._exchange(b"", len(READY), START)
        if report != READY:
            self.said.seek(0)
            said = self.said.read(2000).decode("utf-8", "replace").strip()
            self.close()
            raise NoSandbox(f"The sandbox did not start: {said or 'it said nothing'}")

    def ask(self, question):
        """Return the `Reply` to a question; after one without a status the sandbox is closed."""
        header = self.limits.question(len(question))
        time_over = self.limits.wall + GRACE
        report, data = self._exchange(header + question, REPORT.size, time_over)
        if len(report) != REPORT.size:
            self.close()
            return Reply(data, None, too_much=len(data) > self.limits.answer << 20)
        status, memory, computed = REPORT.unpack(report)
        return Reply(data, status, False, memory / 1024, computed)

    def _exchange(self, sent, length, seconds):
        """Send bytes; return what is reported, of a length, and what came on the answer's pipe."""
        report, data, sent = b"", bytearray(), memoryview(sent)
        deadline, most = time.monotonic() + seconds, self.limits.answer << 20
        into, out = self.process.stdin, self.process.stdout
        with selectors.DefaultSelector() as ready:
            ready.register(out, selectors.EVENT_READ)
            ready.register(self.answers, selectors.EVENT_READ)
            if sent:
                ready.register(into, selectors.EVENT_WRITE)
            while len(report) < length and len(data) <= most:
                left = deadline - time.monotonic()
                events = {key.fileobj for key, _ in ready.select(max(left, 0))}
                if not events and left <= 0:
                    break
                if into in events:
                    sent = sent[self._write(into, sent) :]
                    if not sent:
                        ready.unregister(into)
                if self.answers in events:
                    part = os.read(self.answers, 1 << 20)
                    data += part
                    if not part:
                        ready.unregister(self.answers)
                if out in events:
                    part = os.read(out.fileno(), length - len(report))
                    report += part
                    if not part:
                        break
        while len(data) <= most and (part := self._rest()):
            data += part
        return report, bytes(data)

    def _write(self, pipe, data):
        try:
            return os.write(pipe.fileno(), data[: 1 << 16])
        except BrokenPipeError:  # the report will be missing, too
            return len(data)

    def _rest(self):
        """Return what is left on the answer's pipe: nobody writes there any more."""
        try:
            return os.read(self.answers, 1 << 20)
        except BlockingIOError:
            return b""

    def close(self):
        """End everything in the sandbox; closing twice does no harm."""
        if self.answers is None:
            return
        self.process.kill()  # with it dies all that it has started
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()
        os.close(self.answers)
        self.answers = None
        self.said.close()
        self.folder.cleanup()

    @property
    def is_open(self):
        """Whether another question can be asked."""
        return self.answers is not None and self.process.poll() is None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
