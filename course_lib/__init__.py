"""Self-attention as a directed graph: the reference implementations behind the course.

One module a topic. Nothing is imported here, so that ``import course_lib.attention`` costs
little more than NumPy; PyTorch is imported only under ``course_lib.nn`` and by what chapters train.
"""

__version__ = "0.1.0"
