"""Small models with random parameters, and tokenizers made on the spot; no network, no files."""

import contextlib
import importlib.util
import warnings

import pytest

HAS_EXTRA = all(importlib.util.find_spec(name) for name in ("transformers", "tqdm"))
needs_extra = pytest.mark.skipif(not HAS_EXTRA, reason='the extra "record" is not installed')

SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "vocab_size": 60,
}
SPREAD = {"initializer_range": 0.2}  # so that attention is far from uniform
GROUPED = {**SIZES, **SPREAD, "num_key_value_heads": 2}
MAKERS = {
    "BertModel": ("BertConfig", {**SIZES, **SPREAD}),
    "DistilBertModel": (
        "DistilBertConfig",
        {"dim": 32, "n_layers": 2, "n_heads": 4, "hidden_dim": 48, "vocab_size": 60, **SPREAD},
    ),
    "GPT2LMHeadModel": (
        "GPT2Config",
        {"n_embd": 32, "n_layer": 2, "n_head": 4, "vocab_size": 60, "n_positions": 20, **SPREAD},
    ),
    "GPTNeoXForCausalLM": ("GPTNeoXConfig", {**SIZES, **SPREAD}),
    "LlamaForCausalLM": ("LlamaConfig", GROUPED),
    "MistralForCausalLM": ("MistralConfig", {**GROUPED, "sliding_window": 4}),
    "T5ForConditionalGeneration": (
        "T5Config",
        {"d_model": 32, "num_layers": 3, "num_decoder_layers": 2, "num_heads": 4, "d_kv": 8}
        | {"d_ff": 48, "vocab_size": 60, "decoder_start_token_id": 0, "pad_token_id": 0},
    ),
    "BartModel": (
        "BartConfig",
        {f"{part}_layers": 2 for part in ("encoder", "decoder")}
        | {f"{part}_attention_heads": 4 for part in ("encoder", "decoder")}
        | {f"{part}_ffn_dim": 48 for part in ("encoder", "decoder")}
        | {"d_model": 32, "vocab_size": 60},
    ),
    "GptOssForCausalLM": (
        "GptOssConfig",
        {**GROUPED, "head_dim": 8, "num_local_experts": 2, "num_experts_per_tok": 1},
    ),
    "Phi3ForCausalLM": ("Phi3Config", {**GROUPED, "pad_token_id": 0}),
    "SwinModel": (
        "SwinConfig",
        {"image_size": 32, "patch_size": 4, "embed_dim": 8, "depths": [1, 1]}
        | {"num_heads": [1, 2], "window_size": 4},
    ),
    "WhisperModel": (
        "WhisperConfig",
        {"d_model": 32, "encoder_layers": 1, "decoder_layers": 1, "vocab_size": 60}
        | {"encoder_attention_heads": 4, "decoder_attention_heads": 4, "num_mel_bins": 4}
        | {f"{name}_token_id": 1 for name in ("pad", "bos", "eos", "decoder_start")},
    ),
    "ViTModel": (
        "ViTConfig",
        {k: v for k, v in {**SIZES, **SPREAD}.items() if k != "vocab_size"}
        | {"image_size": 32, "patch_size": 8},
    ),
}


@contextlib.contextmanager
def others_may_warn():
    """What other people's libraries warn of is not ours to fail on."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def make(name, **changes):
    """Return a model of a class of transformers, always with the same random parameters."""
    with others_may_warn():
        import torch
        import transformers

        kind, settings = MAKERS[name]
        torch.manual_seed(0)
        config = getattr(transformers, kind)(**{**settings, **changes})
        return getattr(transformers, name)(config)


def tokenizer(kind, texts):
    """Return a fast tokenizer that marks words as BERT ("##"), GPT-2 ("Ġ") or T5 ("▁") do."""
    with others_may_warn():
        import tokenizers
        import transformers

    parts = {
        "##": (
            tokenizers.models.WordPiece(unk_token="[UNK]"),
            tokenizers.pre_tokenizers.BertPreTokenizer(),
            tokenizers.decoders.WordPiece(),
            tokenizers.trainers.WordPieceTrainer,
        ),
        "Ġ": (
            tokenizers.models.BPE(),
            tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False),
            tokenizers.decoders.ByteLevel(),
            tokenizers.trainers.BpeTrainer,
        ),
        "▁": (
            tokenizers.models.Unigram(),
            tokenizers.pre_tokenizers.Metaspace(),
            tokenizers.decoders.Metaspace(),
            tokenizers.trainers.UnigramTrainer,
        ),
    }
    model, pieces, decoder, trainer = parts[kind]
    made = tokenizers.Tokenizer(model)
    made.pre_tokenizer, made.decoder = pieces, decoder
    options = {"unk_token": "[UNK]"} if kind == "▁" else {}
    special = ["[UNK]", "[CLS]", "[SEP]"]
    made.train_from_iterator(
        texts,
        trainer(vocab_size=58, special_tokens=special, show_progress=False, **options),
    )
    if kind == "##":
        made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made, unk_token="[UNK]")
