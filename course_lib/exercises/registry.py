"""Which chapters there are, and the exercises of each."""

import importlib

# Number and name, as in notebooks/02_weights.ipynb.
CHAPTERS = {
    "01": "graph_view",
    "02": "weights",
    "03": "multi_head",
    "04": "centrality",
    "05": "heatmaps",
    "06": "nlp",
    "07": "vision",
    "08": "gat",
    "09": "flow",
    "10": "rollout",
    "11": "sparse",
    "12": "pooling",
}


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


def exercises_of(chapter):
    """Return the exercises of a chapter, in their order."""
    return importlib.import_module(f"course_lib.exercises.{chapter_name(chapter)}").EXERCISES


def find_exercise(key):
    """Return the exercise of a key such as "weights-2"."""
    known = []
    if isinstance(key, str) and key.rpartition("-")[0] in CHAPTERS.values():
        known = exercises_of(key.rpartition("-")[0])
        for exercise in known:
            if exercise.key == key:
                return exercise
    listed = ", ".join(exercise.key for exercise in known) or "such as 'weights-2'"
    raise ValueError(f"key must name an exercise ({listed}), got {key!r}")
