"""A ranking of tokens beside their graph: choose a measure, remove tokens, and rank again."""

from course_lib.widgets.ranking.view import RankingView, ranking_explorer

__all__ = ["RankingView", "ranking_explorer"]
