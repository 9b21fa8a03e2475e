"""What a learner has passed, remembered in a small file beside the notebooks."""

import json
import os
import sys
from pathlib import Path

FILE_NAME = ".progress.json"


def passed(folder="."):
    """Return the keys of the exercises that were ever passed in a folder of notebooks."""
    path = Path(folder) / FILE_NAME
    try:
        keys = json.loads(path.read_text(encoding="utf-8"))["passed"]
        return {key for key in keys if isinstance(key, str)}
    except FileNotFoundError:
        return set()
    except (OSError, ValueError, KeyError, TypeError):
        # Unreadable is not empty: keep it for whoever can repair it, and start afresh.
        _set_aside(path)
        return set()


def record(key, folder="."):
    """Remember that an exercise was passed. A folder that cannot be written is no error."""
    keys = passed(folder)
    if key in keys:
        return
    path = Path(folder) / FILE_NAME
    draft = path.with_suffix(f".json.{os.getpid()}")
    try:
        draft.write_text(json.dumps({"passed": sorted(keys | {key})}, indent=1), encoding="utf-8")
        draft.replace(path)  # whole or not at all
    except OSError as error:
        print(f"Your progress could not be saved in {path}: {error.strerror}", file=sys.stderr)


def _set_aside(path):
    spare = path.with_suffix(".json.unreadable")
    try:
        path.replace(spare)
        print(f"{path.name} could not be read; it is kept as {spare.name}", file=sys.stderr)
    except OSError:
        print(f"{path.name} could not be read", file=sys.stderr)
