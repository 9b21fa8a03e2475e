"""Pooling by attention: a readout attends to the members of a bag; take members away."""

from course_lib.widgets.pooling.view import PooledBag, PoolingView, pooling_explorer

__all__ = ["PooledBag", "PoolingView", "pooling_explorer"]
