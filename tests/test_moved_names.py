"""Names that moved are found where the notebooks of learners, which outlive an update, look."""

import importlib

import pytest

# What the notebooks of an earlier version took from places that are no longer their home.
USED = {
    "course_lib.data": "load_runs",
    "course_lib.data.dates": "alignment",
    "course_lib.data.graph_classes": "KINDS",
    "course_lib.data.sentiment": "make_opinions",
    "course_lib.data.bags": "make_bags WANTED",
    "course_lib.sparsity": "global_pattern layers_to_full_reach random_pattern window_pattern "
    "dilated_pattern block_pattern random_order",
    "course_lib.nn.text": "MultiHeadAttention SelfAttention padding_mask masked_softmax "
    "causal_mask TextClassifier Translator PAD",
    "course_lib.nn.tasks": "accuracy bag_of_words dates_loss dates_model dates_task digits_model "
    "digits_task label_loss opinions_model opinions_task patches_model seeded translate "
    "uniform_loss",
    "course_lib.nn.graph_tasks": "GraphAttention Lookup NodeClassifier dictionaries_task "
    "karate_task labelled_nodes lookup_accuracy lookup_loss node_loss unseen_accuracy "
    "dictionary_batch dictionary_graph UniformAttention",
    "course_lib.nn.pooling_tasks": "BagClassifier GraphClassifier bag_accuracy bag_loss bags_task "
    "graph_answers graph_loss graphs_task localisation make_pool pool_nodes POOLS",
}


@pytest.mark.parametrize("module", USED)
def test_what_notebooks_import_is_still_there(module):
    missing = [n for n in USED[module].split() if not hasattr(importlib.import_module(module), n)]
    assert missing == []
