"""The words of cards, judges and figures: what is said can be translated, and nothing is lost."""

import ast
import importlib
from dataclasses import replace

import pytest

from course_lib import language
from course_lib.authoring import words
from course_lib.authoring.source import ROOT
from course_lib.chapters import chapter_stem
from course_lib.exercises.exercise import Wrong, assess, posed
from course_lib.exercises.registry import exercises_of
from course_lib.language import say, speak, speaking
from tests.support.saying import PLACE, all_sentences, overheard, stored, untranslatable

TRANSLATED = language.languages()[1:]


@pytest.fixture
def own_words(monkeypatch, tmp_path):
    """A folder of catalogues of a test's own."""
    for module in (language, words):
        monkeypatch.setattr(module, "WORDS", tmp_path)
    monkeypatch.setattr(words, "TEMPLATE", tmp_path / "course.pot")
    language._read.cache_clear()
    yield tmp_path
    language._read.cache_clear()


def test_a_language_is_chosen_and_left_again():
    assert say("Passed") == "Passed"
    with speaking("de"):
        assert language.chosen() == "de"
        assert say("Passed") == "Gelöst"
        assert say("{done} of {count} exercises passed", done=1, count=2).startswith("1 von 2")
    with pytest.raises(ZeroDivisionError), speaking("de"):
        raise ZeroDivisionError
    assert language.chosen() == "en"
    with pytest.raises(ValueError, match=r"language must be one of en, .*de.*, got 'xx'"):
        speak("xx")


def test_a_sentence_without_values_keeps_its_braces_and_is_said_once():
    assert str(Wrong("Give the set {0, 1}.")) == "Give the set {0, 1}."
    with speaking("de"):
        told = str(Wrong("The nodes should be the positions 0 to {last}, got {nodes}.",
                         last=3, nodes=[0, 1]))  # fmt: skip
        assert str(Wrong(told)) == told
        assert told.startswith("Die Knoten sollen die Positionen 0 bis 3 sein")


def test_what_is_empty_or_fuzzy_is_said_in_english(own_words):
    entries = 'msgid "one"\nmsgstr ""\n\n#, fuzzy\nmsgid "two"\nmsgstr "zwei"\n'
    (own_words / "de.po").write_text(f'{entries}\nmsgid "three"\nmsgstr "drei"\n')
    with speaking("de"):
        assert [say(word) for word in ("one", "two", "three", "four")] == [
            "one", "two", "drei", "four",
        ]  # fmt: skip


def stale(template):
    """Return the names of the catalogues that are not what the code says today."""
    texts = {words.TEMPLATE.name: words.as_text(template)}
    for code in language.languages()[1:]:
        texts[f"{code}.po"] = words.as_text(words.updated(code, template))
    return [
        name
        for name, text in texts.items()
        if (words.TEMPLATE.parent / name).read_text(encoding="utf-8") != text
    ]


def test_the_committed_catalogues_are_fresh():
    assert stale(words.sentences()) == [], "run `python -m course_lib.authoring.words`"


def test_a_new_sentence_makes_them_stale_and_no_translation_is_lost(own_words, monkeypatch):
    (own_words / "de.po").write_text('msgid "one"\nmsgstr "eins"\n\nmsgid "old"\nmsgstr "alt"\n')
    known = ["one", "old"]
    monkeypatch.setattr(words, "sentences", lambda: template_of(known))
    words.write_words()
    assert stale(template_of(known)) == []
    known[:] = ["one", "quite another"]
    assert stale(template_of(known)) == ["course.pot", "de.po"]
    words.write_words()
    assert stale(template_of(known)) == []
    german = words.updated("de", words.sentences())
    assert german["one"].string == "eins"
    assert german["quite another"].string == ""
    known[:] = ["one", "old"]  # a sentence that comes back finds its translation
    words.write_words()
    assert words.updated("de", words.sentences())["old"].string == "alt"
    assert words.write_words() == ["course.pot: up to date", "de.po: up to date"]


def template_of(sentences):
    catalogue = words.Catalog()
    for sentence in sentences:
        catalogue.add(sentence, locations=[("module.py", 1)])
    return catalogue


def other_places(catalogue):
    """Return the sentences whose translation has other named places than they have."""
    return [
        message.id
        for message in catalogue
        if message.string
        and not message.fuzzy
        and set(PLACE.findall(message.id)) != set(PLACE.findall(message.string))
    ]


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_translation_has_the_places_of_its_sentence(code):
    assert other_places(stored(words.WORDS / f"{code}.po")) == []


@pytest.mark.parametrize("wrong", ["{anzahl} Kanten", "Kanten", "{count} von {all} Kanten"])
def test_other_places_are_seen(wrong):
    catalogue = words.Catalog()
    catalogue.add("{count} edges", wrong)
    catalogue.add("{count:.2f} nodes", "Knoten: {count:.1f}")
    assert other_places(catalogue) == ["{count} edges"]


def put_together(source):
    """Return the lines that say a sentence which is put together: nobody could translate it."""
    return [
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", None) in words.KEYWORDS
        and node.args
        and isinstance(node.args[0], ast.JoinedStr | ast.BinOp)
    ]


def test_no_sentence_is_put_together():
    for path in (ROOT / "course_lib").rglob("*.py"):
        assert put_together(path.read_text(encoding="utf-8")) == [], path


def test_a_sentence_that_is_put_together_is_seen():
    source = 'say(f"{n} edges")\nsay("{n} edges", n=n)\nraise Wrong("edges: " + n)\nlater(SAID)'
    assert put_together(source) == [1, 3]


def test_a_sentence_that_nobody_could_translate_is_seen():
    known = {"{count} edges are missing.", "The weights"}
    asked = {"3 edges are missing.", "The weights", "`twice(3)`", "3 nodes are missing."}
    assert untranslatable(asked, known) == ["3 nodes are missing."]


def said_by_judges(exercise, translations):
    """Return what is looked up when the wrong answers of an exercise are judged."""
    chapter = chapter_stem(exercise.chapter)
    wrong = importlib.import_module(f"tests.chapters.ch{chapter}.answers").WRONG[exercise.key]
    each = {parts: answer for answer, parts in wrong}  # one for each message
    cases = posed(exercise, 0)
    quick = replace(exercise, seconds=1.0, inputs=lambda rng: cases)
    with overheard(translations) as asked:
        for answer in [*each.values(), None, lambda *_: None]:
            assess(quick, {exercise.answer: answer})
        assess(exercise, {})
    return asked


def test_the_judges_of_chapter_01_speak_german():
    # That all chapters' judges say what can be translated, tests/test_checks.py shows.
    with speaking("de"):
        german = language.catalogue()
    known, one = all_sentences(), "The threshold"
    asked = {ex: said_by_judges(ex, german) & known for ex in exercises_of("graph_view")}
    assert len(set().union(*asked.values())) > 30
    assert set().union(*asked.values()) - set(german) == set()
    lost = {sentence: german[sentence] for sentence in german if sentence != one}
    (exercise,) = [ex for ex in asked if one in asked[ex]]
    assert said_by_judges(exercise, lost) & known - set(lost) == {one}
