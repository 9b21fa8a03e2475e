"""Attention on one of several texts: a bipartite graph beside its heatmap."""

from course_lib.widgets.examples.view import Example, ExamplesView, examples_explorer

__all__ = ["Example", "ExamplesView", "examples_explorer"]
