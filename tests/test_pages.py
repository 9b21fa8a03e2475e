"""What makes pages light, and the book on paper: parts, pictures, icons, formulas, two pages."""

import base64
import io
import json
import re
from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pytest
from docutils import nodes
from PIL import Image

from course_lib.authoring.browser import find_chromium
from course_lib.authoring.formulas import typeset
from course_lib.authoring.live_figures import as_function, figures_of, in_planes, parts_of
from course_lib.widgets.shared.figure import AS_MODULE
from tests.support.book import module_of_book, pages_of


def joined(text, planes):
    """Undo `in_planes` as figures.js does, by another idea."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(planes, -1).T.tobytes()


@pytest.mark.parametrize("kind", ["u1", "<f2", "<f4", "<f8"])
def test_recorded_weights_are_sorted_by_bytes_and_nothing_is_lost(kind):
    weights = np.random.default_rng(1).dirichlet(np.ones(40), size=40)
    data = (255 * weights if kind == "u1" else weights.astype(np.float16)).astype(kind).tobytes()
    planes, text = in_planes(data)
    assert joined(text, planes) == data
    assert kind == "u1" or planes > 1


def test_bytes_that_cannot_be_sorted_stay():
    assert in_planes(b"odd") == (1, base64.b64encode(b"odd").decode())


def test_figures_of_a_page_share_their_weights_and_their_code():
    buffer = {"path": ["weights"], "data": base64.b64encode(b"12345678").decode()}
    traits = {"layer": 2, "words": "w" * 3000, "layout": "IPY_MODEL_x", "_view_name": "y"}
    code = f"var figure;{AS_MODULE}"
    view = {"state": {"_esm": code, "_css": "z", **traits}, "buffers": [buffer]}
    box = {"state": {"children": ["IPY_MODEL_row", "IPY_MODEL_view"]}}
    row = {"state": {"children": ["IPY_MODEL_slider"]}}
    state = {"one": box, "other": box, "view": view, "row": row, "slider": {"state": {}}}
    page, parts = figures_of(state)
    assert list(page) == ["one", "other"]
    assert page["one"] == page["other"]
    assert page["one"]["traits"] == {"layer": 2}
    texts = ["z", "w" * 3000, in_planes(b"12345678")[1]]
    assert sorted(parts.values()) == sorted([as_function(code), *map(json.dumps, texts)])
    assert sorted(parts_of(page["one"])) == sorted(parts)


def picture(width, noise):
    """Return a picture of a step in shades, with noise or without."""
    steps = np.tile(np.arange(width) // 40 * 20 % 256, (width, 1))[..., None].repeat(3, axis=2)
    loud = np.random.default_rng(2).integers(0, noise + 1, steps.shape)
    return Image.fromarray(((steps + loud) % 256).astype(np.uint8))


def test_the_contents_mark_what_a_page_lies_in():
    link = '<a class="reference internal" href="{}">{}</a>'
    inner = f'<ul>\n<li class="toctree-l2">{link.format("c.html", "C")}</li>\n</ul>'
    before = f'<ul>\n<li class="toctree-l1">{link.format("a.html", "A")}</li>\n'
    contents = f'{before}<li class="toctree-l1">{link.format("b.html", "B")}{inner}</li>\n</ul>'
    marked = module_of_book("_ext/side_bar").marked
    assert marked(contents, "d.html") == contents
    shown = ElementTree.fromstring(marked(contents, "c.html"))
    current = [(part.tag, part.text) for part in shown.iter() if "current" in part.get("class", "")]
    assert [tag for tag, _ in current] == ["ul", "li", "ul", "li", "a"]
    assert current[-1] == ("a", "C")
    assert [part.get("href") for part in shown.iter("a")] == ["a.html", "b.html", "#"]


def test_the_side_bar_says_where_the_reader_is(small_book):
    found = {}
    for path in pages_of(small_book):
        bar = re.search('<nav class="bd-links.*?</nav>', path.read_text("utf-8"), re.DOTALL)[0]
        found[path.stem] = re.findall('<a class="current reference internal" href="#">([^<]*)', bar)
    assert found["02_weights"] == ["2. Weights"]
    assert {stem for stem, current in found.items() if len(current) != 1} == {"index", "search"}


@pytest.mark.parametrize(("width", "style"), [(200, ""), (800, ' style="--least: 600px"')])
def test_a_static_figure_becomes_a_file_that_looks_the_same(tmp_path, width, style):
    plain = picture(400, noise=0)
    png = io.BytesIO()
    plain.save(png, "PNG")
    source = base64.b64encode(png.getvalue()).decode()
    html = f'<img alt="a" width="{width}" style="x" src="data:image/png;base64,{source}">'
    filed = module_of_book("_ext/pictures").as_files(html, tmp_path, "../_images")
    (file,) = tmp_path.iterdir()
    size = f'width="{width}" height="200"{style}'
    assert f'{size} loading="lazy" decoding="async" src="../_images/{file.name}"' in filed
    shown = np.asarray(Image.open(file).convert("RGB"))
    np.testing.assert_array_equal(shown, np.asarray(plain))


def test_a_static_figure_without_plain_areas_is_made_small():
    pictures = module_of_book("_ext/pictures")
    file = pictures.compressed(picture(400, noise=60))
    assert Image.open(io.BytesIO(file)).size == (200, 200)


def test_a_line_that_came_in_two_pieces_is_one_line():
    from nbformat.v4 import new_output  # loads much

    pieces = [("stdout", "  a:\n  b:"), ("stdout", " 5%\n"), ("stderr", "no\n"), ("stdout", "c\n")]
    outputs = [new_output("stream", name=name, text=text) for name, text in pieces]
    whole = module_of_book("_ext/whole_lines").with_whole_lines(outputs)
    assert [(one.name, one.text) for one in whole] == [
        ("stdout", "  a:\n  b: 5%\nc\n"),
        ("stderr", "no\n"),
    ]


def test_icons_are_those_that_pages_name():
    icons = module_of_book("_ext/icons")
    known = icons.icons(
        'var b={bars:[448,512,["navicon"],"f0c9","M0 96C0"],sun:[1,2,[],"f1","M1"]}'
    )
    style = icons.style(known, ["bars", "nothing"])
    assert "viewBox='0 0 448 512'" in style.replace("%22", "'")
    assert ".fa-sun" not in style
    assert ".fa-nothing" not in style


def test_a_formula_has_mathml_and_a_wrong_one_is_told():
    assert "<math" in typeset(r"\frac{a}{b}", display=True)
    with pytest.raises(ValueError, match="KaTeX parse error"):
        typeset(r"\frac{a")


def test_lines_of_a_docstring_are_aligned():
    lines = module_of_book("_ext/katex_formulas").lines
    assert lines("a &= b\n\nc &= d") == r"\begin{aligned}a &= b \\ c &= d\end{aligned}"
    assert lines("a = b") == "a = b"


def test_a_formula_keeps_what_touches_it():
    together = module_of_book("_ext/katex_formulas").together
    kept = '<span class="unbroken">'
    short, long = typeset("x_i"), typeset("a + b = c")
    assert together("(", short, "),") == f"{kept}({short}),</span>"
    first, *between, last = together("(", long, "),").split(kept)[1:]
    assert between == []
    assert first.startswith("(")
    assert last.endswith("),</span>")
    # Nothing of the formula is lost or said twice, and a line may still end within it.
    plain = [re.sub("<[^>]+>|\u200b", "", html) for html in (f"({long}),", first + last)]
    assert plain[0] == plain[1]
    assert [part.count('class="katex-base"') for part in (first, last)] == [2, 1]
    assert (first + last).count("<math") == 1


def test_what_touches_a_formula_is_found():
    formulas = module_of_book("_ext/katex_formulas")
    line = nodes.paragraph("", "", nodes.Text("of f("), nodes.math("", "x"), nodes.Text("), if "))
    line += [nodes.math("", "n"), nodes.Text(" is 2")]
    formulas.find_touching(None, line, "page")
    assert line.astext() == "of f(x), if n is 2"
    assert [part.astext() for part in line.findall(formulas.Together)] == ["f(x),"]


def test_whether_a_notebook_ran_is_said_in_a_word():
    from myst_nb.ext.execution_tables import make_stat_table  # loads much

    made = make_stat_table("run_times", {"page": {"exec_data": dict(RAN)}})
    failed = make_stat_table("run_times", {"page": {"exec_data": {**RAN, "succeeded": False}}})
    for table, word in ((made, "ran"), (failed, "failed")):
        module_of_book("_ext/states_in_words").say_in_words(None, table, "run_times")
        assert [entry.astext() for entry in table.findall(nodes.entry)][-1] == word


RAN = {"mtime": 0, "method": "cache", "runtime": 1.5, "succeeded": True, "error": None}


@pytest.mark.browser
def test_pages_are_printed_with_bookmarks_and_links_between_them(small_book, tmp_path):
    if find_chromium() is None:
        pytest.skip("no Chromium")
    paper = module_of_book("paper")
    assert list(paper.pages_in_order(small_book))[:2] == ["index.html", "conventions.html"]
    sheets = paper.print_book(small_book, tmp_path / "book.pdf", ["index.html", "conventions.html"])
    printed = printed_at(tmp_path / "book.pdf")
    assert len(printed.pages) == 1 + sum(sheets.values())
    texts = [page.extract_text() for page in printed.pages]
    assert min(map(len, texts)) > 20
    assert "every row sums to 1" in " ".join(" ".join(texts).split())
    first, *_ = chapters = [mark for mark in printed.outline if not isinstance(mark, list)]
    assert first.title == "A small book"
    assert [printed.get_destination_page_number(mark) for mark in chapters] == [1, 2]
    sections = [mark.title for mark in printed.outline[-1] if not isinstance(mark, list)]
    assert "How other libraries differ" in sections
    links = [link.get_object() for page in printed.pages for link in page.get("/Annots") or ()]
    assert links
    assert not any("127.0.0.1" in str(link.get("/A", "")) for link in links)
    assert_tagged(printed)


@pytest.mark.browser
def test_a_sheet_without_anything_is_printed_too(tmp_path):
    if find_chromium() is None:
        pytest.skip("no Chromium")
    half = "<h1>Two</h1><div style='break-after: page'></div><div style='height: 1px'></div>"
    pages = {"index": "<h1>One</h1>", "half": half, "blank": "", "last": "<h1>Last</h1>"}
    for name, text in pages.items():
        head = "<!doctype html><html lang='en'><meta charset='utf-8'><title>A page</title>"
        (tmp_path / f"{name}.html").write_text(f"{head}<style>p {{}}</style>{text}")
    target = tmp_path / "book.pdf"
    module_of_book("paper").print_book(tmp_path, target, [f"{name}.html" for name in pages])
    printed = printed_at(target)
    tree = printed.root_object["/StructTreeRoot"]
    assert len(printed.pages) == 1 + 1 + 2 + 1 + 1
    assert len(tree["/K"]["/K"]) == 1 + 3
    assert ["/StructParents" in page for page in printed.pages] == [1, 1, 1, 0, 0, 1]


def printed_at(path):
    """Return the pages of a file that was printed."""
    from pypdf import PdfReader  # loads much

    return PdfReader(path)


def assert_tagged(printed):
    """Hold the one tree of tags to the sheets: each names the other, and no name is there twice."""
    root = printed.root_object
    assert (root["/Lang"], root["/MarkInfo"]["/Marked"].value) == ("en", True)
    tree = root["/StructTreeRoot"]
    places = pairs(tree["/ParentTree"]["/Nums"])
    sheets = {page.indirect_reference.idnum: page for page in printed.pages}
    kinds, ids, marks, links = Counter(), {}, Counter(), Counter()

    def read(reference, sheet=None):
        element = reference.get_object()
        kinds[element["/S"]] += 1
        sheet = element.raw_get("/Pg").idnum if "/Pg" in element else sheet
        if "/ID" in element:
            assert element["/ID"] not in ids
            ids[element["/ID"]] = reference
        for child in element["/K"]:
            part = child.get_object()
            if isinstance(part, int):
                mark(reference, sheet, part)
            elif "/S" in part:
                assert part.raw_get("/P") == reference
                read(child, sheet)
            elif "/MCID" in part:
                mark(reference, part.raw_get("/Pg").idnum, part["/MCID"])
            else:
                assert places[part["/Obj"]["/StructParent"]] == reference
                links[part.raw_get("/Pg").idnum, part.raw_get("/Obj").idnum] += 1

    def mark(reference, sheet, number):
        assert places[sheets[sheet]["/StructParents"]].get_object()[number] == reference
        marks[sheet, number] += 1

    read(tree.raw_get("/K"))
    assert set(marks.values()) == set(links.values()) == {1}
    assert {sheet for sheet, _ in marks} == set(sheets)
    drawn = [
        (number, link) for number, page in sheets.items() for link in page.get("/Annots") or ()
    ]
    assert set(links) == {(number, link.idnum) for number, link in drawn}
    assert (kinds["/Document"], kinds["/Part"], kinds["/H1"]) == (1, 3, 3)
    assert len(ids) == kinds["/TH"]
    assert pairs(tree["/IDTree"]["/Names"]) == ids


def pairs(flat):
    return dict(zip(flat[::2], flat[1::2], strict=True))
