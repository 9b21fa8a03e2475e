"""Record what SmolLM2 loses with a head switched off, and which heads could read which.

``python -m course_lib.data.smollm2_heads`` makes ``smollm2_heads.npz`` again; it needs what
``course_lib.data.smollm2`` needs, and some minutes.
"""

import contextlib
import sys
from pathlib import Path

import numpy as np

from course_lib.data import FOLDER, smollm2
from course_lib.models import opening, packing

SEQUENCES = 4  # of random words, each said twice
BEST = {"induction": 10, "previous": 5}
DRAWS, DRAWN = 8, 10  # so many random sets of so many heads, for comparison
LIKE = 20  # so many sets of other heads in the same layers as the best
WAYS = ("zero", "mean")


def losses(model, ids):
    """Return −ln of the probability of each token but the first, (sequences, n - 1)."""
    torch, _ = opening.libraries()
    with torch.no_grad():
        told = model(ids, use_cache=False).logits[:, :-1].log_softmax(dim=-1)
    return -told.gather(2, ids[:, 1:, None])[..., 0].numpy()


@contextlib.contextmanager
def switched_off(model, heads, way):
    """Let heads, pairs (layer, head), say nothing: 0 instead of what reaches W_O, or its mean.

    The mean is taken over the positions of a sequence, so that a head says the same everywhere.
    """
    hooks = []
    d = model.config.head_dim
    for layer in {layer for layer, _ in heads}:
        columns = [h * d + k for at, h in heads if at == layer for k in range(d)]

        def silence(module, inputs, columns=columns):
            mixed = inputs[0].clone()
            said = mixed[..., columns]
            mixed[..., columns] = 0 if way == "zero" else said.mean(dim=1, keepdim=True)
            return (mixed,)

        output = model.model.layers[layer].self_attn.o_proj
        hooks.append(output.register_forward_pre_hook(silence))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def scores(model, ids, entering=None):
    """Return how much each head attends where its kind would, by kind: (l, h), and the weights.

    "previous": to the position before; "induction": to the one after the earlier copy of the
    token, from the second copy on; "duplicate": to that earlier copy itself. `entering` is what
    enters the first layer instead of the words.
    """
    torch, _ = opening.libraries()
    read = {"input_ids": ids} if entering is None else {"inputs_embeds": entering}
    with torch.no_grad(), opening.eager(model):
        layers = model.model(**read, use_cache=False, output_attentions=True).attentions
    weights = torch.stack(layers).mean(dim=1).numpy()  # (l, h, n, n), over the sequences
    half = ids.shape[1] // 2
    later = np.arange(half, 2 * half)
    every = np.arange(1, 2 * half)
    return {
        "previous": weights[:, :, every, every - 1].mean(axis=-1),
        "induction": weights[:, :, later, later - half + 1].mean(axis=-1),
        "duplicate": weights[:, :, later, later - half].mean(axis=-1),
    }


def composition(model):
    """Return how strongly the output of each head could steer each later one: q, k and v.

    Entry [layer, head, reader's layer, reader's head] is ‖M W_OV‖ / (‖M‖ ‖W_OV‖) with Frobenius
    norms, where W_OV is what the head writes for what it reads, and M what the reader makes of
    its input: W_QK for its keys ("key"), the transpose for its queries ("query"), W_OV for its
    values ("value"); 0 where the reader is not in a later layer. RMSNorm's gains are in the
    matrices; rotary positions are left out.

    References
    ----------
    Elhage et al. (2021), A mathematical framework for transformer circuits: composition.
    """
    torch, _ = opening.libraries()
    config = model.config
    count, heads, d = config.num_hidden_layers, config.num_attention_heads, config.head_dim
    parts = {name: [] for name in ("q", "k", "v", "o")}
    for block in model.model.layers:
        gain = block.input_layernorm.weight
        for name in ("q", "k", "v"):
            matrix = getattr(block.self_attn, f"{name}_proj").weight * gain
            matrix = matrix.view(-1, d, matrix.shape[1])
            parts[name].append(matrix.repeat_interleave(heads // len(matrix), dim=0))
        parts["o"].append(block.self_attn.o_proj.weight.view(-1, heads, d).permute(1, 0, 2))
    with torch.no_grad():
        q, k, v, o = (torch.cat(parts[name]).float() for name in ("q", "k", "v", "o"))
        # ‖A B‖ of matrices of rank d, from d × d products: ‖A‖² = tr(AᵀA).
        readers = {"query": (k, q), "key": (q, k), "value": (o.mT, v)}
        wrote = _norms(o.mT, v)
        tables = {name: _composed(*pair, o, v, wrote).numpy() for name, pair in readers.items()}
    shape = (count, heads, count, heads)
    later = np.less.outer(np.arange(count), np.arange(count))[:, None, :, None]
    return {name: np.where(later, table.reshape(shape), 0) for name, table in tables.items()}


def _norms(left, right):
    """Return ‖leftᵀ right‖ of each pair of (d, features) matrices."""
    return ((left @ left.mT) * (right @ right.mT)).sum(dim=(1, 2)).clamp(min=0).sqrt()


def _composed(left, right, o, v, wrote):
    """Return ‖leftᵀ right · o v‖ / (‖leftᵀ right‖ ‖o v‖) by (writer, reader)."""
    torch, _ = opening.libraries()
    outer, inner = left @ left.mT, v @ v.mT
    rows = []
    for writer in range(len(o)):
        met = right @ o[writer]  # (readers, d, d)
        squares = (outer * (met @ inner[writer] @ met.mT)).sum(dim=(1, 2))
        rows.append(squares.clamp(min=0).sqrt() / (_norms(left, right) * wrote[writer]))
    return torch.stack(rows)


def record_all(file, folder=FOLDER):
    """Write ``smollm2_heads.npz`` into `folder`, showing progress."""
    from tqdm import tqdm

    torch, _ = opening.libraries()
    model, companion = opening.open_model(file)
    model.set_attn_implementation("sdpa")
    rows = [
        smollm2.random_twice(companion("AutoTokenizer", needed=True), seed)
        for seed in range(SEQUENCES)
    ]
    ids = torch.tensor(rows)
    shape = (model.config.num_hidden_layers, model.config.num_attention_heads)
    found = scores(model, ids)
    sets = _sets(found, shape)
    arrays = {f"score.{name}": score for name, score in found.items()}
    for name, table in composition(model).items():
        arrays[f"composition.{name}"] = table.astype(np.float16)
    arrays |= {f"set.{name}": np.array(heads) for name, heads in sets.items()}
    arrays |= {"ids": ids.numpy().astype(np.uint16), "losses.none": losses(model, ids)}
    single = {(layer, head): [(layer, head)] for layer, head in np.ndindex(shape)}
    bar = tqdm(total=len(WAYS) * (len(single) + len(sets)), desc="switching off", unit="set")
    for way in WAYS:
        told = {}
        for name, heads in (single | sets).items():
            with switched_off(model, heads, way):
                told[name] = losses(model, ids)
            bar.update()
        each = np.array([told[name] for name in single]).reshape(*shape, *ids[:, 1:].shape)
        arrays[f"losses.{way}"] = each.astype(np.float16)
        arrays |= {f"losses.{way}.{name}": told[name] for name in sets}
    bar.close()
    arrays |= _like_the_best(model, ids, sets, shape)
    arrays["score.induction.without"] = steered(model, ids).astype(np.float16)
    packing.write(Path(folder) / "smollm2_heads.npz", arrays)


def _sets(found, shape):
    """Return the chosen sets of heads by name: the best of a kind, and random ones."""
    sets = {}
    for kind, most in BEST.items():
        order = np.argsort(-found[kind], axis=None)[:most]
        sets[kind] = [tuple(map(int, np.unravel_index(place, shape))) for place in order]
    sets["induction_3"] = sets["induction"][:3]
    rng = np.random.default_rng(0)
    for draw in range(DRAWS):
        places = rng.choice(shape[0] * shape[1], size=DRAWN, replace=False)
        sets[f"random_{draw}"] = [tuple(map(int, np.unravel_index(p, shape))) for p in places]
    return sets


def _like_the_best(model, ids, sets, shape):
    """Switch off random sets with as many heads in each layer as the best, but none of these."""
    from tqdm import tqdm

    arrays = {}
    for kind in BEST:
        drawn = [others_like(sets[kind], shape, np.random.default_rng(k)) for k in range(LIKE)]
        arrays[f"set.like_{kind}"] = np.array(drawn)
        for way in WAYS:
            told = []
            for heads in tqdm(drawn, desc=f"others like {kind}, {way}", unit="set"):
                with switched_off(model, heads, way):
                    told.append(losses(model, ids))
            arrays[f"losses.{way}.like_{kind}"] = np.array(told).astype(np.float16)
    return arrays


def others_like(heads, shape, rng):
    """Return random heads, pairs (layer, head): as many in each layer, and none of `heads`."""
    drawn = []
    for layer in sorted({layer for layer, _ in heads}):
        taken = [head for at, head in heads if at == layer]
        free = np.setdiff1d(np.arange(shape[1]), taken)
        chosen = rng.choice(free, size=len(taken), replace=False)
        drawn += [(layer, int(head)) for head in chosen]
    return drawn


def steered(model, ids):
    """Return the induction scores of all heads with each one saying its mean: (l, h, l, h).

    What enters a layer does not depend on its heads, so the model runs from there on only.
    """
    from tqdm import tqdm

    torch, _ = opening.libraries()
    layers = model.model.layers
    with torch.no_grad():
        entering = model.model(ids, use_cache=False, output_hidden_states=True).hidden_states
    found = np.array([[scores(model, ids)["induction"]]])
    shape = found.shape[2:]
    found = np.tile(found, (*shape, 1, 1))
    try:
        for layer, head in tqdm(list(np.ndindex(shape)), desc="who steers whom", unit="head"):
            with switched_off(model, [(layer, head)], "mean"):
                model.model.layers = layers[layer:]
                found[layer, head, layer:] = scores(model, ids, entering[layer])["induction"]
            model.model.layers = layers
    finally:
        model.model.layers = layers
    return found


if __name__ == "__main__":
    sys.exit(smollm2.main(record=record_all))
