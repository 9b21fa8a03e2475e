"""The still of a live figure: what is seen wherever the figure itself cannot be."""

import base64
import html
from typing import NamedTuple

from course_lib.language import say
from course_lib.widgets.shared.drawing import Part, card
from course_lib.widgets.shared.texts import unparted

IMAGE = (
    '<img class="dark-light" alt="{alt}" width="{width}" '
    'style="max-width: 100%; height: auto" src="data:image/svg+xml;base64,{svg}">'
)
WRAPPER = """<figure class="course-still" data-figure="{kind}" style="margin: 0">
{image}
<figcaption aria-hidden="true" style="font-size: 0.9em; color: inherit">{caption}</figcaption>
</figure>"""


class Still(NamedTuple):
    """A drawing of a figure as its traits stand, and a sentence made of the same data.

    Attributes
    ----------
    part : course_lib.widgets.shared.drawing.Part
    sentence : str
    kind : str
        Which figure's still it is, such as "flow".
    """

    part: Part
    sentence: str
    kind: str = ""

    @property
    def svg(self):
        """The drawing as an SVG file that needs nothing else."""
        return card(self.part, self.sentence)

    def __repr__(self):
        return self.sentence

    def _repr_html_(self):
        # An <img> of a data address, as static figures are: JupyterLab keeps it where it does not
        # trust a notebook, which loses image/svg+xml; nbconvert and the book show it, too.
        svg = self.svg.encode()
        width = round(self.part.width) + 28
        encoded = base64.b64encode(svg).decode()
        sentence = unparted(self.sentence)
        alt = html.escape(sentence)
        image = IMAGE.format(alt=alt, width=width, svg=encoded)
        told = say("A still of the live figure. {sentence}", sentence=sentence)
        caption = html.escape(told, quote=False)
        return WRAPPER.format(kind=self.kind, image=image, caption=caption)

    def _repr_pretty_(self, printer, cycle):
        printer.text(self.sentence)  # where only text is shown
