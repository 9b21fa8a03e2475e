"""Moved to chapter 06: notebooks of learners import from here."""

from course_lib.chapters.ch06_nlp.sentiment import *  # noqa: F403
