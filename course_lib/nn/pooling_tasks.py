"""Moved to chapter 12: notebooks of learners import from here."""

from course_lib.chapters.ch12_pooling.models import *  # noqa: F403
from course_lib.chapters.ch12_pooling.tasks import *  # noqa: F403
