"""Join the new version of a chapter with a learner's work in the old one: a three-way merge.

Cells are compared by id with the notebook that was shipped, so for each one it is known who changed
it. What follows from that:

======================================  ============================================================
a cell of ours                          outcome
======================================  ============================================================
not touched by the learner              the new version, or gone where we took it out
edited, and we left it alone            theirs stays
edited, and we changed it too           the new version, and theirs below it
edited, and we took it out              theirs stays
an exercise with an answer              the answer stays, whatever became of its stub and task
an answered exercise that ended         the answer stays, with a mark above it
an exercise with another number         the answer goes along; an exercise is known by the name that
                                        it asks for
deleted                                 stays deleted
deleted, though it is a check           comes back: without it the chapter cannot be judged
deleted, though it is an exercise       comes back as a stub, unless another cell answers it
moved                                   back to the chapter's order
split, and one part kept the id         the part counts as edited, the other as theirs
split or merged, under new ids          theirs; the cells that it came from count as deleted
its id lost or twice there              known by what it says (the first one); else theirs
======================================  ============================================================

A learner's own cells stay behind the cell that they stood behind. Where the shipped notebook is
not known, every cell that the new version does not hold word for word stays as one of theirs.
"""

import copy
import re
from dataclasses import dataclass, field

import nbformat

from course_lib.chapters import MOVED, chapter_stem
from course_lib.chapters.reading import answer_name
from course_lib.exercises.cells import checked_key

ENDED = "> **This exercise is no longer part of the chapter.** Your answer to `{key}` is kept:"
AWAY = "> **This exercise has moved to {stem}, as `{new}`.** Your answer to `{key}` is kept:"


@dataclass
class Changes:
    """What became of the cells of a chapter; cells are named by their first line."""

    renewed: int = 0
    removed: int = 0
    answers: list = field(default_factory=list)
    own: int = 0
    edited: list = field(default_factory=list)
    both_changed: list = field(default_factory=list)
    deleted: list = field(default_factory=list)
    came_back: list = field(default_factory=list)
    new_tasks: list = field(default_factory=list)
    new_stubs: dict = field(default_factory=dict)
    renumbered: dict = field(default_factory=dict)
    ended: list = field(default_factory=list)
    moved: bool = False


def merge(base, worked, fresh):
    """Return the new notebook with the learner's work in it, and what became of the cells.

    Parameters
    ----------
    base : NotebookNode or None
        What was shipped; None where it is not known.
    worked : NotebookNode
        What the learner made of it.
    fresh : NotebookNode
        The new version.

    Returns
    -------
    notebook : NotebookNode
    changes : Changes
    """
    return _Merge(base, worked, fresh).result()


class _Merge:
    def __init__(self, base, worked, fresh):
        self.base, self.worked, self.fresh = base, worked, fresh
        self.shipped = {cell.id: cell for cell in (base or fresh).cells}
        self.new = {cell.id: cell for cell in fresh.cells}
        self.heirs = heirs(self.shipped, self.new)
        self.placed, self.followers = {}, {None: []}
        self.changes = Changes()

    def result(self):
        known = recognised(self.worked.cells, self.shipped)
        anchor = None
        for cell, name in zip(self.worked.cells, known, strict=True):
            if name is None:
                self.changes.own += 1
                self._behind(anchor, cell)
            elif name in self.heirs:
                anchor = self.heirs[name]
                self._place(cell, self.shipped[name], self.new[anchor])
            else:
                self._taken_out(cell, name, anchor)
        found = [name for name in known if name is not None]
        self._left_out({self.heirs.get(name) for name in found})
        in_order = [name for name in self.shipped if name in found]
        self.changes.moved = bool(self.base) and found != in_order
        return self._notebook(), self.changes

    def _place(self, cell, old, new):
        """Put a cell that the new version has, too, into its place."""
        name, key = new.id, new.metadata.get("exercise")
        if says_the_same(cell, new):
            self.placed[name] = _with(cell, new)
        elif self.base and says_the_same(cell, old):
            self.changes.renewed += 1
            self.placed[name] = new
        elif key and (self.base or _names(cell, asked_for(new))):
            self.placed[name] = _with(cell, new)
            self._tell_of_exercise(old, new)
        elif self.base and says_the_same(old, new) and not _lost_its_check(cell, new):
            self.changes.edited.append(first_line(cell))
            self.placed[name] = _with(cell, new)
        else:
            self.changes.both_changed.append(first_line(cell))
            self.placed[name] = new
            self._behind(name, cell)

    def _taken_out(self, cell, name, anchor):
        """Deal with a cell that the new version does not have any more."""
        if says_the_same(cell, self.shipped[name]):
            self.changes.removed += 1
            return
        key = self.shipped[name].metadata.get("exercise")
        if key:
            self.changes.ended.append(key)
            mark = nbformat.v4.new_markdown_cell(_farewell(key), id=f"ended-{key}")
            self._behind(anchor, mark)
        else:
            self.changes.edited.append(first_line(cell))
        self._behind(anchor, cell)

    def _left_out(self, found):
        """Deal with cells of the new version that are not in the learner's notebook."""
        checked = {_checked(cell) for cell in self.worked.cells}
        for name, cell in self.new.items():
            if name in found:
                continue
            was_there = self.base and name in self.heirs.values()
            key = cell.metadata.get("exercise")
            check = _checked(cell)
            if not was_there:
                self.changes.renewed += 1
                self.placed[name] = cell
            elif (check and check not in checked) or (key and not self._answered(cell)):
                self.changes.came_back.append(first_line(cell))
                self.placed[name] = cell
            else:
                self.changes.deleted.append(first_line(cell))

    def _answered(self, stub):
        """Tell whether any cell of the learner defines what an exercise asks for."""
        name = re.escape(asked_for(stub))
        defines = re.compile(rf"^\s*(?:(?:def|class) {name}\b|{name}\b[^=\n]*=(?!=))", re.M)
        return any(defines.search(c.source) for c in self.worked.cells if c.cell_type == "code")

    def _tell_of_exercise(self, old, new):
        key, old_key = (cell.metadata["exercise"] for cell in (new, old))
        self.changes.answers.append(key)
        if not self.base:
            return
        if key != old_key:
            self.changes.renumbered[old_key] = key
        if not says_the_same(old, new):
            self.changes.new_stubs[key] = new.source
        if task_above(self.base.cells, old_key) != task_above(self.fresh.cells, key):
            self.changes.new_tasks.append(key)

    def _behind(self, anchor, cell):
        self.followers.setdefault(anchor, []).append(cell)

    def _notebook(self):
        """Return the cells in the order of the new version, each one's followers behind it."""
        cells, taken = [], set(self.new)
        for name in (None, *self.new):
            if name in self.placed:
                cells.append(copy.deepcopy(self.placed[name]))
            for follower in self.followers.get(name, []):
                follower = copy.deepcopy(follower)
                follower.id = _free_id(follower.id, taken)
                taken.add(follower.id)
                cells.append(follower)
        notebook = copy.deepcopy(self.fresh)
        # The learner's kernel and the like stay; which version this is does not.
        notebook.metadata |= {k: v for k, v in self.worked.metadata.items() if k != "course"}
        notebook.cells = cells
        return notebook


def _farewell(key):
    """Return what stands above an answer whose exercise is not in the chapter any more."""
    if key not in MOVED:
        return ENDED.format(key=key)
    return AWAY.format(key=key, new=MOVED[key], stem=chapter_stem(MOVED[key].rpartition("-")[0]))


def recognised(cells, shipped):
    """Return for each cell the id of the shipped cell that it is or was, or None.

    By its id; an exercise by its key, too; else by saying the same, which finds cells whose ids
    an editor has changed. No shipped cell is found twice.
    """
    names = [None] * len(cells)
    free = dict(shipped)

    def look(name_of):
        for place, cell in enumerate(cells):
            name = name_of(cell) if names[place] is None else None
            if name in free:
                names[place] = name
                del free[name]

    look(lambda cell: cell.id)
    look(lambda cell: cell.metadata.get("exercise"))
    look(lambda cell: next((n for n, old in free.items() if says_the_same(cell, old)), None))
    return names


def heirs(shipped, new):
    """Return what became of each shipped cell that the new version still has: id -> its id there.

    Other cells keep their ids. An exercise may have got another number, because one before it is
    new or gone; then the name that it asks for tells it.
    """
    found = {name: name for name in shipped if name in new}
    before = {asked_for(cell): name for name, cell in shipped.items() if asked_for(cell)}
    now = {asked_for(cell): name for name, cell in new.items() if asked_for(cell)}
    for asked, name in before.items():
        if asked in now:
            found[name] = now[asked]
        elif name in new and asked_for(new[name]) in before:  # its number went to another one
            del found[name]
    return found


def asked_for(cell):
    """Return the name that an exercise's stub defines; None for other cells."""
    return answer_name(cell.source) if cell.metadata.get("exercise") else None


def says_the_same(cell, other):
    """Tell whether two cells are of one kind and say the same, whatever their outputs."""
    return (cell.cell_type, cell.source) == (other.cell_type, other.source)


def task_above(cells, key):
    """Return the text above an exercise without headings, which number it; or None."""
    text = None
    for cell in cells:
        if cell.metadata.get("exercise") == key:
            return text and re.sub(r"^#+ .*$", "", text, flags=re.M)
        text = cell.source if cell.cell_type == "markdown" else text
    return None


def first_line(cell):
    """Return what names a cell in a report."""
    return next((line.strip() for line in cell.source.splitlines() if line.strip()), "empty")


def _checked(cell):
    """Return the key of the exercise that a cell checks, or None."""
    return checked_key(cell.source) if cell.cell_type == "code" else None


def _lost_its_check(cell, new):
    return _checked(new) is not None and _checked(cell) != _checked(new)


def _names(cell, name):
    return re.search(rf"\b{re.escape(name)}\b", cell.source) is not None


def _with(cell, new):
    """Return a learner's cell as the new version knows it: its id and what it is tagged with."""
    cell = copy.deepcopy(cell)
    cell.id = new.id
    cell.metadata |= new.metadata
    return cell


def _free_id(name, taken):
    """Return the id of a learner's cell, changed only if another cell has it."""
    if name not in taken:
        return name
    names = (f"{name[:50]}-yours{number}" for number in ("", *range(2, len(taken) + 3)))
    return next(other for other in names if other not in taken)
