"""The chapters: a folder each, named like its notebook.

``ch02_weights/`` holds the text of chapter 02 (``chapter.md``), its checks (``checks.py``) and,
where something is trained, its tasks. What chapters there are is what folders there are with a
text in them.
"""

from pathlib import Path

FOLDER = Path(__file__).parent
# Number and name: "02" -> "weights".
CHAPTERS = {
    path.parent.name[2:4]: path.parent.name[5:]
    for path in sorted(FOLDER.glob("ch[0-9][0-9]_*/chapter.md"))
}
# Exercises that have moved, by the keys that older notebooks and records of progress still hold.
MOVED = {"nlp-6": "explain-1"}


def chapter_name(chapter):
    """Return a chapter's name from its name, number or file stem: "weights", "02", "02_weights"."""
    name = CHAPTERS.get(chapter.zfill(2)) or chapter.partition("_")[2]
    for candidate in (chapter, name):
        if candidate in CHAPTERS.values():
            return candidate
    known = ", ".join(f"{number} ({name})" for number, name in CHAPTERS.items())
    raise ValueError(f"chapter must be one of {known}, got {chapter!r}")


def chapter_stem(chapter):
    """Return the file stem of a chapter, "02_weights"."""
    name = chapter_name(chapter)
    number = next(number for number, other in CHAPTERS.items() if other == name)
    return f"{number}_{name}"


def chapter_folder(chapter):
    """Return the folder of a chapter."""
    return FOLDER / f"ch{chapter_stem(chapter)}"
