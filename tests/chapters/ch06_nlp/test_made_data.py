"""Texts made by the course: every label follows from the grammar, every date from the calendar."""

import datetime
import re

import numpy as np
import pytest

from course_lib.chapters.ch06_nlp import dates, sentiment


def opinions(count=3000, seed=0, **options):
    return sentiment.make_opinions(count, np.random.default_rng(seed), **options)


def judged(clause):
    """Read a clause again: (good, negator, adjective)."""
    negators, intensifiers = "|".join(sentiment.NEGATORS), "|".join(sentiment.INTENSIFIERS)
    found = re.search(rf"(?:({negators}) )?(?:(?:{intensifiers}) )?(\w+)$", clause)
    negator, adjective = found.groups()
    return (adjective in sentiment.GOOD) != (negator is not None), negator, adjective


@pytest.mark.parametrize("unseen", [False, True])
def test_every_label_is_what_the_speaker_thinks(unseen):
    for opinion in opinions(unseen_combinations=unseen):
        clauses = re.split(r" , but ", " ".join(opinion.words).removesuffix(" ."))
        (mine,) = [clause for clause in clauses if clause.startswith("i ")]
        good, negator, adjective = judged(mine)
        assert opinion.label == good
        assert opinion.negated == (negator is not None)
        assert opinion.distracted == (len(clauses) == 2)
        if negator:
            assert sentiment.is_kept_back(negator, adjective) == unseen
        for clause in set(clauses) - {mine}:
            assert not (judged(clause)[1] and sentiment.is_kept_back(*judged(clause)[1:]))


def test_reversals_join_each_negated_adjective_to_its_negator():
    for opinion in opinions(300):
        words = np.array(opinion.words)
        rows, columns = sentiment.reversals(opinion.words).nonzero()
        found = {words[row]: " ".join(words[columns[rows == row]]) for row in dict.fromkeys(rows)}
        clauses = re.split(r" , but ", " ".join(words).removesuffix(" ."))
        wanted = {adjective: negator for _, negator, adjective in map(judged, clauses) if negator}
        assert found == wanted


def test_opinions_are_different_balanced_and_the_same_for_a_seed():
    made = opinions()
    assert len({opinion.words for opinion in made}) == len(made) == 3000
    assert made == opinions()
    assert made != opinions(seed=1)
    for share in ("label", "negated", "distracted"):
        assert 0.4 < np.mean([getattr(opinion, share) for opinion in made]) < 0.62
    negated = [opinion for opinion in made if opinion.negated]
    good_word = [bool(set(o.words) & set(sentiment.GOOD)) and not o.distracted for o in negated]
    assert 0 < np.mean(good_word) < 1


def test_no_single_word_gives_a_negated_label_away():
    made = [opinion for opinion in opinions() if opinion.negated and not opinion.distracted]
    for negator in ("not", "never", "hardly", "anything"):
        labels = [opinion.label for opinion in made if negator in opinion.words]
        assert 0.35 < np.mean(labels) < 0.65


def test_a_quarter_of_the_pairs_is_kept_back():
    pairs = [(n, a) for n in sentiment.NEGATORS for a in sentiment.GOOD + sentiment.BAD]
    assert sum(sentiment.is_kept_back(*pair) for pair in pairs) == len(pairs) / 4


def test_every_date_says_its_day():
    made = dates.make_dates(3000, np.random.default_rng(0))
    assert len({written for written, _ in made}) == 3000
    for written, iso in made:
        date = datetime.date.fromisoformat(iso)
        assert dates.FIRST <= date <= dates.LAST
        assert str(date.year) in written
        assert dates.SHORT_MONTHS[date.month - 1] in written
        number = re.search(r"(?<!\d)\d{1,2}(?!\d)", written)
        if number:
            assert int(number[0]) == date.day
        else:
            word = re.search(r"the ([\w-]+)", written)[1]
            assert dates.ORDINALS.index(word) + 1 == date.day
        for weekday in dates.WEEKDAYS:
            assert (weekday not in written) or date.strftime("%A").lower() == weekday
    assert made == dates.make_dates(3000, np.random.default_rng(0))
    assert {len(dates.ORDINALS), len(set(dates.ORDINALS))} == {31}


@pytest.mark.parametrize(
    ("day", "ordinal"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (11, "11th"), (12, "12th"), (22, "22nd")],
)
def test_english_ordinals(day, ordinal):
    written = dates.write_date(datetime.date(2026, 5, day), "{month} {day}{suffix}, {year}")
    assert written == f"may {ordinal}, 2026"


@pytest.mark.parametrize("make", [sentiment.make_opinions, dates.make_dates])
@pytest.mark.parametrize(
    ("count", "rng", "error", "name"),
    [
        (0, np.random.default_rng(0), ValueError, "count"),
        (20_001, np.random.default_rng(0), ValueError, "count"),
        (1.5, np.random.default_rng(0), TypeError, "count"),
        (1, 0, TypeError, "rng"),
    ],
)
def test_bad_requests_are_named(make, count, rng, error, name):
    with pytest.raises(error, match=f"^{name} must"):
        make(count, rng)
