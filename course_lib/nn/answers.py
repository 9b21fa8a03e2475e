"""What a model answers, what of it an explanation explains, and how far it is from another answer.

Each kind of answer has the same methods. `of_outputs` says whether the answer is the mean of all
outputs, or made of the first or the last alone: so what explains outputs explains the answer.
"""

from typing import NamedTuple

import torch
from torch import nn

from course_lib.nn.rules import PLAIN, Norm


def _mean(x, seen):
    """Return the mean (batch, d) over the tokens that are seen."""
    real = seen.unsqueeze(-1)
    return (x * real).sum(dim=1) / real.sum(dim=1)


class Sentence(NamedTuple):
    """The vector of a sentence: the mean of the outputs that are seen, or the first output."""

    of_outputs: str = "mean"

    def __call__(self, x, seen, rules=PLAIN):
        """Return vectors (batch, d_model) for the last layer's outputs (batch, n, d_model)."""
        return _mean(x, seen) if self.of_outputs == "mean" else x[:, 0]

    def chosen(self, answer):
        """Return the direction of one answer (1, d_model)."""
        return nn.functional.normalize(answer, dim=-1)

    def target(self, answers, chosen):
        """Return how far answers reach into a direction, (batch,): what is differentiated.

        The cosine itself has no gradient where both vectors are the same.
        """
        return (answers * chosen).sum(dim=-1)

    def drop(self, answers, chosen):
        """Return 1 minus the cosine between answers and a direction, (batch,)."""
        return 1 - self.target(nn.functional.normalize(answers, dim=-1), chosen)


class Classes(NamedTuple):
    """The logits of classes, from the mean of the normalised outputs."""

    norm: Norm
    classify: nn.Module

    of_outputs = "mean"

    def __call__(self, x, seen, rules=PLAIN):
        """Return logits (batch, classes) for the last layer's outputs (batch, n, d_model)."""
        return self.classify(_mean(self.norm(x, rules), seen))

    def chosen(self, answer):
        """Return the likeliest class of one answer (1, classes)."""
        return answer.argmax(dim=-1)

    def target(self, answers, chosen):
        """Return the logarithm of the odds of a class, (batch,)."""
        others = torch.arange(answers.shape[-1]) != chosen
        return answers[:, chosen].squeeze(-1) - answers[:, others].logsumexp(dim=-1)

    def drop(self, answers, chosen):
        """Return minus the logarithm of the odds."""
        return -self.target(answers, chosen)


class NextToken(NamedTuple):
    """The logits of the token after the last position."""

    norm: Norm
    predict: nn.Module

    of_outputs = "last"

    def __call__(self, x, seen, rules=PLAIN):
        """Return logits (batch, vocabulary) for the last layer's outputs (batch, n, d_model)."""
        return self.predict(self.norm(x[:, -1], rules))

    def chosen(self, answer):
        """Return the likeliest token of one answer (1, vocabulary)."""
        return answer.argmax(dim=-1)

    def target(self, answers, chosen):
        """Return the logit of a token, (batch,)."""
        return answers[:, chosen].squeeze(-1)

    def drop(self, answers, chosen):
        """Return -log of the probability of a token, (batch,)."""
        return -answers.log_softmax(dim=-1)[:, chosen].squeeze(-1)
