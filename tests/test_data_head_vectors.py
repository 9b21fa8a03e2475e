"""The recorded queries, keys and values: their attention is the recorded attention."""

import hashlib
import json
import subprocess
import sys

import numpy as np
import pytest

from course_lib import data
from course_lib.attention import attention
from course_lib.data import FOLDER, head_vectors, recording
from tests.support.models import make, needs_extra, others_may_warn

pytestmark = pytest.mark.xdist_group("models")
WITHIN = {"minilm": 0.001, "smollm2": 0.005}  # what the docstring and README.md say
TEXTS = [(model, name) for model, names in head_vectors.TEXTS.items() for name in names]
WIDTHS = {"minilm": 32, "smollm2": 64}


def farthest(model, name, heads):
    """Return how far the weights computed from `heads` are from the recorded ones."""
    weights, _ = data.load_attention(name, model=model)
    own = [attention(h.query, h.key, h.value, mask=h.mask)[1] for h in heads.values()]
    return max(np.abs(a - weights[at]).max() for a, at in zip(own, heads, strict=True))


@pytest.mark.parametrize(("model", "name"), TEXTS)
def test_attention_of_the_vectors_is_the_recorded_attention(model, name):
    heads = data.load_head_vectors(name, model=model)
    _, tokens = data.load_attention(name, model=model)
    assert list(heads) == head_vectors.HEADS[model]
    for head in heads.values():
        assert head.tokens == tuple(tokens)
        for part in (head.query, head.key, head.value):
            assert part.dtype == np.float64
            assert part.shape == (len(tokens), WIDTHS[model])
            np.testing.assert_array_equal(part.astype(np.float16), part)  # nothing is lost
        assert (head.mask is None) == (model == "minilm")
    assert farthest(model, name, heads) < WITHIN[model]


@pytest.mark.parametrize("model", WIDTHS)
def test_swapped_vectors_and_another_head_are_seen(model):
    heads = data.load_head_vectors("agreement", model=model)
    swapped = {at: h._replace(query=h.key, key=h.query) for at, h in heads.items()}
    assert farthest(model, "agreement", swapped) > 10 * WITHIN[model]
    (first, second), *_ = [(a, b) for a in heads for b in heads if a != b]
    assert farthest(model, "agreement", {first: heads[second]}) > 10 * WITHIN[model]


def test_heads_of_a_group_share_keys_and_values_but_not_queries():
    for name in head_vectors.TEXTS["smollm2"]:
        heads = data.load_head_vectors(name, model="smollm2")
        for part in ("key", "value"):
            np.testing.assert_array_equal(getattr(heads[18, 6], part), getattr(heads[18, 8], part))
        assert not np.array_equal(heads[18, 6].query, heads[18, 8].query)


@pytest.mark.parametrize("name", ["short", "", None, 3, np.array(["agreement", "short"])])
def test_an_unknown_name_lists_the_names(name):
    with pytest.raises(ValueError, match="name must be one of 'agreement', 'it_tired', got"):
        data.load_head_vectors(name)
    with pytest.raises(ValueError, match="name must be one of 'agreement', 'repetition', got"):
        data.load_head_vectors("it_tired", model="smollm2")
    with pytest.raises(ValueError, match="model must be one of 'minilm', 'smollm2', got 'gpt'"):
        data.load_head_vectors("agreement", model="gpt")


def test_notes_are_those_of_the_recorded_models_and_the_file_is_small():
    notes = json.loads((FOLDER / "head_vectors.json").read_text(encoding="utf-8"))
    for model, told in notes.items():
        whole = data.provenance(model)
        assert told["weights_sha256"] == whole["weights_sha256"]
        texts = whole["sentences"]
        assert told["sentences"] == {name: texts[name] for name in head_vectors.TEXTS[model]}
    file = FOLDER / "head_vectors.npz"
    assert file.stat().st_size < 100_000
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert digest in text
    assert "python -m course_lib.data.head_vectors" in text


def test_loading_needs_no_torch():
    program = (
        "import sys, course_lib.data as data; data.load_head_vectors('it_tired');"
        "import course_lib.data.head_vectors; print({'torch', 'transformers'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.stdout.strip() == "set()", run.stderr


@needs_extra
@pytest.mark.parametrize("kind", ["BertModel", "LlamaForCausalLM"])
def test_vectors_are_those_that_a_model_attends_with(kind):
    import torch

    ids = [7, 3, 11, 5, 9]
    model = make(kind).eval()
    before = model.config._attn_implementation
    with others_may_warn():
        layers = head_vectors.vectors_of(model, ids)
        assert model.config._attn_implementation == before
        model.set_attn_implementation("eager")
        with torch.no_grad():
            told = model(torch.tensor([ids]), output_attentions=True).attentions
    mask = None if kind == "BertModel" else np.tri(5, dtype=bool)
    for (query, key, value), weights in zip(layers, told, strict=True):
        assert query.shape == key.shape == value.shape == (4, 5, 8)
        _, own = attention(query, key, value, mask=mask)
        np.testing.assert_allclose(own, weights[0].numpy(), atol=1e-6)
    if mask is not None:  # grouped queries: neighbours share keys and values
        np.testing.assert_array_equal(layers[0][1][0], layers[0][1][1])


@needs_extra
def test_recording_again_gives_what_is_stored():
    with others_may_warn():
        _, model, ids = recording._read(recording.SENTENCES["agreement"])
        layers = head_vectors.vectors_of(model, ids)
    for (layer, head), stored in data.load_head_vectors("agreement").items():
        for array, kept in zip(layers[layer], stored, strict=False):
            np.testing.assert_array_equal(array[head].astype(np.float16), kept)
