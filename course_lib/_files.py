"""Files that are written whole or not at all, and opened without ever waiting for one."""

import errno
import hashlib
import os
import shutil
import stat
from pathlib import Path


class NoOrdinaryFile(OSError):
    """A pipe, a socket or a device where a file is needed: who opens one may wait for ever."""

    def __init__(self, path):
        super().__init__(errno.EINVAL, "no ordinary file", str(path))


def opened(path, mode="rb", *, follow=True, **options):
    """Open an ordinary file as `open` does, at once whatever stands there.

    Parameters
    ----------
    path, mode, **options
        As `open` takes them.
    follow : bool, default True
        Whether a link is followed.

    Raises
    ------
    NoOrdinaryFile, OSError
    """
    # O_NONBLOCK: else the system waits for somebody at the other end of a pipe. Windows has neither
    # this nor pipes among its files.
    also = getattr(os, "O_NONBLOCK", 0) | (0 if follow else getattr(os, "O_NOFOLLOW", 0))

    def ordinary(name, flags):
        try:
            number = os.open(name, flags | also, 0o666)
        except OSError as error:
            if error.errno == errno.ENXIO:  # a socket, or a pipe that nobody reads
                raise NoOrdinaryFile(name) from None
            raise
        kind = os.fstat(number).st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):  # of a folder, Python says so itself
            os.close(number)
            raise NoOrdinaryFile(name)
        return number

    return open(path, mode, opener=ordinary, **options)


def read(path):
    """Return the bytes of an ordinary file; raises as `opened` does."""
    with opened(path) as file:
        return file.read()


def write_whole(path, data):
    """Write bytes to a file in a folder that exists; who is interrupted leaves the old file.

    Who could not read the old file can not read the new one.

    Raises
    ------
    OSError
        If that cannot be. It names the path that was given, or its folder if there is none.
    """
    given, path = Path(path), Path(path).absolute()
    # Of a length of its own: a name may be as long as the system takes.
    named = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    draft = path.with_name(f".{named}.{os.getpid()}.draft")
    try:
        try:
            with draft.open("wb") as file:
                if path.is_file():
                    shutil.copymode(path, draft)
                file.write(data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:  # which names the draft, of which nobody has heard
        wrong = given.parent if isinstance(error, FileNotFoundError) else given
        raise OSError(error.errno, error.strerror, str(wrong)) from None
