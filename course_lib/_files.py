"""Files that are written whole or not at all."""

import os
from pathlib import Path


def write_whole(path, data):
    """Write bytes to a file in a folder that exists; who is interrupted leaves the old file."""
    path = Path(path).absolute()
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        draft.write_bytes(data)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
