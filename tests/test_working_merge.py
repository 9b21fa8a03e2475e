"""A learner's work in one version of a chapter, joined with the next version."""

import copy
import random
from pathlib import Path

import nbformat
import pytest

from course_lib.chapters import MOVED
from course_lib.exercises.cells import checked_key
from course_lib.working.merge import merge, says_the_same

CHAPTER = Path(__file__).resolve().parents[1] / "notebooks" / "02_weights.ipynb"
STUB = "shift_effect = ...  # your answer here"
ANSWER = 'shift_effect = "unchanged"'
SECOND = "Before.\n\n### Exercise 2\n\nA task."
NEW_STUB = "# in words\nshift_effect = ...  # your answer here"


def text(name, source):
    return nbformat.v4.new_markdown_cell(source, id=name)


def code(name, source):
    return nbformat.v4.new_code_cell(source, id=name)


def exercise(key, source):
    return nbformat.v4.new_code_cell(source, id=key, metadata={"exercise": key})


def notebook(*cells):
    return nbformat.v4.new_notebook(cells=copy.deepcopy(list(cells)))


OPENING, NEWS = text("opening", "# Weights"), text("news", "what is new")
PLAIN, CHANGED = text("plain", "a text that stays"), text("changed", "an old text")
REMOVED, DEMO = text("removed", "a text that goes"), code("demo", "demo()")
TASK, CHECK = (
    text("task", "Before.\n\n### Exercise 1\n\nA task."),
    code("check-1", 'check("weights-1")'),
)
LAST_TASK, LAST_CHECK = text("last-task", "### Exercise 2"), code("check-2", 'check("weights-2")')
OLD = notebook(
    *(OPENING, PLAIN, CHANGED, REMOVED, DEMO, TASK, exercise("weights-1", STUB), CHECK),
    *(LAST_TASK, exercise("weights-2", "f = ..."), LAST_CHECK),
)
NEW_TEXTS = [text("changed", "a new text"), text("task", "### Exercise 1\n\nA new task.")]
NEW = notebook(
    *(OPENING, NEWS, PLAIN, NEW_TEXTS[0], DEMO, NEW_TEXTS[1]),
    *(exercise("weights-1", NEW_STUB), CHECK),
)


def changed(**sources):
    """Return the old chapter with other sources in cells named with _ for -."""
    worked = copy.deepcopy(OLD)
    for name, source in sources.items():
        cell_of(worked, name.replace("_", "-")).source = source
    return worked


def name_cells(cells, ids):
    for cell, name in zip(cells, ids, strict=True):
        cell.id = name


def cell_of(chapter, name):
    return next(cell for cell in chapter.cells if cell.id == name)


def place_of(chapter, name):
    return [cell.id for cell in chapter.cells].index(name)


def updated(worked, base=OLD):
    merged, changes = merge(base, worked, NEW)
    nbformat.validate(merged)
    return [cell.source for cell in merged.cells], changes


def around(sources, source):
    """Return a source with what stands before and after it."""
    place = sources.index(source)
    return sources[place - 1 : place + 2]


def test_without_work_the_new_version_comes_as_it_is():
    sources, changes = updated(OLD)
    assert sources == [cell.source for cell in NEW.cells]
    assert (changes.renewed, changes.removed) == (4, 4)


def test_an_answer_stays_and_its_new_stub_and_task_are_told():
    sources, changes = updated(changed(weights_1=ANSWER))
    assert around(sources, ANSWER) == [NEW_TEXTS[1].source, ANSWER, CHECK.source]
    assert NEW_STUB not in sources
    assert changes.answers == changes.new_tasks == ["weights-1"]
    assert changes.new_stubs == {"weights-1": NEW_STUB}


def test_an_answer_to_an_exercise_that_ended_stays_and_is_marked():
    sources, changes = updated(changed(weights_2="f = max"))
    assert sources[-2:] == [sources[-2], "f = max"]
    assert "no longer part of the chapter" in sources[-2]
    assert "weights-2" in sources[-2]
    assert changes.ended == ["weights-2"]
    assert LAST_CHECK.source not in sources


def test_an_answer_to_an_exercise_that_moved_says_where_it_is_now(monkeypatch):
    monkeypatch.setitem(MOVED, "weights-2", "explain-1")
    sources, changes = updated(changed(weights_2="f = max"))
    assert "has moved to 14_explain, as `explain-1`" in sources[-2]
    assert sources[-1] == "f = max"
    assert changes.ended == ["weights-2"]


def test_an_answer_goes_along_with_an_exercise_that_got_another_number():
    new = notebook(
        *(OPENING, exercise("weights-1", "first = ..."), text("t2", SECOND)),
        *(exercise("weights-2", STUB), exercise("weights-3", "f = ...")),
    )
    merged, changes = merge(OLD, changed(weights_1=ANSWER, weights_2="f = max"), new)
    sources = [cell.source for cell in merged.cells]
    assert sources == ["# Weights", "first = ...", SECOND, ANSWER, "f = max"]
    assert [c.metadata.get("exercise") for c in merged.cells[-2:]] == ["weights-2", "weights-3"]
    assert changes.renumbered == {"weights-1": "weights-2", "weights-2": "weights-3"}
    assert changes.new_tasks == ["weights-3"]


def test_an_answer_stays_where_the_exercise_asks_for_another_name():
    new = notebook(OPENING, exercise("weights-1", "effect = ..."))
    merged, changes = merge(OLD, changed(weights_1=ANSWER), new)
    assert [cell.source for cell in merged.cells] == ["# Weights", ANSWER]
    assert changes.new_stubs == {"weights-1": "effect = ..."}


def test_an_answer_is_not_given_to_the_exercise_that_took_its_number():
    new = notebook(OPENING, exercise("weights-1", "f = ..."))
    merged, changes = merge(OLD, changed(weights_1=ANSWER), new)
    sources = [cell.source for cell in merged.cells]
    assert sources == ["# Weights", sources[1], ANSWER, "f = ..."]
    assert changes.ended == ["weights-1"]
    # Without a base, too.
    merged, changes = merge(None, notebook(exercise("weights-1", ANSWER)), new)
    assert [cell.source for cell in merged.cells] == ["# Weights", "f = ...", ANSWER]
    assert changes.answers == []


def test_cells_of_their_own_stay_behind_the_cell_that_they_stood_behind():
    worked = copy.deepcopy(OLD)
    worked.cells.insert(0, text("a", "before all"))
    for name, source in (
        ("weights-1", "between"),
        ("removed", "behind what goes"),
        ("check-2", "last"),
    ):
        worked.cells.insert(place_of(worked, name) + 1, code(f"my-{name}", source))
    sources, changes = updated(worked)
    assert sources[:2] == ["before all", "# Weights"]
    assert around(sources, "between") == [NEW_STUB, "between", CHECK.source]
    assert around(sources, "behind what goes")[0] == "a new text"
    assert sources[-1] == "last"
    assert changes.own == 4


def test_a_text_that_they_edited_stays_and_ours_stands_above_it_if_we_changed_it_too():
    sources, changes = updated(changed(plain="a text, with my note", changed="an old text, noted"))
    assert "a text that stays" not in sources
    assert around(sources, "an old text, noted") == ["a new text", "an old text, noted", "demo()"]
    assert changes.edited == ["a text, with my note"]
    assert changes.both_changed == ["an old text, noted"]


def test_a_text_that_they_edited_stays_where_we_took_it_out():
    sources, changes = updated(changed(removed="a text that I need"))
    assert around(sources, "a text that I need")[0] == "a new text"
    assert changes.edited == ["a text that I need"]


def test_the_same_edit_on_both_sides_stands_once():
    sources, _ = updated(changed(changed="a new text"))
    assert sources.count("a new text") == 1


def test_what_they_deleted_stays_deleted_but_a_check_comes_back_with_its_stub():
    worked = copy.deepcopy(OLD)
    gone = {"plain", "changed", "weights-1", "check-1"}
    worked.cells = [cell for cell in worked.cells if cell.id not in gone]
    sources, changes = updated(worked)
    assert sources == [
        "# Weights",
        "what is new",
        "demo()",
        NEW_TEXTS[1].source,
        NEW_STUB,
        CHECK.source,
    ]
    assert changes.deleted == ["a text that stays", "a new text"]
    assert changes.came_back == ["# in words", CHECK.source]


def test_a_stub_does_not_come_back_over_an_answer_elsewhere():
    worked = copy.deepcopy(OLD)
    place = place_of(worked, "weights-1")
    worked.cells[place : place + 2] = [code("mine", ANSWER)]
    sources, changes = updated(worked)
    # The check comes back behind the answer, for the answer has its place already.
    assert NEW_STUB not in sources
    assert sources.index(ANSWER) < sources.index(CHECK.source)
    assert changes.came_back == [CHECK.source]


def test_a_check_that_checks_no_more_comes_back_above_what_became_of_it():
    sources, _ = updated(changed(check_1="print(shift_effect)"))
    assert sources[-2:] == [CHECK.source, "print(shift_effect)"]


def test_cells_that_they_moved_go_back_and_this_is_told():
    worked = copy.deepcopy(OLD)
    worked.cells.insert(1, worked.cells.pop(place_of(worked, "demo")))
    sources, changes = updated(worked)
    assert sources == [cell.source for cell in NEW.cells]
    assert changes.moved
    assert not updated(OLD)[1].moved


@pytest.mark.parametrize("ids", [("weights-1", "half"), ("half", "weights-1"), ("half", "rest")])
def test_both_halves_of_a_split_answer_stay_in_their_order(ids):
    worked = copy.deepcopy(OLD)
    place = place_of(worked, "weights-1")
    halves = [exercise("weights-1", source) for source in ("helper = 1", ANSWER)]
    name_cells(halves, ids)
    worked.cells[place : place + 1] = halves
    sources, _ = updated(worked)
    assert sources[-3:] == ["helper = 1", ANSWER, CHECK.source]
    assert NEW_STUB not in sources


@pytest.mark.parametrize("ids", [["one"] * 12, [f"anew-{k}" for k in range(12)]])
def test_cells_whose_ids_were_lost_are_known_by_what_they_say(ids):
    worked = changed(weights_1=ANSWER)
    worked.cells.insert(1, text("mine", "my note"))
    name_cells(worked.cells, ids)
    sources, _ = updated(worked)
    assert sources[:2] == ["# Weights", "my note"]
    assert sources[2:] == [c.source.replace(NEW_STUB, ANSWER) for c in NEW.cells[1:]]


def test_without_a_base_nothing_is_lost():
    worked = changed(weights_1=ANSWER, plain="a text, with my note")
    sources, changes = updated(worked, base=None)
    assert {c.source for c in worked.cells} <= set(sources)
    assert {c.source for c in NEW.cells} - {NEW_STUB} <= set(sources)
    assert around(sources, ANSWER) == [TASK.source, ANSWER, CHECK.source]
    assert changes.answers == ["weights-1"]


def test_outputs_stay_where_the_cell_stays():
    worked = changed(weights_1=ANSWER)
    for name in ("weights-1", "demo"):
        cell_of(worked, name).outputs = [nbformat.v4.new_output("stream", text=name)]
    merged, _ = merge(OLD, worked, NEW)
    assert cell_of(merged, "weights-1").outputs[0].text == "weights-1"
    assert cell_of(merged, "demo").outputs[0].text == "demo"


# Random work, in a real chapter.


def next_version(chapter):
    """Return a chapter with cells of ours changed, taken out, added and moved."""
    new, count = copy.deepcopy(chapter), len(chapter.cells)
    for place, cell in enumerate(new.cells):
        if place % 3 == 0:
            cell.source += f"\nnew in {place}"
    new.cells = [cell for place, cell in enumerate(new.cells) if place % 7 != 5]
    for place in range(0, count - count // 7, 9):
        new.cells.insert(place, text(f"added-{place}", f"added {place}"))
    new.cells.insert(20, new.cells.pop(30))
    return new


class Learner:
    """Edits a notebook at random and remembers nothing: what counts is what it holds at the end."""

    def __init__(self, chapter, seed):
        self.cells, self.random, self.lines = chapter.cells, random.Random(seed), 0

    def line(self):
        self.lines += 1
        return f"# mine {self.lines}."

    def place(self):
        return self.random.randrange(len(self.cells))

    def add(self):
        new = self.random.choice([text, code])(f"own-{self.lines}", self.line())
        self.cells.insert(self.random.randrange(len(self.cells) + 1), new)

    def edit(self):
        cell = self.cells[self.place()]
        lines = cell.source.splitlines()
        lines.insert(self.random.randrange(len(lines) + 1), self.line())
        cell.source = "\n".join(lines)

    def rewrite(self):
        self.cells[self.place()].source = self.line()

    def delete(self):
        del self.cells[self.place()]

    def move(self):
        self.cells.insert(self.place(), self.cells.pop(self.place()))

    def split(self):
        place = self.place()
        lines = self.cells[place].source.splitlines()
        at = self.random.randrange(len(lines) + 1)
        halves = [copy.deepcopy(self.cells[place]) for _ in range(2)]
        halves[0].source, halves[1].source = "\n".join(lines[:at]), "\n".join(lines[at:])
        halves[self.random.randrange(2)].id = f"half-{place}"
        self.cells[place : place + 1] = halves

    def merge_with_next(self):
        place = self.random.randrange(len(self.cells) - 1)
        self.cells[place].source += "\n" + self.cells.pop(place + 1).source

    def duplicate(self):
        place = self.place()
        self.cells.insert(self.place(), copy.deepcopy(self.cells[place]))

    def lose_an_id(self):
        self.cells[self.place()].id = f"lost-{self.lines}"

    def work(self, steps):
        kinds = [
            *(self.add, self.edit, self.rewrite, self.delete, self.move, self.split),
            *(self.merge_with_next, self.duplicate, self.lose_an_id),
        ]
        for _ in range(steps):
            self.random.choice(kinds)()


def lines_of(chapter, start):
    return sorted(
        line for c in chapter.cells for line in c.source.splitlines() if line.startswith(start)
    )


def lost_work(worked, merged):
    """Return what a learner typed and cannot find again, or finds though they deleted it."""
    return set(lines_of(worked, "# mine")) ^ set(lines_of(merged, "# mine"))


def raised_cells(base, worked, merged):
    """Return the cells that a learner deleted and finds again, other than exercises and checks."""
    there = {c.id for c in worked.cells} | {c.source for c in worked.cells}
    return [
        cell.id
        for cell in base.cells
        if cell.id not in there
        and cell.source not in there
        and "check(" not in cell.source
        and "exercise" not in cell.metadata
        and any(cell.id == other.id for other in merged.cells)
    ]


def checks_of(chapter):
    cells = (cell.source for cell in chapter.cells if cell.cell_type == "code")
    return set(map(checked_key, cells)) - {None}


@pytest.mark.parametrize("known", [True, False])
def test_nothing_is_lost_in_fifty_random_edits(known):
    base = nbformat.read(CHAPTER, as_version=4)
    fresh = next_version(base)
    for seed in range(20):
        worked = copy.deepcopy(base)
        Learner(worked, seed).work(50)
        merged, _ = merge(base if known else None, worked, fresh)
        nbformat.validate(merged)
        assert lost_work(worked, merged) == set(), seed
        if known:
            assert raised_cells(base, worked, merged) == [], seed
        assert checks_of(fresh) <= checks_of(merged), seed
        again, changes = merge(fresh, merged, fresh)
        assert lines_of(again, "") == lines_of(merged, ""), seed
        assert changes.renewed == changes.removed == 0


def test_a_merge_that_loses_an_edit_or_raises_a_cell_is_seen():
    base = nbformat.read(CHAPTER, as_version=4)
    worked = copy.deepcopy(base)
    Learner(worked, 0).work(50)
    careless = next_version(base)
    assert lost_work(worked, careless)
    assert raised_cells(base, worked, careless)
    before = checks_of(careless)
    lost = min(before)
    careless.cells = [cell for cell in careless.cells if checked_key(cell.source) != lost]
    assert before - checks_of(careless) == {lost}


def test_cells_say_the_same_whatever_they_put_out():
    cell, other = code("a", "1 + 1"), code("b", "1 + 1")
    cell.outputs = [nbformat.v4.new_output("stream", text="2")]
    assert says_the_same(cell, other)
    assert not says_the_same(cell, text("c", "1 + 1"))
