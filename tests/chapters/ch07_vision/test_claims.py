"""What chapter 07 says in general, on all runs that were recorded, and by interventions."""

import numpy as np
import pytest
import scipy.stats
import torch
from torch import nn

from course_lib.chapters.ch07_vision import changes, tasks
from course_lib.chapters.runs import load_runs
from course_lib.nn.training import accuracy, label_loss, seeded, train
from course_lib.nn.vision import SelfAttention2d

ATTENTION = ("digits", "digits briefly")  # where the block was trained on single digits


def gains(task):
    runs = load_runs(task)
    return runs["with attention"]["accuracy"] - runs["convolutions"]["accuracy"]


def test_the_block_helps_after_short_training_and_not_after_long():
    brief, long = (scipy.stats.ttest_1samp(gains(task), 0) for task in ATTENTION[::-1])
    assert brief.statistic > 0
    assert brief.pvalue < 0.05
    assert long.statistic < 0
    assert 0.03 < long.pvalue < 0.1


def test_the_favourite_pixel_has_many_times_an_even_share_and_may_be_dark_or_bright():
    runs = [load_runs(task)["with attention"] for task in ATTENTION]
    assert min(found["favourite share"].min() for found in runs) > 20 / tasks.SIDE**2
    brightness = tasks.digits_task().test[0].mean().item()
    favourites = np.concatenate([found["favourite brightness"] for found in runs])
    assert favourites.min() < brightness / 4
    assert favourites.max() > 2 * brightness


def test_networks_compare_as_the_chapter_says():
    runs, wide = load_runs("digits"), load_runs("wide digits")["convolutions"]["accuracy"]
    patches = runs["patches"]["accuracy"]
    assert wide.min() > patches.max() - 0.01
    assert wide.mean() > patches.mean() > runs["convolutions"]["accuracy"].mean()
    assert patches.mean() > runs["with attention"]["accuracy"].mean()


@pytest.fixture(scope="module")
def trained():
    """Return a network with the block, trained for the shorter time, and the test images."""
    digits = tasks.digits_task()
    model = tasks.digits_model(0)
    train(model, label_loss, digits.train, seed=0, **tasks.BRIEF_TRAINING)
    return model, digits.test


@torch.no_grad()
def test_the_favourite_pixel_holds_notes_of_its_image(trained):
    model, (images, labels) = trained
    features = changes.convolved(model, images)
    values, weights = changes.mixed(model, features)
    favourite = weights.mean(dim=1).argmax(dim=1)
    anywhere = torch.randint(64, (len(images),), generator=torch.Generator().manual_seed(0))
    following = torch.arange(len(images)).roll(1)
    same_digit = changes.next_of_same_digit(labels)
    assert (labels[same_digit] == labels).all()
    assert (same_digit != torch.arange(len(images))).all()

    def right(values, weights=weights):
        answers = changes.answers(model, features, values, weights)
        return (answers == labels).float().mean().item()

    def given(others, places):
        return right(changes.exchanged(values, others, places))

    itself = right(values)
    assert itself == accuracy(model, images, labels)
    assert given(following, favourite) < 0.5  # most become wrong, but
    assert given(same_digit, favourite) > itself - 0.1
    assert given(following, anywhere) > itself - 0.05
    hidden = changes.without(weights, favourite)
    assert not hidden[torch.arange(len(images)), :, favourite].any()
    torch.testing.assert_close(hidden.sum(dim=2), torch.ones(len(images), 64))
    assert right(values, hidden) > 0.5  # most stay right


@torch.no_grad()
def test_attention_is_necessary_to_the_model_and_hardly_to_the_task(trained):
    model, (images, labels) = trained
    learned, names = tasks.digits_task().train
    features, before = changes.convolved(model, images), changes.convolved(model, learned)

    def refitted(layer):
        return changes.right_with_new_last_layer((layer(before), names), (layer(features), labels))

    values, weights = changes.mixed(model, features)
    lost = changes.answers(model, features, 0 * values, weights) == labels
    assert lost.float().mean() < 0.5
    assert refitted(nn.Identity()) > refitted(model.attention) - 0.03


@torch.no_grad()
def test_behind_the_mean_the_block_counts_by_in_strength_alone():
    block = seeded(lambda: SelfAttention2d(4), seed=0)
    block.gamma.fill_(0.7)
    x = torch.randn(2, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    y, weights = block(x, return_weights=True)
    values = block.output(block.value(x)).flatten(2)
    strength = weights.sum(dim=1) / 15
    expected = (values * strength[:, None]).sum(dim=2)
    torch.testing.assert_close((y - x).mean(dim=(2, 3)), 0.7 * expected)


def test_at_gamma_0_only_gamma_has_a_gradient_and_weight_decay_moves_the_others():
    block = seeded(lambda: SelfAttention2d(4), seed=0)
    before = {name: value.clone() for name, value in block.state_dict().items()}
    optimizer = torch.optim.AdamW(block.parameters(), lr=0.1)
    x = torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    block(x).square().sum().backward()
    moved = {name for name, p in block.named_parameters() if p.grad.any()}
    assert moved == {"gamma"}
    optimizer.step()
    query = dict(block.named_parameters())["query.weight"]
    torch.testing.assert_close(query.detach(), before["query.weight"] * (1 - 0.1 * 0.01))


@pytest.mark.parametrize(("side", "commutes"), [(1, True), (3, False)])
def test_shuffling_pixels_matters_to_a_convolution_that_sees_neighbours(side, commutes):
    layer = seeded(lambda: nn.Conv2d(4, 4, side, padding=side // 2), seed=0)
    x = torch.randn(1, 4, 3, 5, generator=torch.Generator().manual_seed(0))
    order = torch.randperm(15, generator=torch.Generator().manual_seed(1))

    def shuffle(image):
        return image.flatten(2)[..., order].reshape(image.shape)

    assert torch.allclose(layer(shuffle(x)), shuffle(layer(x)), atol=1e-5) == commutes


def test_without_the_block_a_place_knows_5_by_5_pixels_and_with_it_all():
    image = torch.rand(1, 1, 8, 8, generator=torch.Generator().manual_seed(0))

    def seen(features):
        x = image.clone().requires_grad_()
        features(x)[0, :, 4, 3].sum().backward()
        return x.grad[0, 0] != 0

    model = tasks.digits_model(0)
    alone = seen(lambda x: model.second(model.first(x).relu()).relu())
    expected = torch.zeros(8, 8, dtype=torch.bool)
    expected[2:7, 1:6] = True
    assert torch.equal(alone, expected)
    model.attention.gamma.data.fill_(1)
    assert seen(lambda x: model.attention(model.second(model.first(x).relu()).relu())).all()


def test_the_transformer_has_ten_times_the_parameters_and_the_wide_network_slightly_fewer():
    wide = tasks.digits_model(0, channels=tasks.WIDE, attention=False)
    networks = tasks.patches_model(0), wide, tasks.digits_model(0)
    transformer, wide, small = (sum(p.numel() for p in n.parameters()) for n in networks)
    assert 8 < transformer / small < 12
    assert 0.85 < wide / transformer < 1
