"""Which explanation is right? Explanations of what a model does, and experiments that judge them.

`context_mixing` has formulas on arrays: weights that know the values, ALTI, gradient rollout.
`methods` makes every explanation of the tournament from one trace of a model, `tournament` measures
how far they agree with what happens when tokens are hidden, and `course_lib.data.load_tournament`
has what was recorded. Nothing here imports PyTorch. What runs a model is in `course_lib.nn`:
`open_transformer`, `attribution` (Value Zeroing, AttnLRP, gradient × input, hiding) and `tracing`.
"""

from course_lib.explain.context_mixing import (
    alti,
    gradient_rollout,
    mixed_through,
    row_shares,
    value_aware_weights,
    value_parts,
)
from course_lib.explain.methods import METHODS, SIGNED, Trace, explanations
from course_lib.explain.tournament import (
    SHARES,
    JudgedText,
    agreement,
    area,
    order,
    pair_agreement,
    paired,
    permutation_null,
)

__all__ = [
    "METHODS",
    "SHARES",
    "SIGNED",
    "JudgedText",
    "Trace",
    "agreement",
    "alti",
    "area",
    "explanations",
    "gradient_rollout",
    "mixed_through",
    "order",
    "pair_agreement",
    "paired",
    "permutation_null",
    "row_shares",
    "value_aware_weights",
    "value_parts",
]
