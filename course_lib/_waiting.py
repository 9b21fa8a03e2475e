"""Loops that wait until chance has given something: they end, with an error, if it never does."""

MOST = 100_000  # tries; what is waited for comes up in a few, or in a few thousand


def tries(wanted, most=MOST):
    """Count tries, for a loop that is left by `break` or `return`.

    Parameters
    ----------
    wanted : str
        What the loop waits for, to be named.
    most : int
        How many tries there are.

    Yields
    ------
    int

    Raises
    ------
    RuntimeError
        If the loop is still waiting after the last one.
    """
    yield from range(most)
    raise RuntimeError(f"{wanted} did not come up in {most:,} tries")
