"""Live figures: views that draw in the browser, with controls that need no kernel."""

from course_lib.widgets.attention import AttentionView, attention_explorer
from course_lib.widgets.causal import CausalView, causal_explorer
from course_lib.widgets.circuit import CircuitView, head_graph
from course_lib.widgets.edge import EdgeView, edge_explorer
from course_lib.widgets.examples import Example, ExamplesView, examples_explorer
from course_lib.widgets.flow import FlowView, flow_explorer
from course_lib.widgets.heads import HeadsGrid, heads_explorer
from course_lib.widgets.heatmaps import LinkedHeatmaps, heatmap_explorer
from course_lib.widgets.methods import MethodsView, methods_explorer
from course_lib.widgets.neighbours import NeighboursView, neighbours_explorer
from course_lib.widgets.patterns import PatternView, pattern_explorer
from course_lib.widgets.pixels import PictureAttention, PixelsView, pixel_explorer
from course_lib.widgets.plane import QueryPlane, query_plane
from course_lib.widgets.pooling import PooledBag, PoolingView, pooling_explorer
from course_lib.widgets.ranking import RankingView, ranking_explorer
from course_lib.widgets.rollout import RolloutView, rollout_explorer
from course_lib.widgets.sparsity import SparsityView, sparsity_explorer
from course_lib.widgets.training import LossCurve, watch_training

__all__ = [
    "AttentionView",
    "CausalView",
    "CircuitView",
    "EdgeView",
    "Example",
    "ExamplesView",
    "FlowView",
    "HeadsGrid",
    "LinkedHeatmaps",
    "LossCurve",
    "MethodsView",
    "NeighboursView",
    "PatternView",
    "PictureAttention",
    "PixelsView",
    "PooledBag",
    "PoolingView",
    "QueryPlane",
    "RankingView",
    "RolloutView",
    "SparsityView",
    "attention_explorer",
    "causal_explorer",
    "edge_explorer",
    "examples_explorer",
    "flow_explorer",
    "head_graph",
    "heads_explorer",
    "heatmap_explorer",
    "methods_explorer",
    "neighbours_explorer",
    "pattern_explorer",
    "pixel_explorer",
    "pooling_explorer",
    "query_plane",
    "ranking_explorer",
    "rollout_explorer",
    "sparsity_explorer",
    "watch_training",
]
