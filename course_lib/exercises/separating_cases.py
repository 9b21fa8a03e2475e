"""Draw cases until no other idea passes: cases that separate the right answer from given ones."""

from course_lib.exercises.judging import TOLERANCE, same


def differ(first, second):
    """Tell whether two answers differ by more than the coarsest number type can be off."""
    return not same(first, second, tolerance=TOLERANCE["bfloat16"])


def separating(rng, draw, right, ideas, *, apart=differ, tries=2000):
    """Return drawn cases on which each idea gives something else than is right, at least once.

    Parameters
    ----------
    rng : numpy.random.Generator
    draw : callable (rng) -> tuple
        Makes one random case.
    right : callable (*case)
    ideas : iterable of callable (*case)
        Other ideas: mistakes, shortcuts, what is right on tame cases only.
    apart : callable (first, second) -> bool
        Whether two answers differ so much that a judge sees it.
    tries : int
        Cases to draw at most.

    Returns
    -------
    list of tuple
        Only those that refute an idea which no case before has refuted.

    Raises
    ------
    ValueError
        If an idea agrees with what is right in all cases drawn.
    """
    kept, left = [], list(ideas)
    for _ in range(tries):
        if not left:
            return kept
        case = draw(rng)
        expected = right(*case)
        agreeing = [idea for idea in left if not apart(idea(*case), expected)]
        if len(agreeing) < len(left):
            kept.append(case)
        left = agreeing
    if not left:
        return kept
    raise ValueError(f"no case was drawn that separates {left}")
