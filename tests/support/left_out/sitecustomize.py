"""Loaded by every process of the tests when it starts: look for cycles of objects less often.

What a process imports stays. To look through all of it again and again took a fifth of the time of
imports. (For the pages of a book, `book/conf.py` stops it.)
"""

import gc

gc.set_threshold(50_000)
