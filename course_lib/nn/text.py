"""Moved to `course_lib.nn.attention` and chapter 06: notebooks of learners import from here."""

from course_lib.chapters.ch06_nlp.models import *  # noqa: F403
from course_lib.nn.attention import *  # noqa: F403
