"""Moved to chapter 06: notebooks of learners import from here."""

from course_lib.chapters.ch06_nlp.dates import *  # noqa: F403
