"""The questions at a chapter's end, from ``quiz.md``: Markdown for notebooks, a place for pages."""

import nbformat

from course_lib.authoring.markdown import folded, plain_markdown
from course_lib.chapters.quizzes import quiz
from course_lib.language import say

LETTERS = "ABCD"


def heading():
    """Return the heading of the section."""
    return f"## {say('Five questions')}"


def verdict(letter, option):
    """Return what stands before the explanation of an answer."""
    if option.right:
        return say("{letter} is right.", letter=letter)
    return say("{letter} is wrong.", letter=letter)


def passing():
    """Return what is said of an option that the arrow keys have chosen in passing."""
    return say("Enter tells whether this is right.")


def notebook_cells(stem, spoken="en"):
    """Return the section as cells of plain Markdown, one a question."""
    cells = []
    for number, question in enumerate(quiz(stem, spoken), start=1):
        options, answers = [], []
        for letter, option in zip(LETTERS, question.options, strict=False):
            options.append(f"- **{letter}.** {option.text}")
            answers.append(f"- **{verdict(letter, option)}** {option.why}")
        unfold = folded(say("Answer"), "\n".join(answers), "answer")
        text = f"**{number}.** {question.text}\n\n" + "\n".join(options) + f"\n\n{unfold}"
        if number == 1:
            advice = say("Choose an answer to each, then unfold what is said about it.")
            text = f"{heading()}\n\n{advice}\n\n{text}"
        cells.append(nbformat.v4.new_markdown_cell(plain_markdown(text, stem)))
    return cells


def page_cells(stem, spoken="en"):
    """Return the section for a page, where ``book/_ext/quiz.py`` makes controls of it."""
    if not quiz(stem, spoken):
        return []
    advice = say("Choose an answer, and see why it is right or wrong.")
    text = f"{heading()}\n\n{advice}\n\n:::{{quiz}} {stem} {spoken}\n:::"
    return [nbformat.v4.new_markdown_cell(text)]


def with_quiz(cells, made):
    """Return the cells of a chapter with those of its quiz, before the last section: the recap."""
    last = max(
        (
            place
            for place, cell in enumerate(cells)
            if cell.cell_type == "markdown" and cell.source.startswith("## ")
        ),
        default=len(cells),
    )
    return [*cells[:last], *made, *cells[last:]]
