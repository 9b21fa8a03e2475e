"""Record queries, keys and values of some heads: the numbers that their attention is made of.

``python -m course_lib.data.head_vectors`` makes ``head_vectors.npz`` and ``head_vectors.json``
again. It needs what ``course_lib.data.smollm2`` needs.
"""

import contextlib
import json
import sys
from pathlib import Path

import numpy as np

from course_lib.data import FOLDER, recording, smollm2
from course_lib.models import opening, packing

# The texts and heads of each model; README.md tells what the heads do.
TEXTS = {"minilm": ("it_tired", "agreement"), "smollm2": ("agreement", "repetition")}
HEADS = {
    "minilm": [(0, 2), (1, 8), (3, 1), (4, 5)],
    "smollm2": [(9, 7), (16, 0), (18, 6), (18, 8)],
}
NAMES = ("query", "key", "value")
WATCHED = "course_watched"


def vectors_of(model, ids):
    """Return query, key and value of each layer as attention gets them, each (h, n, d).

    Where positions rotate queries and keys, these have been rotated. Where several heads share
    keys and values, each head gets its own copy.
    """
    torch, _ = opening.libraries()
    with torch.no_grad(), _watched(model) as seen:
        model(torch.as_tensor(ids).reshape(1, -1))
    layers = []
    for layer in sorted(seen):
        query, key, value = seen[layer]
        shared = query.shape[1] // key.shape[1]
        key, value = (part.repeat_interleave(shared, dim=1) for part in (key, value))
        layers.append([part[0].double().numpy() for part in (query, key, value)])
    return layers


@contextlib.contextmanager
def _watched(model):
    """Let a model note what each layer's attention is given; yields the notes, by layer."""
    _, transformers = opening.libraries()
    compute = transformers.AttentionInterface()["sdpa"]
    seen = {}

    def watching(module, query, key, value, *mask, **options):
        seen[module.layer_idx] = query, key, value
        return compute(module, query, key, value, *mask, **options)

    transformers.AttentionInterface.register(WATCHED, watching)
    masks = transformers.AttentionMaskInterface
    masks.register(WATCHED, masks()["sdpa"])
    before = model.config._attn_implementation
    try:
        model.set_attn_implementation(WATCHED)
        yield seen
    finally:
        model.set_attn_implementation(before)


def _minilm():
    """Yield the name of each text of MiniLM, and the vectors of its layers."""
    for name in TEXTS["minilm"]:
        _, model, ids = recording._read(recording.SENTENCES[name])
        yield name, vectors_of(model, ids)


def _smollm2(file):
    """Yield the name of each text of SmolLM2, and the vectors of its layers."""
    model, companion = opening.open_model(file)
    model.double()  # every machine rounds alike
    tokenizer = companion("AutoTokenizer", needed=True)
    for name in TEXTS["smollm2"]:
        yield name, vectors_of(model, tokenizer(smollm2.TEXTS[name]).input_ids)


def record_all(file, folder=FOLDER):
    """Write ``head_vectors.npz`` and ``head_vectors.json`` into `folder`."""
    arrays = {}
    for kind, texts in (("minilm", _minilm()), ("smollm2", _smollm2(file))):
        for name, layers in texts:
            for layer, head in HEADS[kind]:
                parts = zip(NAMES, layers[layer], strict=True)
                for part, array in parts:
                    key = f"{kind}.{name}.{layer}.{head}.{part}"
                    arrays[key] = array[head].astype(np.float16)
    packing.write(Path(folder) / "head_vectors.npz", arrays)
    notes = {
        "minilm": _without_texts(recording._provenance(), recording.SENTENCES, "minilm"),
        "smollm2": smollm2._provenance(file, {k: smollm2.TEXTS[k] for k in TEXTS["smollm2"]}),
    }
    told = json.dumps(notes, indent=2, ensure_ascii=False)
    (Path(folder) / "head_vectors.json").write_text(told + "\n", encoding="utf-8")


def _without_texts(notes, texts, kind):
    """Return notes with the texts of this recording only."""
    return notes | {"sentences": {name: texts[name] for name in TEXTS[kind]}}


if __name__ == "__main__":
    sys.exit(smollm2.main(record=record_all))
