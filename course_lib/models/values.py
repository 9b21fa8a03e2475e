"""How large what each key has to say is: the norm of its value vector times W_O.

No list of models: a module that has a value and an output projection under one of the usual names
is tried, and believed only if the weights times these values are what reaches W_O.
"""

import contextlib

import numpy as np

VALUE = ("v_proj", "value", "v_lin", "v")
FUSED = ("c_attn", "qkv_proj", "query_key_value", "qkv", "Wqkv")  # query, key and value in one
OUTPUT = ("o_proj", "out_proj", "out_lin", "o", "c_proj", "dense", "proj", "Wo")
CROSS = ("EncDecAttention", "encoder_attn", "crossattention", "cross_attn")

NOT_FOUND = "no value and output projection was found under a usual name for every layer"
NOT_EQUAL = "the weights times the values are not what reaches W_O: something lies between"
NO_MATRIX = "the output matrix W_O is stored in a way that cannot be read"


class Watched:
    """What went through the attention modules of a model while it ran, in order, by kind."""

    def __init__(self):
        self.seen = {"encoder": [], "decoder": [], "cross": []}

    def sizes(self, kind, weights):
        """Return (sizes, "") for weights (l, h, n_query, n_key), or (None, the reason)."""
        layers = self.seen[kind]
        if len(layers) != len(weights):
            return None, NOT_FOUND
        sizes = np.empty((*weights.shape[:2], weights.shape[-1]), dtype=np.float32)
        for layer, (value, mixed, output) in enumerate(layers):
            w_o = _matrix(output, mixed.shape[-1])
            if w_o is None:
                return None, NO_MATRIX
            found = _values(value, weights[layer], mixed)
            if found is None:
                return None, NOT_EQUAL
            w_o = w_o.reshape(len(w_o), weights.shape[1], -1)  # (features, h, d)
            sizes[layer] = np.linalg.norm(np.einsum("khd,fhd->hkf", found, w_o), axis=-1)
        return sizes, ""


@contextlib.contextmanager
def watching(model, tick):
    """Watch a model run; yields the `Watched`. `tick` is called after each attention."""
    watched, hooks = Watched(), []
    try:
        for name, value, output in _projections(model):
            hooks += _watch(watched.seen[_kind(name, model)], value, output, tick)
        yield watched
    finally:
        for hook in hooks:
            hook.remove()


def _watch(seen, value, output, tick):
    last = []  # what the value projection said last

    def keep(module, inputs, given):
        last[:] = [_array(given)]

    def meet(module, inputs):
        if last:
            seen.append((last.pop(), _array(inputs[0]), module))
        tick()

    return [value.register_forward_hook(keep), output.register_forward_pre_hook(meet)]


def _projections(model):
    """Yield (name, value projection, output projection) of each attention, in the model's order."""
    modules = dict(model.named_modules())
    for name, module in modules.items():
        children = dict(module.named_children())
        value = next((children[v] for v in (*VALUE, *FUSED) if v in children), None)
        output = next((children[o] for o in OUTPUT if o in children), None)
        if value is not None and output is None:  # as in BERT: attention.self, attention.output
            output = modules.get(f"{name.rpartition('.')[0]}.output.dense")
        if value is not None and output is not None:
            yield name, value, output


def _kind(name, model):
    if any(part in name.split(".") for part in CROSS):
        return "cross"
    has_both = getattr(model.config, "is_encoder_decoder", False)
    return "decoder" if has_both and "decoder" in name.split(".") else "encoder"


def _values(value, weights, mixed):
    """Return the values (n_key, h, d) that the weights (h, n_query, n_key) mix to `mixed`."""
    heads, n_query, n_key = weights.shape
    if mixed.shape[0] != n_query or mixed.shape[1] % heads:
        return None
    mixed = mixed.reshape(n_query, heads, -1)
    d = mixed.shape[-1]
    scale = np.abs(mixed).max()
    for found in _candidates(value, heads, d):
        if found.shape != (n_key, heads, d):
            continue
        off = np.abs(np.einsum("hqk,khd->qhd", weights, found) - mixed).max()
        if off <= 0.02 * scale:  # half precision rounds weights and values to about .004
            return found
    return None


def _candidates(value, heads, d):
    """Yield what of a projection's output may be the values, (n_key, h, d)."""
    n_key, width = value.shape
    for columns in (width, heads * d, (width - heads * d) // 2):  # alone; fused; fused and grouped
        if 0 < columns <= width and columns % d == 0 and heads % (columns // d) == 0:
            own = value[:, width - columns :].reshape(n_key, -1, d)
            yield np.repeat(own, heads // own.shape[1], axis=1)
    if width == 3 * heads * d:  # each head's query, key and value side by side
        yield value.reshape(n_key, heads, 3, d)[:, :, 2]


def _matrix(output, width):
    """Return W_O as (features, width), or None."""
    weight = getattr(output, "weight", None)
    if weight is None or weight.ndim != 2 or not weight.is_floating_point():
        return None
    array = _array(weight[None])
    if type(output).__name__ == "Conv1D":  # of transformers: stored the other way round
        array = array.T
    return array if array.shape[1] == width else None


def _array(tensor):
    """Return a tensor with a leading axis of 1 as float32, without that axis."""
    return tensor.detach()[0].float().cpu().numpy()
