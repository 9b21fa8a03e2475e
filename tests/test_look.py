"""`course look`: one page, in a real browser that has no network, with every figure alive."""

import base64
import gzip
import io
import json
import re
import xml.etree.ElementTree as ET
import zlib

import numpy as np
import pytest

from course_lib import centrality, cli, rollout
from course_lib.attention import softmax
from course_lib.models import Recording, record
from course_lib.models.look import page as look_page
from course_lib.models.look.figures import (
    ATTENTION,
    FLOW,
    HEATMAPS,
    MOST,
    RANKING,
    ROLLOUT,
    SPARSITY,
    shown,
)
from course_lib.widgets import attention_explorer
from course_lib.widgets.shared.texts import number
from tests.support.models import make, needs_extra, others_may_warn, tokenizer

# With the tests of models: they load the same libraries.
pytestmark = pytest.mark.xdist_group("models")

NAMES = ["attention", "heatmaps", "ranking", "rollout", "flow", "sparsity"]
HOSTILE = ["</script>", "<b>cat", "&amp;", "\u2028", '"', "\\", "🦔", " "]


def recording_of(n=8, *, kind="encoder", layers=2, heads=3, tokens=HOSTILE, **more):
    logits = 2 * np.random.default_rng(7).normal(size=(layers, heads, n, n))
    if kind == "decoder":
        logits = np.where(np.tri(n, dtype=bool), logits, -np.inf)
    tokens = tuple(tokens) if len(tokens) == n else tuple(f"t{k}" for k in range(n))
    weights = softmax(logits).astype(np.float32)
    return Recording(kind, weights, tokens, tokens, **more)


def open_page(page, folder, recording):
    path = folder / "look.html"
    path.write_text(look_page(recording), encoding="utf-8")
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.evaluate("window.ready")
    fetched = [url for url in asked if not url.startswith(("blob:", "data:"))]
    assert fetched == [path.as_uri()]
    return path


def article(page, name, graph="encoder"):
    return page.locator(f"#{graph}-{name}")


def download(page, name, ending):
    with page.expect_download() as waiting:
        article(page, name).locator("summary").click()
        article(page, name).get_by_role("button", name=f"as {ending}").click()
    assert waiting.value.suggested_filename == f"encoder-{name}.{ending.lower()}"
    return waiting.value.path().read_bytes()


# --- in the browser ------------------------------------------------------------------------------


def test_all_figures_are_alive_whatever_the_tokens_are(page, tmp_path):
    recording = recording_of(provenance={"model": "<i>m</i>", "text": "".join(HOSTILE)})
    open_page(page, tmp_path, recording)
    assert page.locator("article").count() == len(NAMES)
    for name in NAMES:
        assert article(page, name).locator(".course-figure svg").count() > 0
    assert page.locator("b", has_text="cat").count() == 0  # no token became markup
    assert page.locator("h1").inner_text() == "Attention of <i>m</i>"
    assert "".join(HOSTILE).strip() in page.locator("header .text").inner_text()
    labels = article(page, "attention").locator(".label").all_text_contents()
    assert "</script>" in labels


def test_the_page_fits_a_phone(page, tmp_path):
    page.set_viewport_size({"width": 390, "height": 800})
    open_page(page, tmp_path, recording_of(provenance={"model": "Longname" * 8}))
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_controls_change_the_figure_and_what_is_linked_follows(page, tmp_path):
    recording = recording_of()
    open_page(page, tmp_path, recording)
    first, second = article(page, "attention"), article(page, "sparsity")
    before = first.locator(".status").inner_text()
    first.get_by_role("slider", name="threshold").fill("0.4")
    expected = int((recording.weights[0].mean(axis=0) > 0.4).sum())
    assert first.locator(".status").inner_text() != before
    assert first.locator("path.edge").count() == expected
    first.get_by_role("slider", name="layer").fill("1")
    first.get_by_label("head").select_option(index=3)
    assert second.get_by_role("slider", name="layer").input_value() == "1"
    assert second.get_by_label("head").evaluate("select => select.selectedIndex") == 3
    assert first.locator("path.edge").count() == int((recording.weights[1, 2] > 0.4).sum())
    second.get_by_role("button", name="top k").click()
    second.get_by_role("slider", name="k", exact=True).fill("2")
    assert second.locator("path.edge").count() == 16
    article(page, "flow").get_by_role("combobox", name="output").select_option(index=5)
    assert article(page, "rollout").locator(".course-figure.picked").count() == 1


def test_numbers_are_those_of_course_lib(page, tmp_path):
    recording = recording_of(tokens=())
    open_page(page, tmp_path, recording)
    shares = article(page, "ranking").locator(".value").all_inner_texts()
    ranks = centrality.pagerank(recording.weights[0].mean(axis=0, dtype=float))
    expected = [number(score, 3) for score in sorted(ranks, reverse=True)]
    assert [text for text in shares if re.fullmatch(r"[\d.]+", text)] == expected
    walked = rollout.rollout(recording.weights)
    row = article(page, "rollout").locator(".readout").inner_text()
    assert number(walked[7].max()) in row


@pytest.mark.parametrize("names", [NAMES[:3], NAMES[3:]], ids=" ".join)
def test_every_figure_can_be_saved(page, tmp_path, names):
    """Three of them a page: a browser asks its reader before a page's eleventh file."""
    recording = recording_of(n=5, tokens=["a", "<b", "c&d", "e", "f"])
    open_page(page, tmp_path, recording)
    for name in names:
        drawing = ET.fromstring(download(page, name, "SVG"))
        texts = " ".join("".join(text.itertext()) for text in drawing.findall(".//{*}text"))
        assert "<b" in texts, name
        assert "c&d" in texts, name
        shapes = [
            e for kind in ("path", "circle", "rect") for e in drawing.findall(f".//{{*}}{kind}")
        ]
        assert len(shapes) > 20, name
        assert not [e for e in drawing.iter() if e.get("class") or "var(" in str(e.attrib)], name
        from PIL import Image

        with Image.open(io.BytesIO(download(page, name, "PNG"))) as image:
            colours = image.convert("RGB").getcolors(2**24)
            assert image.width == 2 * round(float(drawing.get("width"))), name
        assert len(colours) > 20, name  # something is drawn
        numbers = json.loads(download(page, name, "JSON"))
        assert numbers["tokens"] == list(recording.tokens), name
        np.testing.assert_allclose(np.array(numbers["weights"]), recording.weights, rtol=1e-6)


def test_a_saved_list_is_whole_though_the_page_scrolls_it(page, tmp_path):
    open_page(page, tmp_path, recording_of(n=40))
    drawing = ET.fromstring(download(page, "ranking", "SVG"))
    rows = [e for e in drawing if e.tag.endswith("text") and re.fullmatch(r"t\d+", e.text or "")]
    assert len(rows) == 40
    assert max(float(e.get("y")) for e in rows) < float(drawing.get("height"))


def test_three_graphs_of_an_encoder_decoder(page, tmp_path):
    rng = np.random.default_rng(1)
    across = softmax(rng.normal(size=(2, 3, 4, 8))).astype(np.float32)
    decoder = recording_of(4, kind="decoder")
    cross = Recording("cross", across, decoder.tokens, tuple(HOSTILE))
    recording = recording_of(decoder=decoder, cross=cross)
    open_page(page, tmp_path, recording)
    assert page.locator("section").count() == 3
    assert page.locator("article").count() == 2 * len(NAMES) + 1
    figure = article(page, "attention", "cross")
    assert figure.locator(".cells .cell").count() == 32
    article(page, "attention").get_by_role("slider", name="layer").fill("1")
    assert (
        article(page, "attention", "decoder").get_by_role("slider", name="layer").input_value()
        == "0"
    )
    with page.expect_download() as waiting:
        figure.locator("summary").click()
        figure.get_by_role("button", name="JSON").click()
    numbers = json.loads(waiting.value.path().read_bytes())
    shown = np.reshape(numbers["shown"]["matrix"], (4, 8))
    np.testing.assert_allclose(shown, across[0].mean(axis=0), rtol=1e-6)


@needs_extra
@pytest.mark.parametrize(
    "name",
    [
        "GPT2LMHeadModel",
        "LlamaForCausalLM",
        "MistralForCausalLM",
        "T5ForConditionalGeneration",
        "ViTModel",
    ],
)
def test_models_of_every_kind_are_looked_at(page, tmp_path, name):
    given = np.eye(32) if name == "ViTModel" else [7, 3, 11, 5, 7, 3]
    with others_may_warn():
        recording = record(make(name), given, progress=False)
    open_page(page, tmp_path, recording)
    graphs = recording.graphs()
    assert page.locator("section").count() == len(graphs)
    for kind, graph in graphs.items():
        names = NAMES if kind != "cross" else NAMES[:1]
        for shown_name in names:
            assert article(page, shown_name, kind).locator(".course-figure svg").count() > 0
        first = article(page, "attention", kind)
        drawn = int((graph.weights[0].mean(axis=0) > 0.05).sum())
        assert first.locator("path.edge").count() == drawn


def test_a_page_that_asks_the_network_is_seen(page, tmp_path):
    path = tmp_path / "planted.html"
    written = look_page(recording_of())
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', written)[0]
    for content in (written, written.replace(policy, "")):
        planted = content.replace("</main>", '<img src="http://127.0.0.1:9/x.png"></main>')
        path.write_text(planted, encoding="utf-8")
        other = page.context.new_page()
        said, asked = [], []
        other.on("console", lambda message, said=said: said.append(message.text))
        other.on("request", lambda request, asked=asked: asked.append(request.url))
        other.goto(path.as_uri())
        other.evaluate("window.ready")
        assert any("Content Security Policy" in text for text in said) == (content == written)
        assert "http://127.0.0.1:9/x.png" in asked  # as `open_page` would see


# --- without one ---------------------------------------------------------------------------------


def test_equal_weights_are_sent_once():
    written = look_page(recording_of())
    data = json.loads(re.search(r'id="page-data">(.*?)</script>', written, re.S)[1])
    weights = {figure["state"]["weights"]["buffer"] for figure in data["figures"]}
    (key,) = weights
    sent = np.frombuffer(gzip.decompress(base64.b64decode(data["buffers"][key])), "<f4")
    np.testing.assert_array_equal(sent, recording_of().weights.ravel())


@pytest.mark.parametrize("kind", ["encoder", "decoder"])
def test_what_is_too_long_is_said_and_still_shown(kind, monkeypatch):
    for figure, most in {ATTENTION: 9, HEATMAPS: 9, RANKING: 20, ROLLOUT: 20, FLOW: 7}.items():
        monkeypatch.setitem(MOST, figure, most)
    recording = recording_of(12, kind=kind)
    notes, found = shown(recording)
    assert [note.partition(":")[0] for note in notes] == [
        "Graph and heatmap, Two heads compared",
        "Flow",
    ]
    assert "up to 9 tokens; here are 12" in notes[0]
    assert found[0].image
    assert found[0].alt.startswith("Heatmap of attention weights, 12 queries by 12 keys")
    count = {"attention": 9, "heatmaps": 9, "ranking": 12, "rollout": 12, "flow": 7, "sparsity": 12}
    if kind == "encoder":  # the first tokens read those after them
        count = {name: n for name, n in count.items() if n == 12}
    drawn = {figure.name: figure.box.children[-1].tokens for figure in found[1:]}
    assert drawn == {name: list(recording.tokens[:n]) for name, n in count.items()}
    written = look_page(recording)
    assert '<img src="data:image/png;base64,' in written
    assert "drawn for up to 9 tokens" in written


@pytest.mark.parametrize("n", [MOST[SPARSITY], MOST[FLOW], MOST[FLOW] + 1])
def test_the_figures_draw_what_the_page_believes_they_draw(n):
    notes, found = shown(recording_of(n, layers=1, heads=2))
    assert len(notes) == (n > MOST[SPARSITY]) + (n > MOST[FLOW])
    live = [figure.name for figure in found if figure.box]
    assert live == [name for (name, _, _), most in MOST.items() if n <= most]
    with pytest.raises(ValueError, match=f"at most {MOST[ATTENTION]} positions"):
        attention_explorer(np.eye(MOST[ATTENTION] + 1))


def test_cross_attention_that_is_too_long_is_still_shown(monkeypatch):
    weights = np.full((1, 1, 3, 60), 1 / 60, dtype=np.float32)
    queries, keys = tuple("abc"), tuple(f"t{k}" for k in range(60))
    crossing = Recording("cross", weights, queries, keys)
    notes, (figure,) = shown(crossing)
    assert notes == []
    assert figure.box is not None
    monkeypatch.setitem(MOST, ATTENTION, 59)
    notes, (figure,) = shown(crossing)
    assert "here are 3 and 60" in notes[0]
    assert figure.image


@needs_extra
def test_the_command_writes_the_page_and_says_where(tmp_path, capsys):
    folder, path = tmp_path / "model", tmp_path / "page.html"
    with others_may_warn():
        make("LlamaForCausalLM").save_pretrained(folder)
        tokenizer("Ġ", ["The mat sat on the mat."] * 3).save_pretrained(folder)
        command = ["look", "--model", str(folder), "--save", str(path)]
        assert cli.main([*command, "The mat sat on <it>."]) == 0
        assert capsys.readouterr().out == f"{path}\n"
        written = path.read_text(encoding="utf-8")
        assert "The mat sat on &lt;it&gt;." in written
        assert str(tmp_path) not in written
        (tmp_path / "text.txt").write_text("The mat.", encoding="utf-8")
        assert cli.main([*command, "--text-file", str(tmp_path / "text.txt")]) == 0
        capsys.readouterr()
        # It is refused, and the page of before stays.
        before = path.read_bytes()
        assert cli.main([*command, " "]) == 2
        assert "course: text must not be empty" in capsys.readouterr().err
        assert path.read_bytes() == before
        assert sorted(p.name for p in tmp_path.iterdir()) == ["model", "page.html", "text.txt"]


@needs_extra
def test_an_image_is_looked_at(tmp_path, capsys):
    from PIL import Image

    with others_may_warn():
        make("ViTModel").save_pretrained(tmp_path / "model")
    Image.fromarray(np.eye(40, dtype=np.uint8) * 255).save(tmp_path / "image.png")
    where = ["--model", str(tmp_path / "model"), "--save", str(tmp_path / "a.html")]
    with others_may_warn():
        assert cli.main(["look", "--image", str(tmp_path / "image.png"), *where]) == 0
    written = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "Attention between the patches" in written
    assert ">An image, read as 17 positions</p>" in written


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["a text"], "which model.*--model FOLDER"),
        (["--model", "there"], "give one of a text, --text-file and --image; got none"),
        (["a", "--image", "b", "--model", "there"], "got text and --image"),
        (["a", "--model", "nowhere"], "no folder nowhere|needs the extra"),
        (["--text-file", "nowhere.txt", "--model", "there"], "nowhere.txt"),
        (["--text-file", "bytes.txt", "--model", "there"], "bytes.txt is no text in UTF-8"),
        (["--image", "bytes.txt", "--model", "there"], "bytes.txt is no image that can be read"),
        (["--image", "large.png", "--model", "there"], "large.png is no image that can be read"),
        (["--image", "nowhere.png", "--model", "there"], "there is no nowhere.png"),
    ],
)
def test_what_lacks_is_told_in_a_sentence(tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bytes.txt").write_bytes(b"\xff\xfe\xfa")
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    head += b"\x00\x01\x86\xa0" * 2 + b"\x08\x02\x00\x00\x00"
    head += zlib.crc32(head[12:]).to_bytes(4, "big")
    (tmp_path / "large.png").write_bytes(head)  # that says it has ten thousand million pixels
    assert cli.main(["look", *arguments]) == 2
    error = capsys.readouterr().err
    assert re.fullmatch(f"course: .*({told}).*\n", error)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bytes.txt", "large.png"]


@needs_extra
def test_without_a_place_a_browser_opens_the_page(tmp_path, monkeypatch, capsys):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr("course_lib.models.record", lambda *_, **__: recording_of())
    assert cli.main(["look", "a", "--model", "there"]) == 0
    (path,) = tmp_path.rglob("*.html")
    assert opened == [path.as_uri()]
    assert capsys.readouterr().out == f"{path}\n"
