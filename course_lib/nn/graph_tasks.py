"""Moved to chapter 08: notebooks of learners import from here."""

from course_lib.chapters.ch08_gat.models import *  # noqa: F403
from course_lib.chapters.ch08_gat.tasks import *  # noqa: F403
from course_lib.nn.training import accuracy as lookup_accuracy  # noqa: F401
from course_lib.nn.training import label_loss as lookup_loss  # noqa: F401
