"""Long work that several tests look at, maybe on several workers, is done once."""

import pickle

from filelock import FileLock


def once(path, work):
    """Return what `work()` gives; only the first call with this path does the work."""
    with FileLock(f"{path}.lock"):
        if not path.exists():
            path.write_bytes(pickle.dumps(work()))
        return pickle.loads(path.read_bytes())
