"""What stands in for a function of the library that an exercise asks the learner to write.

Its body is not in the sandbox at all, so that no trick can call it.
"""

used = []


class Forbidden(Exception):
    """Raised where a learner's answer calls what it is to be instead."""


def refuse(name):
    """Note that a function was called, and stop."""
    used.append(name)
    raise Forbidden(f"{name} is what this exercise asks you to write")
