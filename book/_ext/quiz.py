"""``{quiz} 02_weights en``: the questions of a chapter as groups of radio buttons.

Without a script, each question has an answer that folds open. ``_static/quiz.js`` adds what is said
about the option that is chosen. Both show the same sentences, those of the chapter's ``quiz.md``.
"""

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from course_lib.authoring.quizzes import LETTERS, passing, verdict
from course_lib.chapters import chapter_folder
from course_lib.chapters.quizzes import quiz
from course_lib.language import say, speaking


class QuizDirective(SphinxDirective):
    """The questions of a chapter in a language."""

    required_arguments = 2

    def run(self):
        """Return a box with a group of radio buttons for each question."""
        stem, spoken = self.arguments
        for path in chapter_folder(stem).glob("quiz*.md"):
            self.env.note_dependency(str(path))
        box = nodes.container(classes=["course-quiz"])
        with speaking(spoken):
            for number, question in enumerate(quiz(stem, spoken), start=1):
                box += self.question(number, question)
        return [box]

    def question(self, number, question):
        """Return the nodes of a question: legend, options, a status, and the answer to unfold."""
        lettered = list(zip(LETTERS, question.options, strict=False))
        yield html(f"<fieldset><legend>{number}. ")
        yield self.inline(question.text)
        yield html("</legend>")
        for letter, option in lettered:
            yield html(
                f'<label><input type="radio" name="question-{number}" value="{letter}">'
                f"<span><b>{letter}.</b> "
            )
            yield self.inline(option.text)
            yield html("</span></label>")
        yield html(
            f'<div class="said" role="status" data-passing="{passing()}"></div>'
            f'<details class="answer"><summary>{say("Answer")}</summary><ul>'
        )
        for letter, option in lettered:
            right = ' data-right=""' if option.right else ""
            yield html(
                f'<li data-option="{letter}"{right}><strong>{verdict(letter, option)}</strong> '
            )
            yield self.inline(option.why)
            yield html("</li>")
        yield html("</ul></details></fieldset>")

    def inline(self, text):
        """Return a line of Markdown as one node."""
        parsed, _ = self.state.inline_text(text, self.lineno)
        return nodes.inline("", "", *parsed)


def html(text):
    """Return a piece of HTML as a node."""
    return nodes.raw("", text, format="html")


def add_files(app, pagename, templatename, context, doctree):
    """Let pages that have a quiz, and no others, load its script and style."""
    if doctree and any("course-quiz" in box["classes"] for box in doctree.findall(nodes.container)):
        app.add_css_file("quiz.css")
        app.add_js_file("quiz.js", loading_method="defer")


def setup(app):
    """Make the directive known."""
    app.add_directive("quiz", QuizDirective)
    app.connect("html-page-context", add_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
