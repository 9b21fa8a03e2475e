"""Are the checks hard enough? Wrong answers made by machine, and a search on all valid input.

A chapter's ``valid.py`` says once what its exercises' texts allow: a Hypothesis strategy for the
arguments of each. An answer that a check accepts is held to it: where it differs from what is right
on some valid input, the check lacks a case, and the search has found one.
"""
