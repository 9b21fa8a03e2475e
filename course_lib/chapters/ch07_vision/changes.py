"""A trained network of chapter 07 with one thing changed, to see what its answers rest on."""

import torch
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def convolved(model, images):
    """Return the features that the block gets, (count, channels, height, width)."""
    return model.second(model.first(images).relu()).relu()


def mixed(model, features):
    """Return what the block mixes: values (count, channels, n) and weights (count, n, n).

    The values are already projected back to the channels. That works on each pixel alone, so it
    may come before the mixing.
    """
    weights = model.attention(features, return_weights=True)[1]
    return model.attention.output(model.attention.value(features)).flatten(2), weights


def answers(model, features, values, weights):
    """Return the digits that the model names if its block mixes these values by these weights."""
    added = model.attention.gamma * (values @ weights.mT).unflatten(2, features.shape[2:])
    return model.classify((features + added).mean(dim=(2, 3))).argmax(dim=1)


def exchanged(values, others, places):
    """Return values with those at one place of each image taken from another image."""
    every, changed = torch.arange(len(values)), values.clone()
    changed[every, :, places] = values[others, :, places[others]]
    return changed


def without(weights, places):
    """Return weights by which nobody attends to one place of each image; rows sum to 1."""
    left = weights.clone()
    left[torch.arange(len(weights)), :, places] = 0
    return left / left.sum(dim=-1, keepdim=True)


def next_of_same_digit(labels):
    """Return for each image another one that shows the same digit, where there is one."""
    others = torch.arange(len(labels))
    for digit in labels.unique():
        its = (labels == digit).nonzero().flatten()
        others[its] = its.roll(1)
    return others


def right_with_new_last_layer(train, test):
    """Return how often a linear layer learned on features is right on others.

    Parameters
    ----------
    train, test : (Tensor, Tensor)
        Features (count, channels, height, width), whose mean over the places the layer gets, and
        labels (count,).
    """
    last = make_pipeline(StandardScaler(), LogisticRegression(C=100, max_iter=3000))
    (learned, names), (asked, right) = ((x.mean(dim=(2, 3)), y) for x, y in (train, test))
    return last.fit(learned, names).score(asked, right)
