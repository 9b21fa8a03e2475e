"""Models in folders, tokens as one reads them, files, and what is told of mistakes."""

import dataclasses
import errno
import json
import os
import sys

import numpy as np
import pytest

from course_lib import models
from course_lib.attention import softmax
from course_lib.models import Recording, opening, packing, recorder
from tests.support.models import make, needs_extra, others_may_warn, tokenizer

pytestmark = pytest.mark.xdist_group("models")
LEARNT = ["The mat sat on the mat, the cat sits.", "The café on the mat"] * 3


def record(model, text, **options):
    with others_may_warn():
        return models.record(model, text, progress=False, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a small causal model with its tokenizer."""
    place = tmp_path_factory.mktemp("models") / "small"
    make("LlamaForCausalLM").save_pretrained(place)
    tokenizer("Ġ", LEARNT).save_pretrained(place)
    return place


def causal(seed=0, n=6, layers=2, heads=3):
    logits = 3 * np.random.default_rng(seed).normal(size=(layers, heads, n, n))
    return softmax(np.where(np.tri(n, dtype=bool), logits, -np.inf)).astype(np.float32)


def recording_of(weights, **more):
    tokens = tuple(f"t{k}" for k in range(np.shape(weights)[-1]))
    return Recording(kind="decoder", weights=weights, queries=tokens, keys=tokens, **more)


# --- tokens --------------------------------------------------------------------------------------


@needs_extra
@pytest.mark.parametrize("mark", ["##", "Ġ", "▁"])
def test_tokens_are_pieces_of_the_text(mark):
    made = tokenizer(mark, LEARNT)
    text = "The mats sat on the café mat."
    recording = record(make("BertModel"), text, tokenizer=made)
    assert not [token for token in recording.tokens if any(m in token for m in ("##", "Ġ", "▁"))]
    pieces = [token for token in recording.tokens if token not in ("[CLS]", "[SEP]")]
    assert "".join(pieces).replace(" ", "") == text.replace(" ", "")
    raw = made.convert_ids_to_tokens(recording.ids)
    assert any(mark in token for token in raw)  # the test would see a mark that stays
    assert len(raw) == len(recording.tokens)
    assert ("[CLS]" in recording.tokens) == (mark == "##")


@needs_extra
def test_white_space_stays_where_a_token_is_nothing_else():
    made = tokenizer("Ġ", ["a\n\nb c"] * 3)
    assert "\n" in "".join(record(make("BertModel"), "a\n\nb c", tokenizer=made).tokens)


@needs_extra
def test_numbers_of_tokens_are_spelled_out():
    made = tokenizer("##", LEARNT)
    ids = made("The mat sat.")["input_ids"]
    tokens = record(make("BertModel"), ids, tokenizer=made).tokens
    assert (tokens[0], tokens[-1]) == ("[CLS]", "[SEP]")
    assert "".join(tokens[1:-1]) == "Thematsat."


# --- folders -------------------------------------------------------------------------------------


@needs_extra
def test_a_folder_gives_what_the_loaded_model_gives(folder):
    text = "The mat sat on the mat."
    for place in (folder, str(folder)):
        recording = record(place, text)
        loaded = record(make("LlamaForCausalLM"), recording.ids.tolist())
        np.testing.assert_allclose(recording.weights, loaded.weights, atol=1e-6)
        np.testing.assert_allclose(recording.losses, loaded.losses, atol=1e-5)
        notes = recording.provenance
        assert (notes["model"], notes["class"]) == ("small", "LlamaForCausalLM")
        assert notes["text"] == text
        assert set(notes["versions"]) == {"transformers", "torch"}
        assert str(folder.parent) not in json.dumps(notes)  # it may be shared


@needs_extra
def test_a_model_in_half_precision_stays_so(tmp_path):
    import torch

    make("LlamaForCausalLM").to(torch.bfloat16).save_pretrained(tmp_path)
    assert record(tmp_path, [3, 4, 5]).provenance["precision"] == "bfloat16"


@needs_extra
def test_what_is_no_model_is_told_in_a_sentence(tmp_path, folder):
    for place, told in {
        tmp_path / "nowhere": "there is no folder .*nowhere",
        tmp_path: "is no model: it holds neither config.json nor a file",
    }.items():
        with pytest.raises(ValueError, match=told):
            record(place, "a")
    (tmp_path / "config.json").write_text('{"model_type": "llama"}')
    with pytest.raises(ValueError, match=r"no model can be opened in .*"):
        record(tmp_path, "a")
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match=r"no model can be opened in .*"):
        record(tmp_path, "a")
    with pytest.raises(TypeError, match="model must be a folder or a model of the library"):
        record(np.eye(3), "a")


@needs_extra
def test_a_folder_that_lacks_layers_is_refused(folder, tmp_path):
    from safetensors.numpy import load_file, save_file

    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    parameters = load_file(tmp_path / "model.safetensors")
    lacking = {k: v for k, v in parameters.items() if "layers.1.self_attn.q" not in k}
    save_file(lacking, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ValueError, match=r"lacks 1 parts of the model, the first one .*q_proj"):
        record(tmp_path, "The mat")


# --- what cannot be recorded ---------------------------------------------------------------------


@needs_extra
@pytest.mark.parametrize(
    ("name", "text", "options", "error", "told"),
    [
        ("BertModel", "", {}, ValueError, "text must not be empty, got ''"),
        ("BertModel", " \n", {}, ValueError, "text must not be empty"),
        ("BertModel", [], {}, ValueError, "text must not be empty"),
        ("BertModel", "a text", {}, ValueError, "needs its tokenizer: give tokenizer="),
        ("BertModel", [1, 60], {}, ValueError, "text must be between 0 and 59, got 60"),
        ("BertModel", [1, 2.5], {}, TypeError, "text must be an integer, got 2.5"),
        ("BertModel", 3, {}, TypeError, "text must be a sequence of integers"),
        ("BertModel", [1], {"target": [1]}, ValueError, "target is for encoder-decoders"),
        ("BertModel", [1], {"memory_limit": 0}, ValueError, "memory_limit must be at least 1"),
        ("GPT2LMHeadModel", [1] * 21, {}, ValueError, "at most 20 tokens, got 21"),
        (
            "GPT2LMHeadModel",
            [1] * 20,
            {"memory_limit": 20_000},
            ValueError,
            r"20 tokens, for which the weights would take 25.6 kB, more than 20 kB: shorten it",
        ),
        ("ViTModel", "a text", {}, ValueError, "text must be an image for this model"),
        ("ViTModel", np.ones((4, 4, 3)) * 7, {}, ValueError, "bytes or numbers from 0 to 1"),
        ("T5ForConditionalGeneration", [1], {"target": []}, ValueError, "target must not be empty"),
    ],
)
def test_what_does_not_fit_is_told_in_a_sentence(name, text, options, error, told):
    model = make(name)
    with pytest.raises(error, match=told):
        record(model, text, **options)
    assert model.training  # it is left as it was


@needs_extra
def test_a_model_that_gives_no_attention_says_what_to_do():
    import torch

    with pytest.raises(ValueError, match="Load it with attn_implementation='eager'"):
        recorder._weights((), {"class": "BertModel"})
    sink = (torch.full((1, 2, 3, 3), 0.25),)
    with pytest.raises(ValueError, match=r"rows of attention in layer 0 that sum to 0.75, not to"):
        recorder._weights(sink, {"class": "GptOss"})
    windows = [torch.full((1, heads, 3, 3), 1 / 3) for heads in (2, 4)]
    with pytest.raises(ValueError, match="attention of different shapes"):
        recorder._weights(windows, {"class": "Swin"})


@needs_extra
def test_a_model_without_attention_is_refused():
    with others_may_warn():
        import transformers

        config = transformers.MambaConfig(
            hidden_size=16, num_hidden_layers=1, vocab_size=60, state_size=4
        )
        model = transformers.MambaModel(config)
    with pytest.raises(ValueError, match="MambaModel"):
        record(model, [1, 2, 3])


def test_a_missing_extra_is_told(monkeypatch):
    for name in ("transformers", "torch"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            with pytest.raises(ImportError, match='needs the extra "record": pip install'):
                models.record("folder", "text")


@needs_extra
def test_an_interrupt_leaves_the_model_as_it_was():
    model = make("LlamaForCausalLM")
    before = model.config._attn_implementation

    def interrupt(*_):
        raise KeyboardInterrupt

    hook = model.model.layers[1].mlp.register_forward_pre_hook(interrupt)
    with pytest.raises(KeyboardInterrupt):
        record(model, [1, 2, 3])
    hook.remove()
    assert model.config._attn_implementation == before
    assert model.training
    assert record(model, [1, 2, 3]).layers == 2


@needs_extra
def test_memory_is_told_before_the_model_runs(capsys):
    with others_may_warn():
        models.record(make("LlamaForCausalLM"), [1, 2, 3])
    told = capsys.readouterr().err
    assert told.lstrip("\r").startswith("recording 3 tokens, 576 bytes:   0%")
    assert "2/2" in told
    record(make("LlamaForCausalLM"), [1, 2, 3])
    assert capsys.readouterr().err == ""


# --- files ---------------------------------------------------------------------------------------


def test_a_file_gives_back_what_was_saved(tmp_path):
    rng = np.random.default_rng(3)
    whole = softmax(2 * rng.normal(size=(2, 3, 5, 5))).astype(np.float32)
    across = softmax(2 * rng.normal(size=(2, 3, 6, 5))).astype(np.float32)
    names, others = ("a", "##b", "ü", " ", "🦔"), tuple("abcdef")
    decoder = recording_of(causal(), losses=np.arange(6, dtype=np.float32), ids=np.arange(6))
    cross = Recording("cross", across, others, names, no_value_sizes="because")
    saved = Recording(
        "encoder",
        whole,
        names,
        names,
        value_sizes=whole[..., 0],
        provenance={"model": "m", "versions": {"torch": "2"}},
        decoder=decoder,
        cross=cross,
    )
    path = tmp_path / "mine.npz"
    saved.save(path)
    loaded = models.load(path)
    assert list(loaded.graphs()) == ["encoder", "decoder", "cross"]
    for before, after in zip(saved.graphs().values(), loaded.graphs().values(), strict=True):
        for field in dataclasses.fields(Recording):
            old, new = getattr(before, field.name), getattr(after, field.name)
            if field.name in ("decoder", "cross"):
                continue
            if isinstance(old, np.ndarray):
                np.testing.assert_allclose(new, old, rtol=1e-3, atol=1e-7)
                assert new.dtype == old.dtype
            else:
                assert new == old
    with np.load(path, allow_pickle=False) as stored:
        assert stored["decoder.weights"].shape == (2, 3, 21)  # the lower triangle alone
    first = path.read_bytes()
    saved.save(path)
    assert path.read_bytes() == first


def test_no_weight_vanishes_and_none_appears(tmp_path):
    weights = np.array([[[[1, 0, 0], [1 - 1e-12, 1e-12, 0], [0.5, 0, 0.5]]]], dtype=np.float32)
    recording_of(weights).save(tmp_path / "a.npz")
    loaded = models.load(tmp_path / "a.npz").weights
    assert ((loaded > 0) == (weights > 0)).all()


def test_bytes_hold_weights_to_the_error_that_is_told():
    weights = causal(n=40, layers=3).astype(np.float64)
    rows, columns = np.tril_indices(40)
    stored = packing.pack(weights, small=True)
    assert stored["weights"].dtype == np.uint8
    back = np.where(stored["weights"] == 0, packing.BELOW, stored["weights"]) / 255
    off = np.abs(back - weights[..., rows, columns] ** 0.25)
    assert 0.9 / 510 < off.max() <= 1 / 510 + 1e-12
    again = packing.unpack(stored)
    np.testing.assert_allclose(again.sum(axis=-1), 1, atol=1e-12)
    assert not np.triu(again, 1).any()
    for weight, told in {0.5: 0.01, 0.01: 0.03, 0.0001: 0.09}.items():
        near = np.linspace(weight * 0.9, weight * 1.1, 1000)
        coded = (np.round(255 * near**0.25) / 255) ** 4
        assert 0.5 * told < np.abs(coded / near - 1).max() < told
    with pytest.raises(ValueError, match="must be above 0"):
        packing.pack(np.eye(3)[None], small=True)


def test_a_file_that_is_no_recording_is_refused(tmp_path):
    path = tmp_path / "other.npz"
    for content in (b"", b"PK\x03\x04 broken", b"text"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"other.npz holds no recording"):
            models.load(path)
    np.savez(path, weights=np.eye(3))
    with pytest.raises(ValueError, match="holds no recording"):
        models.load(path)
    np.savez(path, **{"decoder.notes": np.array('{"format": "other"}')})
    with pytest.raises(ValueError, match="its format is not"):
        models.load(path)
    np.savez(path, **{"decoder.notes": np.array([{}], dtype=object)})  # a pickle is not opened
    with pytest.raises(ValueError, match="holds no recording"):
        models.load(path)
    with pytest.raises(FileNotFoundError):
        models.load(tmp_path / "nowhere.npz")


@pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "No space left"), KeyboardInterrupt()])
@pytest.mark.parametrize("place", ["zipfile.ZipFile.writestr", "os.replace"])
def test_nothing_half_written_stays(tmp_path, monkeypatch, trouble, place):
    path = tmp_path / "mine.npz"
    recording_of(causal(seed=1)).save(path)
    before = path.read_bytes()

    def fail(*_, **__):
        raise trouble

    monkeypatch.setattr(place, fail)
    with pytest.raises(type(trouble)):
        recording_of(causal(seed=2)).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["mine.npz"]


def test_a_file_may_be_read_by_whom_the_system_allows(tmp_path):
    recording_of(causal()).save(tmp_path / "mine.npz")
    (tmp_path / "plain").write_text("")
    modes = {path.name: path.stat().st_mode for path in tmp_path.iterdir()}
    assert modes["mine.npz"] == modes["plain"]


def test_a_recording_that_does_not_fit_itself_is_refused():
    weights = causal()
    with pytest.raises(ValueError, match="queries must have one entry a position"):
        Recording("decoder", weights, ("a",), ("a",))
    with pytest.raises(ValueError, match="rows that sum to 1"):
        recording_of(weights * 0.9)
    assert repr(recording_of(weights)) == (
        "<Recording of a model: decoder, 2 layers × 3 heads × (6, 6)>"
    )
    assert recording_of(weights).causal
    assert not recording_of(weights[..., ::-1, ::-1]).causal


def test_weights_of_a_recording_are_float32_and_its_rows_sum_to_1():
    weights = causal()
    rounded = weights.astype(np.float16)
    for given in (weights.astype(float), rounded, np.ma.array(weights), weights.tolist()):
        kept = recording_of(given).weights
        assert type(kept) is np.ndarray
        assert kept.dtype == np.float32
        assert abs(kept.sum(axis=-1) - 1).max() < 1e-6
    ones = recording_of(np.eye(6, dtype=int)[None, None])
    assert ones.weights.dtype == np.float32


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("ids", [1, 2]),
        ("ids", "abcdef"),
        ("losses", np.zeros((6, 1))),
        ("value_sizes", np.ones((2, 6))),
        ("value_sizes", {}),
        ("provenance", 5),
        ("decoder", 7),
        ("cross", causal()),
    ],
)
def test_a_part_of_a_recording_that_does_not_fit_is_named(name, wrong):
    with pytest.raises((TypeError, ValueError), match=rf"^{name} must "):
        recording_of(causal(), **{name: wrong})


def test_what_json_cannot_hold_is_no_provenance(tmp_path):
    recording = recording_of(causal(), provenance={"made": object()})
    with pytest.raises(TypeError, match=r"^provenance must hold only what JSON can"):
        recording.save(tmp_path / "mine.npz")
    assert os.listdir(tmp_path) == []


def test_a_name_may_be_as_long_as_the_system_takes(tmp_path):
    path = tmp_path / f"{'x' * 251}.npz"
    recording_of(causal()).save(path)
    assert models.load(path).layers == 2


def test_install_hint_names_an_extra_that_exists():
    import tomllib

    project = tomllib.loads((packing.Path(__file__).parents[1] / "pyproject.toml").read_text())
    assert "record" in project["project"]["optional-dependencies"]
    assert '".[record]"' in opening.INSTALL
