"""A plugin for pytest where it runs nbval for our tests: all kernels are forks of this process.

To load PyTorch, Matplotlib and their like takes longer than most chapters take. Here they are
loaded once for all notebooks of a run; each notebook has a kernel of its own all the same. Kernels
that are started in the usual way run chapter 1, where plain nbval is tried, chapter 7, in
JupyterLab, and the first page of the book.
"""

import asyncio
import os
import sys

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.provisioning import local_provisioner
from nbval.plugin import IPyNbCell

from tests.support.loading import load
from tests.support.trained_once import begin


class Fork:
    """A kernel that is a fork of this process, with what Jupyter asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = returncode = None

    def __init__(self, command, *, env, cwd, **streams):
        self.pid = os.fork()
        if self.pid == 0:
            become_kernel(command[command.index("-f") :], env, cwd)
        os.setpgid(self.pid, self.pid)  # Jupyter's signals go to the kernel's group

    def poll(self, options=os.WNOHANG):
        """Return how the kernel has ended; None if it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, options)
            if ended:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self):
        """Return how the kernel ends."""
        return self.poll(options=0)

    def send_signal(self, number):
        """Send the kernel a signal."""
        os.kill(self.pid, number)


def become_kernel(arguments, variables, folder):
    """Let this process be a kernel; whatever happens, it never goes on as the one it was."""
    status = 1
    try:
        os.environ.clear()
        os.environ.update(variables)
        os.chdir(folder)
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nothing, stream)
        sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__
        asyncio.set_event_loop(asyncio.new_event_loop())  # the other one is waiting for this kernel
        IPKernelApp.launch_instance(arguments)
        status = 0
    finally:
        os._exit(status)


def pytest_collection_finish(session):
    """Load what all cells import, and let kernels be forks from now on."""
    begin()  # before the module that trains is loaded
    load([item.cell for item in session.items if isinstance(item, IPyNbCell)])
    local_provisioner.launch_kernel = Fork
