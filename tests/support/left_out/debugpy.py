"""Stands before the debugger of kernels, which nobody uses in tests; they do without.

Every kernel would load it when it starts, forks of a warm process too: see warm_kernels.py.
"""

raise ImportError("left out")
