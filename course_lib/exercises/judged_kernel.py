"""The kernel in which a notebook is judged: nbval's, which no notebook can break or hang.

A learner's folder may hold a ``random.py`` or a ``numpy.py``. Python itself, the course and what
they import never see it, for the folder stands at the end of the kernel's path, not at its start:
helper modules can be imported, unless something that is installed has their name.
"""

import subprocess
import time
from queue import Empty

import zmq
from jupyter_client.manager import KernelManager
from nbval.kernel import NbvalKernelspecManager, RunningKernel

from course_lib.exercises import copies

FOLDER_LAST = "--IPKernelApp.exec_lines=__import__('sys').path.append('')"
GRACE = 10  # seconds that an interrupted cell has to end


class Ended(Exception):
    """The kernel is dead."""


class Hung(Exception):
    """A cell did not end in its time, or not even when it was interrupted."""


class Kernel(RunningKernel):
    """A kernel that answers in time or not at all.

    Parameters
    ----------
    name : str
        Of the kernel's specification.
    folder : path
        Where it starts.
    startup_timeout : float
        In seconds.
    variables : dict
        Added to its environment.
    """

    def __init__(self, name, folder, startup_timeout, variables):
        self.deadline, self.replies = None, []
        self.km = KernelManager(kernel_name=name, kernel_spec_manager=_SafePath())
        self.km.start_kernel(
            cwd=str(folder),
            env=copies.environment(**variables),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            extra_arguments=[FOLDER_LAST],
        )
        self.kc = self.km.client()
        # nbval reads what a cell shows only when it has ended; none of it may be lost until then.
        self.kc.context.setsockopt(zmq.RCVHWM, 0)
        try:
            self.kc.start_channels()
            self.kc.wait_for_ready(timeout=startup_timeout)
            self._ensure_iopub_up()
        except BaseException:
            self.stop()
            raise

    def begin(self, seconds):
        """Give the next cell its time, and forget what was answered before."""
        self.deadline, self.replies = time.monotonic() + seconds, []

    def get_message(self, stream, timeout=None):
        """Return the next message; raise `Ended` or `Hung` instead of waiting for nothing."""
        until = time.monotonic() + timeout
        while True:
            # However much a cell prints or answers, its time ends.
            if self.deadline and time.monotonic() > self.deadline + GRACE:
                raise Hung
            try:
                # nbval's own method would write out each message for a log that nobody reads, which
                # takes as long as all the rest of nbval.
                message = getattr(self.kc, f"get_{stream}_msg")(timeout=min(0.2, timeout))
            except Empty:
                if not self.is_alive():
                    raise Ended from None
                if time.monotonic() > until:
                    raise
            else:
                if stream == "shell":
                    self.replies.append(message["content"])
                return message

    def stop(self):
        """Stop it, also if it is dead."""
        if hasattr(self, "km"):
            super().stop()


class _SafePath(NbvalKernelspecManager):
    def get_kernel_spec(self, kernel_name):
        spec = super().get_kernel_spec(kernel_name)
        if spec.argv[1] == "-m":  # Python: nothing of the current folder on its path
            spec.argv.insert(1, "-P")
        return spec
