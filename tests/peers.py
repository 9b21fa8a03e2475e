"""PyTorch Geometric. What it warns of while it is imported is not ours to fail on."""

import warnings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from torch_geometric.nn import AttentionalAggregation, GATConv, GATv2Conv

__all__ = ["AttentionalAggregation", "GATConv", "GATv2Conv"]
