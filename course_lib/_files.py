"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_whole(path, data):
    """Write bytes to a file in a folder that exists; who is interrupted leaves the old file.

    Raises
    ------
    OSError
        If that cannot be. It names the path that was given, or its folder if there is none.
    """
    given, path = Path(path), Path(path).absolute()
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        try:
            draft.write_bytes(data)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:  # which names the draft, of which nobody has heard
        wrong = given.parent if isinstance(error, FileNotFoundError) else given
        raise OSError(error.errno, error.strerror, str(wrong)) from None
