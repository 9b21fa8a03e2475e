"""Loaded by every process of the tests when it starts: look for cycles of objects less often.

What a process imports stays, and so do the trees of a book's pages. To look through all of it again
and again took a fifth of the time of imports, and a quarter of that of a book.
"""

import gc

gc.set_threshold(50_000)
