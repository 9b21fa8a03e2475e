"""Record what happens to the outputs when one position of one layer may read only itself.

``python -m course_lib.data.knockout`` makes ``knockout.npz`` again; it needs the extra ``record``.
"""

from pathlib import Path

import numpy as np

from course_lib.data import FOLDER, recording
from course_lib.models import packing


def knock_out(sentence):
    """Return the effects, (l, n, n); `course_lib.data.load_knockout` describes them."""
    _, model, ids = recording._read(sentence)
    import torch

    layers, n = model.config.num_hidden_layers, ids.shape[1]
    with torch.no_grad():
        whole = model(ids).last_hidden_state[0].numpy()
        effects = np.empty((layers, n, n))
        for layer in range(layers):
            attention = model.encoder.layer[layer].attention.self
            hook = attention.register_forward_hook(_reads_itself)
            try:  # position p is knocked out in the copy p of the sentence
                outputs = model(ids.expand(n, n)).last_hidden_state.numpy()
            finally:
                hook.remove()
            effects[layer] = recording._turn(whole, outputs).T
    return effects


def _reads_itself(attention, inputs, output):
    """Give position p of copy p its own value: what it reads with weight 1 on itself."""
    import torch

    read, weights = output
    p = torch.arange(len(read))
    read[p, p] = attention.value(inputs[0])[p, p]
    return read, weights


def record_all(folder=FOLDER):
    """Write ``knockout.npz`` into `folder`."""
    effects = {name: knock_out(text) for name, text in recording.SENTENCES.items()}
    arrays = {name: array.astype(np.float32) for name, array in effects.items()}
    packing.write(Path(folder) / "knockout.npz", arrays)


if __name__ == "__main__":
    record_all()
