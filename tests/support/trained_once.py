"""A long training is done once in a run of the tests, whichever kernels repeat it.

The book's build and nbval run the same chapters in kernels of their own, and some chapters share a
training. Each of them takes the first steps. If these went as in a kernel before, to the last bit
of every parameter, the same examples and settings give the same end: it is handed over, together
with each state in between that somebody looked at. A training that differs from run to run differs
in its first steps, is then done to its end, and shows it in the chapter's outputs.

A kernel begins with `startup.py`, which the variables of `shared_trainings` name.
"""

import functools
import hashlib
import importlib.util
import itertools
import os
import pickle
import sys
import time
from contextlib import closing, contextmanager
from pathlib import Path

from filelock import FileLock

PLACE = "TESTS_TRAININGS"  # the variable that names the folder of what was learned
MODULE = "course_lib.nn.training"
ROOT = Path(__file__).resolve().parents[2]
OWN_STEPS = 10  # that everybody takes
LONG = 0.2  # seconds: a shorter training is done again each time


def shared_trainings(folder):
    """Return the variables of the environment with which kernels share their trainings."""
    folder.mkdir(exist_ok=True)
    paths = filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))
    return {
        PLACE: str(folder),
        "PYTHONSTARTUP": str(Path(__file__).with_name("startup.py")),
        "PYTHONPATH": os.pathsep.join(paths),
    }


def begin():
    """Let this process share its trainings; the module that trains, and PyTorch, load later."""
    if PLACE in os.environ:
        sys.meta_path.insert(0, Finder(Path(os.environ[PLACE])))


class Finder:
    """Finds the module that trains, and has its `training_steps` replaced once it is loaded."""

    def __init__(self, folder):
        self.folder = folder

    def find_spec(self, name, path, target=None):
        """Return the module's own spec with one more thing to do; None for all other modules."""
        if name != MODULE:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def load_and_replace(module):
            load(module)
            module.training_steps = sharing(module.training_steps, self.folder)

        spec.loader.exec_module = load_and_replace
        return spec


def sharing(training_steps, folder, own_steps=OWN_STEPS, long=LONG):
    """Return `training_steps` so that it hands over what was learned in another process."""
    import torch

    @functools.wraps(training_steps)
    def steps(model, loss_of, examples, **settings):
        random = torch.get_rng_state()
        with closing(training_steps(model, loss_of, examples, **settings)) as own:
            losses, step = [], None
            for step in itertools.islice(own, own_steps):
                losses.append(step.loss)
                yield step
            drawn = not torch.equal(random, torch.get_rng_state())  # dropout: the end draws, too
            if step is None or step.done == step.total or drawn:
                yield from own
                return
            key = fingerprint(model, loss_of, examples, settings, losses)
            with FileLock(folder / f"{key}.lock"):
                if (folder / key).exists():
                    kept = pickle.loads((folder / key).read_bytes())
                    yield from handed_over(model, step, **kept)
                else:
                    yield from recorded(model, own, folder / key, long)

    return steps


def fingerprint(model, loss_of, examples, settings, losses):
    """Return a hash of all that a training goes on from."""
    name = getattr(loss_of, "__qualname__", type(loss_of).__qualname__)
    told = repr((model, name, sorted(settings.items()), losses))
    found = hashlib.sha256(told.encode())
    for part in (*model.state_dict().values(), *examples):
        found.update(repr((part.shape, part.dtype)).encode() + part.numpy().tobytes())
    return found.hexdigest()[:32]


def state_of(model):
    """Return a copy of a model's parameters and buffers."""
    return {name: value.clone() for name, value in model.state_dict().items()}


@contextmanager
def calls_of(model):
    """Yield a list that grows by each call of a model."""
    calls = []
    handle = model.register_forward_pre_hook(lambda *_: calls.append(1))
    try:
        yield calls
    finally:
        handle.remove()


def recorded(model, own, path, long):
    """Train to the end; keep the losses, the end, and the states that somebody looked at."""
    begun, losses, states = time.process_time(), [], {}
    with calls_of(model) as calls:
        for step in own:
            losses.append(step.loss)
            calls.clear()
            yield step
            if calls:
                states[step.done] = state_of(model)
    states[step.done] = state_of(model)
    if time.process_time() - begun > long:
        path.write_bytes(pickle.dumps({"losses": losses, "states": states}))


def handed_over(model, step, losses, states):
    """Yield the steps that another process took; `model` gets the states that were looked at."""
    known = True
    try:
        with calls_of(model) as calls:
            for done, loss in enumerate(losses, start=step.done + 1):
                if not model.training:
                    model.train()
                known = done in states
                if known:
                    model.load_state_dict(states[done])
                calls.clear()
                yield step._replace(done=done, loss=loss)
                if calls and not known:
                    raise RuntimeError(f"nobody looked at the model after step {done} before")
    except GeneratorExit:
        if not known:
            raise RuntimeError("nobody stopped the training here before") from None
        raise
    finally:
        model.eval()
