"""Moved to chapter 12: notebooks of learners import from here."""

from course_lib.chapters.ch12_pooling.graph_classes import *  # noqa: F403
