"""Training: steps that can be stopped, and the same result again."""

import pytest
import torch
from torch import nn

from course_lib.nn.training import accuracy, label_loss, seeded, training_steps
from tests.support.training import X, line, square_loss, steps_of


def test_the_same_seed_gives_the_same_losses_and_another_one_others():
    losses = [[step.loss for step in steps_of(line(), seed=seed, batch=4)] for seed in (0, 0, 1)]
    assert losses[0] == losses[1]
    assert losses[0] != losses[2]


def test_every_example_is_seen_once_an_epoch():
    seen = []

    def loss_of(model, x):
        seen.append(x.flatten())
        return model(x).sum()

    steps = list(training_steps(line(), loss_of, (X,), epochs=2, seed=3, batch=4))
    assert [step.done for step in steps] == [1, 2, 3, 4, 5, 6]
    assert {step.total for step in steps} == {6}
    for epoch in (seen[:3], seen[3:]):
        assert torch.equal(torch.cat(epoch).sort().values, X.flatten())
    assert not torch.equal(torch.cat(seen[:3]), torch.cat(seen[3:]))


def test_a_line_is_learned():
    model = line()
    last = list(steps_of(model, epochs=400, learning_rate=0.1))[-1]
    assert last.loss < 1e-3
    assert model.weight.item() == pytest.approx(3, abs=0.1)


def test_what_was_learned_stays_when_no_more_steps_are_taken():
    model, steps = line(), None
    before = model.weight.item()
    steps = steps_of(model, learning_rate=0.1)
    next(steps)
    next(steps)
    learned = model.weight.item()
    assert learned != before
    assert model.training
    steps.close()
    assert model.weight.item() == learned
    assert not model.training


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"epochs": 0}, "epochs"),
        ({"epochs": 1, "batch": 0}, "batch"),
        ({"epochs": 1, "seed": -1}, "seed"),
    ],
)
def test_bad_settings_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        next(training_steps(line(), square_loss, (X, X), **{"seed": 0, **options}))


def test_parts_of_different_length_are_named():
    with pytest.raises(ValueError, match="examples must be parts of one length, got"):
        next(training_steps(line(), square_loss, (X, X[:3]), epochs=1, seed=0))


def test_a_single_step_moves_the_model():
    model = line()
    before = model.weight.item()
    list(steps_of(model, epochs=1, batch=100, learning_rate=0.01))
    assert 0.005 < abs(model.weight.item() - before) <= 0.01


def test_looking_at_the_model_between_steps_does_not_end_its_training_mode():
    model = nn.Sequential(nn.Linear(1, 1), nn.Dropout(0.5))
    modes = []

    def loss_of(model, x, y):
        modes.append(model.training)
        return square_loss(model, x, y)

    for _ in training_steps(model, loss_of, (X, X), epochs=2, seed=0, batch=5):
        model.eval()
    assert modes == [True] * 4
    assert not model.training


def test_a_seeded_model_is_the_same_again_and_the_global_generator_is_left_alone():
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    first, second, other = (seeded(lambda: nn.Linear(3, 2), seed) for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    for a, b, c in zip(first.parameters(), second.parameters(), other.parameters(), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_loss_and_accuracy_are_means_over_all_labels():
    logits = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([[0, 1, 2], [3, 0, 1]])
    each = [-logits[i, j].log_softmax(0)[labels[i, j]] for i in range(2) for j in range(3)]
    torch.testing.assert_close(label_loss(lambda x: x, logits, labels), torch.stack(each).mean())
    right = [int(logits[i, j].argmax()) == labels[i, j] for i in range(2) for j in range(3)]
    assert accuracy(lambda x: x, logits, labels) == pytest.approx(sum(right) / 6)


@pytest.mark.parametrize("without", [torch.no_grad, torch.inference_mode])
def test_training_where_no_gradients_are_recorded_is_refused(without):
    x = torch.rand(4, 2, generator=torch.Generator().manual_seed(0))
    line = torch.nn.Linear(2, 1)
    with without(), pytest.raises(ValueError, match=r"training must not stand in torch\.no_grad"):
        next(training_steps(line, lambda model, x: model(x).mean(), (x,), epochs=1, seed=0))
