"""Heads of a causal language model on texts that repeat themselves."""

from course_lib.widgets.causal.view import CausalView, causal_explorer

__all__ = ["CausalView", "causal_explorer"]
