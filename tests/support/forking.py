"""The process from which others are forked, so that each need not load what it has loaded."""

from multiprocessing import forkserver


def start_forkserver(*modules):
    """Have processes forked from one that has loaded these modules; one that runs is ended.

    Python keeps one for all that ask, with what the first of them wished for.
    """
    forkserver._forkserver._stop()  # Python's own tests do so, too
    forkserver.set_forkserver_preload(list(modules))
    forkserver.ensure_running()
