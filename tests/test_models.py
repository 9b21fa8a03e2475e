"""`course_lib.models.record` on small models with random parameters, one of each kind."""

import numpy as np
import pytest

from course_lib import models
from tests.support.models import make, needs_extra

pytestmark = [needs_extra, pytest.mark.xdist_group("models")]

IDS = [7, 3, 11, 5, 7, 3, 2, 40, 11]
CAUSAL = ["GPT2LMHeadModel", "GPTNeoXForCausalLM", "LlamaForCausalLM", "MistralForCausalLM"]
ENCODERS = ["BertModel", "DistilBertModel"]
IMAGE = np.random.default_rng(0).integers(0, 256, size=(40, 24, 3), dtype=np.uint8)


def own_attentions(model, inputs, which="attentions"):
    """Return what the model itself says, in eager attention, as (l, h, n, n)."""
    import torch

    model.eval()
    model.set_attn_implementation("eager")
    with torch.no_grad():
        layers = model(**inputs, output_attentions=True)[which]
    return torch.cat(list(layers)).numpy()


def tensor(ids):
    import torch

    return torch.tensor([ids])


def record(model, text, **options):
    return models.record(model, text, progress=False, **options)


def assert_attention(recording):
    weights = recording.weights
    assert weights.dtype == np.float32
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=0, atol=1e-6)
    assert weights.std(axis=(-2, -1)).min() > 1e-4  # heads that differ from uniform attention


@pytest.mark.parametrize("name", ENCODERS + CAUSAL)
def test_weights_are_the_models_own(name):
    model = make(name)
    recording = record(model, IDS)
    expected = own_attentions(model, {"input_ids": tensor(IDS)})
    np.testing.assert_allclose(recording.weights, expected, rtol=0, atol=1e-6)
    assert_attention(recording)
    assert recording.tokens == tuple(map(str, IDS))
    assert recording.ids.tolist() == IDS
    assert (recording.layers, recording.heads) == (2, 4)
    assert recording.causal == (name in CAUSAL)
    assert recording.kind == ("decoder" if name in CAUSAL else "encoder")
    assert recording.provenance["class"] == name
    assert recording.provenance["precision"] == "float32"


def test_a_sliding_window_hides_what_is_far():
    weights = record(make("MistralForCausalLM"), IDS).weights
    i, j = np.indices(weights.shape[-2:])
    near = (i >= j) & (i - j < 4)
    assert (weights[..., near] > 0).all()
    assert (weights[..., ~near] == 0).all()


def test_an_encoder_decoder_gives_three_graphs():
    model = make("T5ForConditionalGeneration")
    recording = record(model, IDS, target=[9, 4, 1])
    inputs = {"input_ids": tensor(IDS), "decoder_input_ids": tensor([0, 9, 4, 1])}
    assert list(recording.graphs()) == ["encoder", "decoder", "cross"]
    for kind, graph in recording.graphs().items():
        own = own_attentions(model, inputs, f"{kind}_attentions")
        np.testing.assert_allclose(graph.weights, own, rtol=0, atol=1e-6)
        assert_attention(graph)
        assert graph.value_sizes.shape == (*own.shape[:2], own.shape[-1])
    assert recording.cross.weights.shape == (2, 4, 4, 9)
    assert recording.decoder.causal
    assert (recording.cross.queries, recording.cross.keys) == (("0", "9", "4", "1"), recording.keys)
    with pytest.raises(ValueError, match="use queries and keys"):
        _ = recording.cross.tokens
    written = record(model, IDS).decoder  # by the model itself
    assert 2 <= len(written.tokens) <= 41
    assert written.tokens[0] == "0"


def test_a_vision_transformer_reads_an_image():
    from PIL import Image

    model = make("ViTModel")
    recording = record(model, IMAGE)
    pixels = np.asarray(Image.fromarray(IMAGE).resize((32, 32), Image.Resampling.BILINEAR))
    pixels = tensor(np.moveaxis(pixels / 127.5 - 1, -1, 0).astype(np.float32).tolist())
    np.testing.assert_allclose(
        recording.weights, own_attentions(model, {"pixel_values": pixels}), rtol=0, atol=1e-6
    )
    assert recording.kind == "image"
    assert recording.tokens[:6] == ("[CLS]", "0,0", "0,1", "0,2", "0,3", "1,0")
    assert len(recording.tokens) == 17
    assert recording.ids is None
    for same in (Image.fromarray(IMAGE), IMAGE / 255):
        np.testing.assert_array_equal(record(model, same).weights, recording.weights)
    grey = record(model, IMAGE[..., 0]).weights
    np.testing.assert_array_equal(grey, record(model, IMAGE[..., [0, 0, 0]]).weights)


def sizes_by_hand(name, model, layer):
    """Return ‖v W_O‖ of a layer, from the model's parameters and its hidden states."""
    import torch

    with torch.no_grad():
        model.eval()
        state = model(tensor(IDS), output_hidden_states=True).hidden_states[layer][0]
        if name == "BertModel":
            block = model.encoder.layer[layer].attention
            values, w_o = block.self.value(state), block.output.dense.weight
        elif name == "GPT2LMHeadModel":
            block = model.transformer.h[layer]
            values, w_o = block.attn.c_attn(block.ln_1(state))[:, 64:], block.attn.c_proj.weight.T
        elif name == "GPTNeoXForCausalLM":
            block = model.gpt_neox.layers[layer]
            fused = block.attention.query_key_value(block.input_layernorm(state))
            values = fused.reshape(9, 4, 3, 8)[:, :, 2].reshape(9, 32)
            w_o = block.attention.dense.weight
        else:
            block = model.model.layers[layer]
            values = block.self_attn.v_proj(block.input_layernorm(state))
            values = values.reshape(9, 2, 8)[:, [0, 0, 1, 1]].reshape(9, 32)
            w_o = block.self_attn.o_proj.weight
        heads = [values[:, k : k + 8] @ w_o[:, k : k + 8].T for k in range(0, 32, 8)]
        return torch.stack(heads).norm(dim=-1).numpy()


@pytest.mark.parametrize("name", ["BertModel", *CAUSAL])
def test_sizes_of_values_are_those_of_the_parameters(name):
    model = make(name)
    recording = record(model, IDS)
    assert recording.no_value_sizes == ""
    for layer in range(2):
        expected = sizes_by_hand(name, model, layer)
        np.testing.assert_allclose(recording.value_sizes[layer], expected, rtol=1e-4)


def test_sizes_of_values_are_not_told_where_something_lies_between():
    import torch

    model = make("LlamaForCausalLM")
    model.model.layers[1].self_attn.v_proj = torch.nn.Sequential(
        model.model.layers[1].self_attn.v_proj
    )
    gate = model.model.layers[1].self_attn.o_proj
    gate.register_forward_pre_hook(lambda module, inputs: (inputs[0].sigmoid(),))
    recording = record(model, IDS)
    assert recording.value_sizes is None
    assert "something lies between" in recording.no_value_sizes


@pytest.mark.parametrize("name", ["BartModel", "Phi3ForCausalLM"])
def test_projections_under_other_names_are_found(name):
    options = {"target": [4, 5]} if name == "BartModel" else {}
    for graph in record(make(name), IDS, **options).graphs().values():
        assert graph.no_value_sizes == ""
        assert graph.value_sizes.shape == (2, 4, len(graph.keys))
        assert (graph.value_sizes > 0).all()


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("GptOssForCausalLM", IDS, "rows of attention in layer 0 that sum to"),  # sinks
        ("SwinModel", IMAGE, "attention of different shapes"),  # windows of an image
        ("WhisperModel", IDS, "WhisperModel reads input_features, not text"),
    ],
)
def test_what_is_no_graph_of_tokens_is_refused(name, text, told):
    with pytest.raises(ValueError, match=told):
        record(make(name), text)


def test_losses_are_the_models_own():
    import torch

    model = make("LlamaForCausalLM")
    losses = record(model, IDS).losses
    assert np.isnan(losses[0])
    with torch.no_grad():
        mean = model(tensor(IDS), labels=tensor(IDS)).loss.item()
    assert losses[1:].mean() == pytest.approx(mean, abs=1e-5)
    assert record(make("BertModel"), IDS).losses is None


def test_a_loaded_model_is_left_as_it_was():
    for name in ("LlamaForCausalLM", "T5ForConditionalGeneration"):
        model = make(name)
        model.set_attn_implementation("sdpa")
        model.train()
        model.lm_head.eval()
        first = record(model, IDS, memory_limit=10**7)
        assert model.config._attn_implementation == "sdpa"
        assert all(
            part.config._attn_implementation == "sdpa"
            for part in model.modules()
            if hasattr(part, "config") and hasattr(part.config, "_attn_implementation")
        )
        assert model.training
        assert not model.lm_head.training
        hooks = [h for m in model.modules() for h in (m._forward_hooks, m._forward_pre_hooks)]
        owners = {hook.__module__ for each in hooks for hook in each.values()}
        assert "course_lib.models.values" not in owners
        second = record(model, IDS)
        np.testing.assert_array_equal(first.weights, second.weights)  # no dropout


@pytest.mark.parametrize("name", ["GPT2LMHeadModel", "LlamaForCausalLM", "ViTModel"])
def test_half_precision_works(name):
    import torch

    given = IMAGE if name == "ViTModel" else IDS
    exact, rounded = record(make(name), given), record(make(name).to(torch.bfloat16), given)
    assert_attention(rounded)
    np.testing.assert_allclose(rounded.weights, exact.weights, atol=0.05)
    np.testing.assert_allclose(rounded.value_sizes, exact.value_sizes, rtol=0.1)
    assert rounded.provenance["precision"] == "bfloat16"
