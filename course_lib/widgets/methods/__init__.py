"""Explanations of a model's answer side by side, and a judge."""

from course_lib.widgets.methods.view import MethodsView, methods_explorer

__all__ = ["MethodsView", "methods_explorer"]
