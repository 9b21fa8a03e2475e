"""Join and leave a class from a cell of a notebook."""

from course_lib.classroom.joining import ClassError, enter, quit_class
from course_lib.exercises.progress import notebook_folder


def join(address, code, name):
    """Join a class: from now on `check` tells the instructor's board what it said.

    What is told is the exercise, the verdict, when it was, and which of the course's sentences the
    card showed; never code, nor anything else that you wrote. Joining once more under another name
    renames you.

    Parameters
    ----------
    address, code : str
        What the instructor shows, such as "192.168.1.5:8765" and "K7QM-3TXB".
    name : str
        By which you want to be called on the board.
    """
    try:
        print(enter(notebook_folder(), address, code, name))
    except ClassError as error:
        print(error)


def leave():
    """Leave the class: `check` tells it nothing any more, and it forgets you."""
    try:
        print(quit_class(notebook_folder()))
    except ClassError as error:
        print(error)
