"""The commands of ``course``, in three groups: for learners, for instructors, for authors.

Each group has a function ``add_to`` that adds its commands to the parser. What a command needs is
imported when it runs, so that the others start quickly.
"""


def add(commands, name, run, about=None):
    """Add a command that a function runs; its help is the first line that documents the function.

    Parameters
    ----------
    commands : argparse's subparsers
    name : str
    run : callable (options) -> int
        Returns the exit status.
    about : str, optional
        Another help.

    Returns
    -------
    argparse.ArgumentParser
    """
    added = commands.add_parser(name, help=about or run.__doc__, description=about or run.__doc__)
    added.set_defaults(run=run)
    return added
