"""Attention with its weak edges left out: what is kept, how far outputs move, who is cut off."""

from course_lib.widgets.sparsity.view import SparsityView, sparsity_explorer

__all__ = ["SparsityView", "sparsity_explorer"]
