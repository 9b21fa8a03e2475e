"""The command that makes a sandbox: what is seen in it, and how little may be done there."""

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from course_lib.grading.inside.zygote import FOLDER

UID = 65534
COURSE = "/course"  # where the course is inside
SCRATCH = 16  # MB that libraries may write while they are loaded
ENVIRONMENT = {
    "HOME": FOLDER,
    "LANG": "C.UTF-8",
    "MPLBACKEND": "agg",
    "MPLCONFIGDIR": FOLDER,
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
}
# How many there are and of which kind: PyTorch asks before it multiplies in half precision.
PROCESSORS = (
    Path("/proc/cpuinfo"),
    Path("/sys/devices/system/cpu/possible"),
    Path("/sys/devices/system/cpu/present"),
)
HOW = (
    "Grading needs Linux and bubblewrap 0.7 or newer: apt install bubblewrap. On macOS and "
    "Windows use the container that the page on grading describes. --unsafe runs notebooks of "
    "your own without a sandbox: they may then do all that you may do."
)


class NoSandbox(OSError):
    """No sandbox can be made here; the message says what to do."""


def require_sandbox():
    """Return the path of bubblewrap, or say what to do."""
    program = shutil.which("bwrap")
    if program is None or not sys.platform.startswith("linux"):
        raise NoSandbox(HOW)
    return program


def bubblewrap(python, tree, over):
    """Return the command that makes the sandbox, without what runs in it."""
    command = [
        require_sandbox(),
        "--unshare-pid",
        "--unshare-net",
        "--unshare-ipc",
        "--unshare-uts",
    ]
    command += ["--unshare-cgroup-try", "--die-with-parent", "--new-session", "--as-pid-1"]
    command += ["--hostname", "sandbox"]
    command += ["--clearenv", "--cap-drop", "ALL"]
    if os.getuid() == 0:  # root becomes somebody else inside; others get a name of their own
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--uid", str(UID), "--gid", str(UID)]
    for name, value in ENVIRONMENT.items():
        command += ["--setenv", name, value]
    for path in (*python.mounted(), *filter(Path.exists, PROCESSORS)):
        for folder in reversed(path.parents[:-1]):  # bubblewrap would make them its own alone
            command += ["--dir", str(folder)]
        command += ["--ro-bind", str(path), str(path)]
    for path in (Path("/lib"), Path("/lib64")):
        if path.is_symlink():
            command += ["--symlink", os.readlink(path), str(path)]
    for package in python.packages:  # where the course is installed, and not in a checkout
        if (package / "course_lib").is_dir():
            command += ["--ro-bind", str(tree / "nothing"), str(package / "course_lib")]
    command += ["--dir", "/dev"]
    for device in ("/dev/null", "/dev/urandom", "/dev/random"):
        command += ["--dev-bind", device, device]
    command += ["--perms", "1777", "--size", str(SCRATCH << 20), "--tmpfs", FOLDER]
    command += ["--ro-bind", str(tree), COURSE]
    for path, ours in over.items():
        command += ["--ro-bind", str(ours), str(path)]
    return [*command, "--remount-ro", "/", "--chdir", FOLDER, "--"]


@dataclass(frozen=True)
class Python:
    """What Python needs: its program, its own library, the environment's packages."""

    program: Path
    library: Path
    packages: list

    @classmethod
    def here(cls):
        """Return what this Python needs."""
        prefix, (major, minor) = Path(sys.base_prefix), sys.version_info[:2]
        packages = [Path(p) for p in sys.path if Path(p).name == "site-packages"]
        program = Path(getattr(sys, "_base_executable", sys.executable)).resolve()
        return cls(program, prefix / "lib" / f"python{major}.{minor}", packages)

    def mounted(self):
        """Return the files and folders that are to be seen, each once, outer ones first."""
        prefix = self.library.parent
        shared = [*prefix.glob("libpython*"), Path("/etc/ld.so.cache")]
        if triple := sysconfig.get_config_var("MULTIARCH"):
            shared += [Path("/usr/lib", triple), Path("/lib", triple)]
        shared += [Path("/usr/lib64"), Path("/lib64")]
        paths = [self.program, self.library, *shared, *self.packages]
        # What lies behind /lib, say, is seen through the link.
        seen = [p for p in paths if p.exists() and not Path("/", p.parts[1]).is_symlink()]
        return [path for path in seen if not any(other in path.parents for other in seen)]
