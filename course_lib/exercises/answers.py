"""Which of a notebook's names hold an answer that is to be judged.

Where the cell that was to define a name stopped with an error, the name may still hold an older
answer. That one is not judged. What counts is that the cell defines the name: a cell that merely
uses it, or mentions it in a comment, may fail as it likes.
"""

from IPython import get_ipython

import __main__
from course_lib.exercises.statements import defined_names

_outdated = {}  # name -> what it held when the cell that was to define it had failed
_NOTHING = object()


def names_to_judge():
    """Return the names of the notebook, or of the script that imported us, and what they hold."""
    shell = get_ipython()
    if shell is None:
        return vars(__main__)
    names = dict(shell.user_ns)
    for name, held in _outdated.items():
        if names.get(name) is held:
            names.pop(name, None)
    return names


def watch():
    """Look at every cell after it has run; also at the one before the course was imported."""
    shell = get_ipython()
    if shell is not None:
        shell.events.register("post_run_cell", _look_at)
        if shell.last_execution_result is not None:
            _look_at(shell.last_execution_result)


def _look_at(result):
    for name in defined_names(result.info.raw_cell or "") if result.info else ():
        if result.success:
            _outdated.pop(name, None)
        else:
            _outdated[name] = get_ipython().user_ns.get(name, _NOTHING)
