"""Hold the tournament: all explanations of three models on all texts, and the judge.

``python -m course_lib.explain.record`` makes ``data/tournament.npz`` and ``tournament.json`` again.
It needs the extra ``record`` and the language model (see ``course_lib.data.smollm2``), and some
minutes; names of contests behind the command hold these alone and keep the others as they were.
"""

import argparse
import dataclasses
import importlib.metadata
import itertools
import json
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_lib.data import FOLDER, recording, smollm2
from course_lib.explain.methods import explanations
from course_lib.explain.stored import pack
from course_lib.explain.texts import CLEAR, OPEN, SENTENCES
from course_lib.explain.tournament import PAIRS, SHARES, JudgedText, orders
from course_lib.models import opening, packing

SEEDS = range(3)  # so many classifiers are trained
OPINIONS = 15  # texts of each
EARLIER = 2 / 3  # of a prompt is read where an earlier position answers
FILES = "tournament.npz", "tournament.json"


class Text(NamedTuple):
    """A text to be explained: its numbers and tokens, and what `JudgedText` says of it."""

    ids: list
    tokens: list
    group: str = ""
    special: tuple = ()


def judge(model, text, rng, answer=str, *, curves=True):
    """Explain one text by all methods, hide its tokens, and return a `JudgedText`."""
    import torch

    from course_lib.nn.attribution import WAYS, drops_without
    from course_lib.nn.tracing import trace

    ids = torch.tensor(text.ids)
    n = len(ids)
    special = np.isin(np.arange(n), text.special)
    judged = np.arange(n) != {"mean": n, "first": 0, "last": n - 1}[model.answer.of_outputs]
    scores, matrices = explanations(trace(model, ids), text.tokens, rng)

    def drops(sets):
        """Return the drop of each set; each set is asked for once."""
        sets = [tuple(sorted(map(int, places))) for places in sets]
        asked = list(dict.fromkeys(sets))
        found = dict(zip(asked, drops_without(model, ids, asked).tolist(), strict=True))
        return np.array([found[places] for places in sets])

    by_way = {way: np.full(n, np.nan) for way in WAYS}
    alone = [[int(place)] for place in np.flatnonzero(judged)]
    for way, found in by_way.items():
        found[judged] = drops_without(model, ids, alone, way=way).numpy()
    singles = by_way.pop("hidden")
    hidden = judged & ~special if model.answer.of_outputs == "mean" else judged
    pairs = np.array(list(itertools.combinations(np.flatnonzero(hidden), 2)))
    pairs = rng.permutation(pairs)[:PAIRS]
    named = orders(scores, singles, hidden) if curves else {}
    counts = [max(1, round(share * hidden.sum())) for share in SHARES]
    asked = list(pairs)
    for ranked in named.values():
        asked += [ranked[:count] for count in counts] + [ranked[count:] for count in counts]
    told = drops(asked)
    lines = told[len(pairs) :].reshape(len(named), 2, len(SHARES))
    with torch.no_grad():
        chosen = model.answer.chosen(model(model.embed(ids[None])))
    return JudgedText(
        text.tokens,
        answer(chosen.tolist()[0]),
        text.group,
        special,
        singles,
        scores,
        matrices,
        pairs,
        told[: len(pairs)],
        dict(zip(named, lines[:, 0], strict=True)),
        dict(zip(named, lines[:, 1], strict=True)),
        by_way,
    )


def sentences():
    """Yield the contest of the sentence encoder, and the same for its first output."""
    from course_lib.nn.answers import Sentence
    from course_lib.nn.open_transformer import open_model

    texts = []
    for sentence in SENTENCES:
        tokenizer, model, ids = recording._read(sentence)
        tokens = tokenizer.convert_ids_to_tokens(ids[0])
        texts.append(Text(ids[0].tolist(), tokens, "", (0, len(tokens) - 1)))
    opened = open_model(model)
    first = dataclasses.replace(opened, answer=Sentence("first"))
    yield "minilm", [(opened, text, {"answer": lambda _: ""}) for text in texts]
    options = {"answer": lambda _: "", "curves": False}
    yield "minilm first", [(first, text, options) for text in texts]


def opinions():
    """Yield the contest of the classifiers of chapter 06, each trained from another seed."""
    import torch

    from course_lib.chapters.ch06_nlp import tasks
    from course_lib.nn.open_transformer import open_model
    from course_lib.nn.training import label_loss, train

    task = tasks.opinions_task()
    asked = []
    threads = torch.get_num_threads()
    for seed in SEEDS:
        model = tasks.opinions_model(task, seed)
        torch.set_num_threads(1)  # several round otherwise, and training enlarges that
        train(model, label_loss, task.train, seed=seed, **tasks.OPINIONS_TRAINING)
        torch.set_num_threads(threads)
        opened = open_model(model.eval())
        for place in range(seed * OPINIONS, (seed + 1) * OPINIONS):
            words = list(task.test_opinions[place].words)
            text = Text(task.test[0][place, : len(words)].tolist(), words, f"seed {seed}")
            asked.append((opened, text, {"answer": ("bad", "good").__getitem__}))
    yield "opinions", asked


def prompts(file=None):
    """Yield the contest of the language model, and the same for an earlier position."""
    from course_lib.nn.open_transformer import open_model

    model, companion = opening.open_model(file or smollm2.model_file())
    tokenizer = companion("AutoTokenizer", needed=True)
    opened = open_model(model)
    asked, earlier = [], []
    for group, texts in (("clear", CLEAR), ("open", OPEN)):
        for ids in (tokenizer(text).input_ids for text in texts):
            tokens = [tokenizer.decode([number]).strip() for number in ids]
            options = {"answer": lambda number: tokenizer.decode([number])}
            asked.append((opened, Text(ids, tokens, group, (0,)), options))
            n = max(5, round(EARLIER * len(ids)))
            text = Text(ids[:n], tokens[:n], group, (0,))
            earlier.append((opened, text, options | {"curves": False}))
    yield "smollm2", asked
    yield "smollm2 earlier", earlier


CONTESTS = {"minilm": sentences, "opinions": opinions, "smollm2": prompts}


def record_all(names=tuple(CONTESTS), folder=FOLDER):
    """Write ``tournament.npz`` and ``tournament.json`` into `folder`, showing progress."""
    from tqdm import tqdm

    file = Path(folder) / FILES[0]
    made = {}
    for name in names:
        for contest, asked in CONTESTS[name]():
            told = [
                judge(model, text, np.random.default_rng(place), **options)
                for place, (model, text, options) in enumerate(tqdm(asked, contest, unit="text"))
            ]
            made |= {f"{contest}.{part}": array for part, array in pack(told).items()}
    kept = {}
    if file.exists():
        with np.load(file) as stored:
            kept = dict(stored)
    packing.write(file, kept | made)
    notes = json.dumps(_provenance(), indent=2, ensure_ascii=False)
    (Path(folder) / FILES[1]).write_text(notes + "\n", encoding="utf-8")


def _provenance():
    version = importlib.metadata.version
    return {
        "models": {
            "minilm": f"{recording.MODEL}, as in provenance.json",
            "opinions": f"TextClassifier of chapter 06, trained from seeds {list(SEEDS)}",
            "smollm2": f"{smollm2.MODEL}, as in smollm2.json, in float32",
        },
        "versions": {name: version(name) for name in ("transformers", "torch", "gguf")},
    }


def main(arguments=None):
    """Run the command line; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m course_lib.explain.record", description="Hold the tournament again."
    )
    parser.add_argument("contests", nargs="*", metavar="contest", help=f"of {', '.join(CONTESTS)}")
    names = parser.parse_args(arguments).contests or list(CONTESTS)
    for name in names:
        if name not in CONTESTS:
            parser.error(f"contest must be one of {', '.join(CONTESTS)}; got {name!r}")
    try:
        record_all(names)
    except (ImportError, ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
