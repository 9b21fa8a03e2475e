"""What is public in the modules of `nn`, and in the models that chapters build of them."""

import inspect

from course_lib.chapters.ch06_nlp import models as text_models
from course_lib.chapters.ch07_vision import models as vision_models
from course_lib.nn import (
    attention,
    attribution,
    edges,
    explain,
    gat,
    pooling,
    sparse,
    tracing,
    training,
    transformer,
    vision,
)

MODULES = (attention, edges, explain, gat, pooling, sparse, training, transformer, vision)
MODULES += (attribution, tracing, text_models, vision_models)
# What other names here call, with what they have checked or what the modules inside check.
INNER = {"are_finite", "checked", "of_heads", "train", "split_heads", "merge_heads"}
INNER |= {"normed_parts"}
INNER |= {
    f"{layer}.{form}_logits"
    for layer in ("GraphAttention", "GraphAttentionV2")
    for form in ("edge", "split", "pairwise")
}


def public_names():
    """Return the functions, classes and public methods of all modules, but `INNER`."""
    found = [thing for module in MODULES for thing in _public(module)]
    return [thing for thing in found if thing.__qualname__ not in INNER]


def _public(module):
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(thing):
            yield thing
        elif inspect.isclass(thing) and thing.__init__ is not object.__init__:
            yield thing
            yield from (
                method
                for name, method in vars(thing).items()
                if inspect.isfunction(method) and not name.startswith("_")
            )
