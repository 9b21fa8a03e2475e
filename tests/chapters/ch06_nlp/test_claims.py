"""What chapter 06 says in general, on all seeds that were recorded and on data made anew."""

import numpy as np
import pytest
from torch import nn

from course_lib.chapters.ch06_nlp import dates, sentiment, tasks
from course_lib.chapters.runs import load_runs
from course_lib.nn.training import accuracy, label_loss, seeded, train

RUNS = load_runs("opinions")


@pytest.fixture(scope="module")
def opinions():
    return tasks.opinions_task()


def shares_right(task, kept):
    """Train a bag of words on some training texts; return its shares on negated and other ones."""
    texts, labels = task.train
    size = len(task.vocabulary)
    bag = seeded(lambda: nn.Linear(size, 2), seed=0)
    counted = [tasks.bag_of_words(texts[kept], size), labels[kept]]
    train(bag, label_loss, counted, seed=0, **tasks.BAG_TRAINING)
    said = bag(tasks.bag_of_words(task.test[0], size)).argmax(dim=-1)
    right = (said == task.test[1]).numpy()
    negated = np.array([opinion.negated for opinion in task.test_opinions])
    return right[negated].mean(), right[~negated].mean()


def test_a_bag_of_words_sides_with_the_kind_of_text_that_is_more_frequent(opinions):
    rng = np.random.default_rng(0)
    made = sentiment.make_opinions(6500, rng)[:5000]  # those of the task
    assert [o.label for o in made] == opinions.train[1].tolist()
    negated = np.array([opinion.negated for opinion in made])
    assert 0.5 < negated.mean() < 0.6
    on_negated, on_others = shares_right(opinions, np.ones(5000, dtype=bool))
    assert on_negated > 0.6 > 0.4 > on_others
    few = ~negated | (rng.random(5000) < 0.5)  # the intervention: half of them are taken out
    on_negated, on_others = shares_right(opinions, few)
    assert on_negated < 0.4 < 0.6 < on_others


def test_models_compare_as_the_chapter_says_in_every_seed():
    assert (RUNS["bag of words"]["all"] < 0.56).all()
    assert (RUNS["no positions"]["all"] > RUNS["bag of words"]["all"] + 0.1).all()
    assert (RUNS["attention"]["negated"] > RUNS["uniform attention"]["negated"]).all()
    assert (RUNS["attention"]["unseen combinations"] > 0.95).all()


def test_no_head_finds_most_negators_and_the_models_are_right_all_the_same():
    found = RUNS["attention"]
    assert 0.45 < found["best head finds negators"].max() < 0.55
    assert found["negated"].min() > 0.95


def test_without_positions_a_model_gains_what_pairs_of_words_tell(opinions):
    size = len(opinions.vocabulary)
    pairs = seeded(lambda: nn.Sequential(nn.Linear(size, 32), nn.GELU(), nn.Linear(32, 2)), seed=0)
    counted = [tasks.bag_of_words(opinions.train[0], size), opinions.train[1]]
    train(pairs, label_loss, counted, seed=0, **tasks.BAG_TRAINING)  # counts as before, combined
    right = accuracy(pairs, tasks.bag_of_words(opinions.test[0], size), opinions.test[1])
    assert right > RUNS["bag of words"]["all"].max() + 0.1
    assert abs(right - RUNS["no positions"]["all"].mean()) < 0.05


def test_mistakes_that_exercise_4_names_are_told_apart_from_the_right_number():
    def gap(other, kind):
        return (RUNS["attention"][kind] - RUNS[other][kind]).mean()

    kinds = ("all", "negated", "unseen combinations")
    right = gap("uniform attention", "negated")
    others = [gap("uniform attention", kind) for kind in kinds if kind != "negated"]
    others += [np.mean([gap("uniform attention", kind) for kind in kinds])]
    assert all(f"{other:.3g}" != f"{right:.3g}" for other in others)


def test_the_spread_of_the_logits_is_that_of_exercise_1():
    query, key = np.random.default_rng(0).normal(size=(2, 1000, 32))
    for size, expected in ((32, 1), (256, 8**-0.5)):
        assert (query @ key.T / size**0.5).std() == pytest.approx(expected, rel=0.02)


def test_the_second_digit_of_a_year_tells_the_first():
    assert (dates.FIRST.year, dates.LAST.year) == (1950, 2049)
    pairs = tasks.dates_task(train=500, test=500).test_pairs
    assert {iso[:2] for _, iso in pairs} == {"19", "20"}
    assert all(written.endswith(iso[:4]) for written, iso in pairs)


def test_the_first_digit_of_a_year_is_read_from_either_of_the_first_two():
    task = tasks.dates_task(train=2000, test=200)
    translator = tasks.dates_model(task, seed=0)
    train(translator, tasks.dates_loss, task.train, seed=0, **tasks.DATES_TRAINING | {"epochs": 3})
    rows, ends = np.arange(200), np.array([len(written) for written, _ in task.test_pairs])

    def kept(*spoilt):
        letters = task.test[0].clone()
        for digit in spoilt:
            letters[rows, ends - 4 + digit] = task.letters.numbers["5"]
        again, _ = tasks.translate(translator, task, letters)
        return np.mean(
            [new[0] == iso[0] for new, (_, iso) in zip(again, task.test_pairs, strict=True)]
        )

    assert kept() > 0.98
    assert min(kept(0), kept(1)) > 0.65
    assert 0.35 < kept(0, 1) < 0.65  # a coin


def test_texts_with_kept_back_combinations_are_all_negated():
    made = sentiment.make_opinions(500, np.random.default_rng(1), unseen_combinations=True)
    assert all(opinion.negated for opinion in made)
