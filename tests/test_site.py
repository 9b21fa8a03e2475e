"""What the book has beyond its text: ways to run it, the map, and what a published site needs.

A small book, with a page a chapter and the real extensions, is built twice: once with the address
of a repository and its own, and once without.
"""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from itertools import combinations, pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import matplotlib.image
import networkx as nx
import pytest
from IPython.core.inputtransformer2 import TransformerManager

from course_lib.authoring import addresses, markdown, notebooks, pages, source, tables
from course_lib.authoring.facts import capital
from course_lib.authoring.serving import Quiet, serving
from course_lib.chapters import CHAPTERS
from course_lib.chapters.reading import SourceError, front_matter
from course_lib.data import load_attention
from course_lib.working import shipped
from tests.support.book import broken_links, fetched_from_elsewhere, module_of_book, page_at

pytestmark = pytest.mark.xdist_group("site")
ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "book"
REPOSITORY, HOME = "https://github.com/owner/name", "https://owner.example/name/"
PREFIX = urlsplit(HOME).path

CONF = f"""
import sys
sys.path.append({str(BOOK / "_ext")!r})
project = "A course"
author = "Its authors"
extensions = ["myst_parser", "chapter_map", "counts", "course_archive", "sharing", "side_bar",
    "text_first", "ways_to_run"]
myst_heading_anchors = 3
templates_path = [{str(BOOK / "_templates")!r}]
html_theme = "sphinx_book_theme"
html_copy_source = False
html_theme_options = {{"use_download_button": False}}
"""
INDEX = """\
# A course

There is a <!-- =first -->first<!-- = --> paragraph, which is long enough to describe the page.

```{chapter-map}
```

{count}`tests` tests.

## Get the course

```{get-the-course}
```

```{toctree}
:glob:
chapters/*
changes
```
"""


# Both in one process: to load Sphinx takes longer than to build so small a book.
BUILD = """
import json, sys
from sphinx.cmd.build import main
sys.exit(any([main(given) for given in json.loads(sys.argv[1])]))
"""


@pytest.fixture(scope="module")
def sites(tmp_path_factory):
    """Build the small book without addresses and with them; return the folders of the sites."""
    folder = tmp_path_factory.mktemp("site")
    texts = {"conf.py": CONF, "index.md": INDEX, "changes.md": "# Changes\n"}
    texts["404.md"] = (BOOK / "404.md").read_text(encoding="utf-8")
    for stem in source.stems():
        texts[f"chapters/{stem}.md"] = f"# {front_matter(stem)['title']}\n\nText.\n"
    for name, text in texts.items():
        path = folder / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    usual = ["-b", "html", "-q", "-W", "--keep-going", "source"]
    given = [
        ["-Dcourse_repository=", *usual, "private"],
        [f"-Dcourse_repository={REPOSITORY}", f"-Dhtml_baseurl={HOME}", *usual, "published"],
    ]
    done = subprocess.run(
        [sys.executable, "-c", BUILD, json.dumps(given)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def private(sites):
    return sites / "private"


@pytest.fixture(scope="module")
def published(sites):
    return sites / "published"


def described(site, name):
    """Return what the head of a page says: the content of its tags by their names."""
    text = (site / name).read_text(encoding="utf-8")
    return dict(re.findall(r'<meta (?:name|property)="([\w:]+)" content="([^"]*)">', text))


def links_of(site, name):
    return [link for link in page_at(site / name).links if not link.startswith("#")]


# The address of the repository


@pytest.mark.parametrize(
    ("settings", "address"),
    [("", ""), (f'[project.urls]\nRepository = "{REPOSITORY}"', REPOSITORY)],
)
def test_the_address_stands_in_pyproject_or_nowhere(tmp_path, settings, address):
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[project]\nname = 'x'\n{settings}\n")
    assert addresses.repository(path) == address
    path.unlink()  # as in a wheel
    assert addresses.repository(path) == ""


@pytest.mark.parametrize(
    "address", ["https://elsewhere.example/owner/name", f"{REPOSITORY}/tree/x"]
)
def test_an_address_that_makes_dead_links_is_refused(tmp_path, address):
    path = tmp_path / "pyproject.toml"
    path.write_text(f"[project]\n[project.urls]\nRepository = '{address}'\n")
    with pytest.raises(SourceError, match="Colab and Binder open notebooks from there"):
        addresses.repository(path)


@pytest.mark.parametrize("address", [REPOSITORY, f"{REPOSITORY}/", f"{REPOSITORY}.git"])
def test_notebook_and_wheel_are_of_the_same_release(address):
    release = f"owner/name/blob/{addresses.RELEASE}/notebooks/02_weights.ipynb"
    assert addresses.colab(address, "02_weights").endswith(f"/github/{release}")
    assert f"/gh/owner/name/{addresses.RELEASE}?" in addresses.binder(address, "02_weights")
    assert f"{REPOSITORY}/releases/download/{addresses.RELEASE}/" in addresses.wheel(address)


def test_binder_opens_a_notebook_of_the_folder_that_it_lays_out(tmp_path):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command, environment = ["bash", str(ROOT / "postBuild")], os.environ | {"PATH": path}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
    asked = parse_qs(urlsplit(addresses.binder(REPOSITORY, "02_weights")).query)["urlpath"]
    assert (tmp_path / asked[0].removeprefix("lab/tree/")).is_file()


def test_the_readme_says_where_to_get_the_course(monkeypatch):
    assert not any("git clone" in line for line in tables.get_it())
    monkeypatch.setattr(tables, "repository", lambda: f"{REPOSITORY}.git")
    assert [f"git clone {REPOSITORY}.git", "cd name"] == tables.get_it()[2:4]


# The notebook's first cell


@pytest.fixture
def with_address(monkeypatch):
    monkeypatch.setattr(notebooks, "repository", lambda: REPOSITORY)


def test_only_a_published_notebook_installs_the_course(with_address, monkeypatch):
    there = notebooks.learner_notebook("02_weights")
    monkeypatch.setattr(notebooks, "repository", lambda: "")
    without = notebooks.learner_notebook("02_weights")
    assert [cell.id for cell in there.cells if cell not in without.cells] == ["install"]
    assert [cell for cell in there.cells if cell.id != "install"] == without.cells
    assert next(cell.id for cell in there.cells if cell.cell_type == "code") == "install"
    assert there.metadata.course.built == notebooks.fingerprint(there)


def test_links_of_a_published_notebook_work_on_colab_and_in_a_working_folder(monkeypatch):
    text = "[a](03_multi_head.md#x) [b](../conventions.md#axes) [c](https://github.com/o/n/issues)"
    here = markdown.plain_markdown(text, "02_weights")
    monkeypatch.setattr(markdown, "repository", lambda: REPOSITORY)
    there = markdown.plain_markdown(text, "02_weights")
    assert f"[a]({addresses.colab(REPOSITORY, '03_multi_head')}#x)" in there
    assert f"[b]({REPOSITORY}/blob/{addresses.RELEASE}/book/conventions.md#axes)" in there
    assert shipped.beside(there.encode()).decode() == here


@pytest.mark.parametrize("missing", [True, False])
def test_the_cell_installs_the_wheel_where_the_course_is_missing(monkeypatch, missing):
    if missing:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    asked = []

    class Shell:
        def run_line_magic(self, name, line):
            asked.append((name, line))

    code = TransformerManager().transform_cell(addresses.install_cell(REPOSITORY))
    exec(code, {"get_ipython": Shell})
    assert asked == ([("pip", f"install --quiet {addresses.wheel(REPOSITORY)}")] * missing)


# Ways to run


def test_every_notebook_can_be_downloaded_as_it_was_shipped(private, published):
    for site in (private, published):
        for stem in source.stems():
            links = links_of(site, f"chapters/{stem}.html")
            [link] = [link for link in links if link.startswith("../notebooks/")]
            copy = json.loads((site / "chapters" / link).read_text(encoding="utf-8"))
            assert copy["metadata"]["course"]["chapter"] == CHAPTERS[stem[:2]]
            assert not any(cell.get("outputs") for cell in copy["cells"])


def test_the_course_comes_with_the_book(private, published):
    """The archive holds all that is needed, and what may be run may be run."""
    for site in (private, published):
        assert "course.zip" in links_of(site, "index.html")
        with zipfile.ZipFile(site / "course.zip") as archive:
            there = {entry.filename.partition("/")[2]: entry for entry in archive.infolist()}
            [folder] = {name.partition("/")[0] for name in archive.namelist()}
            makefile = archive.read(f"{folder}/Makefile")
        wanted = {"README.md", "pyproject.toml", "constraints.txt", "course_lib/graph.py"}
        assert wanted | {f"notebooks/{stem}.ipynb" for stem in source.stems()} <= set(there)
        assert makefile == (ROOT / "Makefile").read_bytes()
        assert not any(re.match(r"\.git/|\.venv|node_modules|work/|book/_build", n) for n in there)
        assert there["postBuild"].external_attr >> 16 & 0o100
    assert "git clone" not in (private / "index.html").read_text(encoding="utf-8")
    assert f"git clone {REPOSITORY}" in (published / "index.html").read_text(encoding="utf-8")


def test_without_git_the_book_promises_no_archive(tmp_path):
    archive = module_of_book("_ext/course_archive")
    files_of, told = archive.files_of, archive.told
    (tmp_path / "README.md").write_text("A copy without a history.")
    assert files_of(tmp_path) == []
    assert "README.md" in files_of(ROOT)
    assert "<a" not in told("", "")
    assert "course.zip" not in told("", REPOSITORY)


def test_colab_and_binder_need_an_address(private, published):
    elsewhere = [
        addresses.colab(REPOSITORY, "02_weights"),
        addresses.binder(REPOSITORY, "02_weights"),
    ]
    assert set(elsewhere) <= set(links_of(published, "chapters/02_weights.html"))
    for link in links_of(private, "chapters/02_weights.html"):
        assert not re.search(r"colab|binder", link)
    assert "make lab" in (private / "chapters" / "02_weights.html").read_text(encoding="utf-8")


def test_the_small_book_has_no_dead_link_and_fetches_nothing(private, published):
    for site in (private, published):
        assert broken_links(site) == []
    assert fetched_from_elsewhere(private) == []


# The neighbours, the head of a page, the page that is not there


def test_neighbours_say_which_question_they_answer(private):
    text = (private / "chapters" / "02_weights.html").read_text(encoding="utf-8")
    told = re.findall(r'class="prev-next-question">([^<]+)<', text)
    asked = [front_matter(name)["question"] for name in ("01", "03")]
    assert told == [capital(question) for question in asked]
    last = (private / "chapters" / f"{source.stems()[-1]}.html").read_text(encoding="utf-8")
    assert last.count("prev-next-question") == 1  # what follows is no chapter


def test_headings_can_be_linked_to(private):
    assert 'class="headerlink" href="#a-course"' in (private / "index.html").read_text("utf-8")


def waits(script):
    """Tell whether a script of a head, as HTML, leaves the text to be read first."""
    return "src=" not in script or "defer" in script or "documentation_options.js" in script


def test_scripts_wait_for_the_text_and_only_the_search_has_its_index(private):
    for name in ("index.html", "chapters/02_weights.html", "search.html"):
        head, _, _ = (private / name).read_text(encoding="utf-8").partition("</head>")
        scripts = re.findall(r"<script[^>]*>", head)
        assert "searchindex.js" in head if name == "search.html" else "searchindex.js" not in head
        assert len(scripts) > 3
        assert all(map(waits, scripts)) == (name != "search.html"), name
    assert not waits('<script src="_static/doctools.js">')


def test_a_chapter_has_one_name():
    """Map, tables, contents and page call it alike; the notebook's heading stands below."""
    for stem in source.stems():
        heading = source.read_source(stem, "en").cells[0].source.partition("\n")[0]
        title = f"# {int(stem[:2])}. {front_matter(stem)['title']}"
        lines = pages.page(stem).partition(f"{title}\n")[2].splitlines()
        assert lines[:3] == [":::{container} subtitle", heading.removeprefix("# "), ":::"]


def test_every_page_describes_itself(private):
    assert described(private, "index.html")["description"].startswith("There is a first paragraph")
    said = described(private, "chapters/03_multi_head.html")
    question = capital(front_matter("multi_head")["question"])
    assert said["description"] == said["og:description"] == question
    assert said["og:title"] == "Multi-head"
    assert said["twitter:card"] == "summary"


def test_without_an_address_of_its_own_the_book_claims_none(private):
    text = (private / "index.html").read_text(encoding="utf-8")
    assert 'rel="canonical"' not in text
    assert "og:image" not in text
    assert not {"sitemap.xml", "feed.xml", "_static/cards"} & {
        path.relative_to(private).as_posix() for path in private.rglob("*")
    }


def test_a_published_page_has_one_address_and_a_card(published):
    name = "chapters/03_multi_head.html"
    text = (published / name).read_text(encoding="utf-8")
    assert re.findall(r'rel="canonical" href="([^"]+)"', text) == [f"{HOME}{name}"]
    assert f'href="{HOME}feed.xml"' in text
    for page in (name, "index.html"):
        said = described(published, page)
        card = published / said["og:image"].removeprefix(HOME)
        high, wide, _ = matplotlib.image.imread(card).shape
        assert [said["og:image:width"], said["og:image:height"]] == [str(wide), str(high)]
        assert said["og:url"] == f"{HOME}{page}"
        assert said["twitter:card"] == "summary_large_image"


def test_the_map_of_the_site_has_every_page_but_the_one_that_is_not_there(published):
    places = [
        place.text for place in ElementTree.parse(published / "sitemap.xml").findall(".//{*}loc")
    ]
    pages = ["index", "changes", *(f"chapters/{stem}" for stem in source.stems())]
    assert sorted(places) == sorted(f"{HOME}{page}.html" for page in pages)


def missing_from(site, name, root):
    """Return what a page with a base links to or loads that is not there."""
    page = page_at(site / name)
    found = [urlsplit(link) for link in page.links + page.fetched]
    return [link.path for link in found if not link.netloc and not (root / link.path).exists()]


@pytest.mark.parametrize("site", ["private", "published"])
def test_the_page_that_is_not_there_works_from_any_depth(request, site):
    folder = request.getfixturevalue(site)
    text = (folder / "404.html").read_text(encoding="utf-8")
    base = re.search(r'<base href="([^"]+)">', text)
    assert base[1] == {"private": "/", "published": PREFIX}[site]
    assert base.start() < min(text.index("<link "), text.index("<script"))
    assert missing_from(folder, "404.html", folder) == []
    assert "index.html" in page_at(folder / "404.html").links
    assert missing_from(folder, "404.html", folder / "chapters") != []  # it would be seen
    assert 'rel="canonical"' not in text
    assert 'href="#' not in text  # it would lead to the first page
    assert 'href="404.html#this-page-is-not-here"' in text


@pytest.mark.browser
@pytest.mark.parametrize("above", ["", "some/folder"])
def test_without_an_address_it_finds_the_book_in_any_folder(private, tmp_path, browser, above):
    """A server answers with it wherever the book is; its links lead to pages that are there."""
    root = tmp_path / above / "book"
    root.parent.mkdir(parents=True, exist_ok=True)
    root.symlink_to(private)

    class Lost(Quiet):
        def send_error(self, code, *given):
            self.send_response(code)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write((private / "404.html").read_bytes())

    home = f"{above}/book/".lstrip("/")
    with serving(tmp_path, Lost) as address:
        page = browser.new_page()
        page.goto(f"{address}/{home}chapters/no/such/page.html")
        link = page.locator("article a[href='index.html']")
        assert link.evaluate("link => link.href") == f"{address}/{home}index.html"
        assert page.evaluate("document.styleSheets.length") > 2
        page.close()


# The feed


CHANGELOG = """# Changelog

## Unreleased

- Not yet.

## 0.2.0 (2026-11-30)

### Added

- **More** & better.

## 0.1.0 (2026-11-25)

The first.
"""


def test_the_feed_has_an_entry_for_each_version_that_was_released():
    sys.path.append(str(BOOK / "_ext"))
    from sharing import feed

    root = ElementTree.fromstring(feed(CHANGELOG, HOME, "A course", "Its authors"))
    entries = root.findall("{*}entry")
    assert [entry.find("{*}title").text for entry in entries] == ["Version 0.2.0", "Version 0.1.0"]
    assert root.find("{*}updated").text == "2026-11-30T00:00:00Z"
    content = entries[0].find("{*}content")
    assert content.get("type") == "html"
    assert "<strong>More</strong> &amp; better." in content.text
    assert "Not yet" not in "".join(root.itertext())
    ids = [element.text for element in root.findall(".//{*}id")]
    assert len(set(ids)) == 3
    assert all(name.startswith(HOME) for name in ids)


def test_the_feed_of_the_course_is_read_from_its_changelog(published):
    root = ElementTree.parse(published / "feed.xml").getroot()
    versions = re.findall(r"^## ([\d.]+) \(", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    titles = [entry.find("{*}title").text for entry in root.findall("{*}entry")]
    assert versions
    assert titles == [f"Version {version}" for version in versions]


# The map of the chapters


@pytest.fixture(scope="module")
def chapter_map():
    return module_of_book("_ext/chapter_map")


def drawn(chapter_map, graph):
    """Return the map's SVG, read as XML."""
    text = chapter_map.chapter_map(graph, lambda number: f"{number}.html")
    [svg] = re.findall(r"<svg.*</svg>", text, re.S)
    return ElementTree.parse(io.StringIO(svg)).getroot()


def box(link):
    rect = link.find("rect")
    x, y, wide, high = (float(rect.get(name)) for name in ("x", "y", "width", "height"))
    return x, y, x + wide, y + high


def crossed_boxes(svg):
    """Return the lines that lead through a box: (line, chapter)."""
    boxes = {link.get("id"): box(link) for link in svg.iter("a")}
    found = []
    for line in svg.find("g").iter("path"):
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", line.get("d"))]
        for name, (left, top, right, bottom) in boxes.items():
            points = zip(numbers[::2], numbers[1::2], strict=True)
            if any(left < x < right and top < y < bottom for x, y in points):
                found.append((line.get("class"), name))
    return found


def test_the_map_has_a_link_for_each_chapter_that_says_what_it_needs(chapter_map):
    graph = chapter_map.needs_graph()
    links = {link.get("id"): link for link in drawn(chapter_map, graph).iter("a")}
    assert list(links) == [f"map-{number}" for number in CHAPTERS]
    assert links["map-01"].findtext("title").startswith("Chapter 1, The graph view; needs no other")
    assert links["map-04"].findtext("title").startswith("Chapter 4, Centrality; needs 1, 2. Can we")
    assert links["map-04"].get("href") == "04.html"
    needed = {number: len(front_matter(number)["needs"]) for number in CHAPTERS}
    assert dict(graph.in_degree()) == needed


def test_its_lines_are_the_needs_that_do_not_follow_from_others(chapter_map):
    graph = chapter_map.needs_graph()
    lines = [line.get("class") for line in drawn(chapter_map, graph).find("g").iter("path")]
    told = nx.DiGraph([re.findall(r"\d+", line) for line in lines])
    assert nx.transitive_closure(told).edges == nx.transitive_closure(graph).edges
    assert nx.transitive_reduction(told).edges == told.edges


def test_boxes_do_not_overlap_and_lines_lead_down_and_past_them(chapter_map):
    graph = chapter_map.needs_graph()
    svg = drawn(chapter_map, graph)
    boxes = sorted((y, x, bottom, right) for x, y, right, bottom in map(box, svg.iter("a")))
    for (y, _, bottom, right), (next_y, next_x, *_) in pairwise(boxes):
        assert next_x > right if next_y == y else next_y > bottom
    heights = {link.get("id")[-2:]: box(link)[1] for link in svg.iter("a")}
    assert all(heights[tail] < heights[head] for tail, head in graph.edges)
    assert crossed_boxes(svg) == []


def test_a_line_through_a_box_is_seen(chapter_map, monkeypatch):
    graph = nx.DiGraph([("01", "02"), ("02", "03"), ("03", "04"), ("01", "05"), ("05", "04")])
    assert crossed_boxes(drawn(chapter_map, graph)) == []

    def straight(way, column, aside):
        x, y = column[1, "02"] * chapter_map.ACROSS, chapter_map.DOWN + 9
        return f'<path class="planted" d="M{x:g} {y:g}"/>'

    monkeypatch.setattr(chapter_map, "_line", straight)
    assert ("planted", "map-02") in crossed_boxes(drawn(chapter_map, graph))


def crossings(svg):
    """Count the pairs of lines that cross, drawn as straight from point to point of their ways."""
    steps = []
    for line in svg.find("g").iter("path"):
        numbers = [float(x) for x in re.findall(r"-?[\d.]+", line.get("d"))]
        points = list(zip(numbers[::2], numbers[1::2], strict=True))
        steps += pairwise(points[::3])  # without what bends a curve
    return sum(
        top == other_top and (x - other) * (to_x - other_to) < 0
        for ((x, top), (to_x, _)), ((other, other_top), (other_to, _)) in combinations(steps, 2)
    )


def test_lines_cross_only_where_they_must(chapter_map, monkeypatch):
    twisted = nx.DiGraph([("01", "05"), ("01", "06"), ("02", "04"), ("03", "04"), ("02", "06")])
    assert crossings(drawn(chapter_map, twisted)) == 0
    whole = chapter_map.needs_graph()
    ordered = crossings(drawn(chapter_map, whole))
    rows = sys.modules["map_rows"]
    monkeypatch.setattr(rows, "_better", lambda *given: None)  # as they are numbered
    monkeypatch.setattr(rows, "STARTS", 1)
    assert crossings(drawn(chapter_map, twisted)) > 0
    assert crossings(drawn(chapter_map, whole)) > 2 * ordered


# What the first page says


def first_page():
    return (BOOK / "index.md").read_text(encoding="utf-8")


def test_its_figure_shows_what_the_text_says_of_it():
    layer, head = re.search(r"weights\[(\d+)\], tokens, head=(\d+)", first_page()).groups()
    assert f"In head {head}, *it* looks at *dog* more than at anything else" in first_page()
    weights, tokens = load_attention("it_tired")
    assert tokens[weights[int(layer), int(head), tokens.index("it")].argmax()] == "dog"


def unproved(text):
    """Return the findings of a text without a test that tries to refute them."""
    findings = [line for line in text.splitlines() if line.startswith("  - ")]
    found = []
    for line in findings:
        named = re.search(r"<!-- claim: (\w+) (\w+) -->", line)
        path = ROOT / "tests" / "chapters" / named[1] / "test_claims.py" if named else None
        if not path or f"def {named[2]}(" not in path.read_text(encoding="utf-8"):
            found.append(line)
    return found


def test_each_finding_names_the_test_that_would_refute_it():
    assert unproved(first_page()) == []
    planted = "  - a find; <!-- claim: ch09_flow test_that_is_not_there -->\n  - another.\n"
    assert len(unproved(planted)) == 2


def test_tests_are_counted_and_other_things_refused(tmp_path, monkeypatch):
    sys.path.append(str(BOOK / "_ext"))
    import counts

    claims = tmp_path / "chapters" / "ch01_x" / "test_claims.py"
    claims.parent.mkdir(parents=True)
    claims.write_text("def test_a():\n    pass\n\ndef helper():\n    pass\n")
    (tmp_path / "test_x.py").write_text("class TestX:\n    def test_b(self):\n        pass\n")
    assert [counts.counted(what, tmp_path) for what in ("tests", "claims")] == [2, 1]
    assert counts.counted("tests") > counts.counted("claims") > 0
