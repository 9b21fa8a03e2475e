"""Files that are written whole or not at all."""

import hashlib
import os
import shutil
from pathlib import Path


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
