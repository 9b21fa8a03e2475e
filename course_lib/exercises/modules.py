"""Judge exercises whose answer is a PyTorch module, which `calling.run_module` has run.

PyTorch is imported only when such an exercise is judged.
"""

from functools import partial

import numpy as np

from course_lib.exercises.exercise import Wrong
from course_lib.exercises.judging import compare_all, read_pair, same, tolerance_of
from course_lib.language import later, say


def read_run(value, parameters, what):
    """Return the outputs and gradients of a run, or say what is no module or has wrong parameters.

    `parameters` are those that the case gave, by name.
    """
    what = say(what)
    if not isinstance(value, dict) or "shapes" not in value:
        raise Wrong(
            "{what} should be a class of PyTorch modules, whose objects can be called.",
            what=what,
        )
    expected = {name: array.shape for name, array in parameters.items()}
    if value["shapes"] != expected:
        names = ", ".join(f"{name} {shape}" for name, shape in expected.items())
        raise Wrong(
            "{what} should have the parameters {names}; leave `__init__` as it was.",
            what=what,
            names=names,
        )
    return value["outputs"], value["gradients"]


def judge_runs(
    cases, values, reference, *, what, output, subjects, mistakes, seen=lambda array, *case: array
):
    """Compare an output, the weights and the gradients of modules with those of a reference.

    Parameters
    ----------
    cases, values : list
        As a judge gets them from `run_module`; each module returns an output and its weights.
    reference : callable (*case, **mistake) -> (output, weights, leaves by name)
            What the right module gives, as tensors, or one with a mistake, and what gets gradients.
        what, output : str
        What the class and its first output are called.
    subjects : pair of callable (*case) -> str
        What the output and the weights of a case are called.
    mistakes : pair of sequences of (dict, str)
        For the output and for the weights: options of `reference`, and what the learner is told.
    seen : callable (array, *case) -> array
        What of an output or of weights is compared.
    """
    read = [read_run(v, case[1], what) for case, v in zip(cases, values, strict=True)]
    right, gradients = [], []
    for case in cases:
        *parts, leaves = reference(*case)
        (parts[0] * parts[0].new_tensor(case[-1])).sum().backward()
        gradients.append({n: leaf.grad.numpy() for n, leaf in leaves.items()})
        right.append([seen(part.detach().numpy(), *case) for part in parts])
    pairs = []
    for case, (outputs, _), parts in zip(cases, read, right, strict=True):
        shapes = [part.shape for part in parts]
        pair = read_pair(outputs, "`forward`", output, later("the weights"), shapes=shapes)
        found = [np.shape(part) == shape for part, shape in zip(pair, shapes, strict=True)]
        pairs.append([seen(p, *case) if f else p for p, f in zip(pair, found, strict=True)])
    for part in (1, 0):  # the weights first: with wrong ones the output cannot be right

        def of_mistake(k, told, part=part):
            return seen(reference(*cases[k], **told)[part].detach().numpy(), *cases[k])

        compare_all(
            lambda k, part=part: subjects[part](*cases[k]),
            [(k,) for k in range(len(cases))],
            [pair[part] for pair in pairs],
            lambda k, part=part: right[k][part],
            [(partial(of_mistake, told=told), sentence) for told, sentence in mistakes[part]],
        )
    for case, (outputs, got), expected in zip(cases, read, gradients, strict=True):
        compare_gradients(got, expected, subjects[0](*case), tolerance_of(outputs)["rtol"])


def compare_gradients(got, expected, what, relative):
    """Compare gradients by name, within a share of the largest; `expected` maps names to arrays."""
    for name, gradient in expected.items():
        if got.get(name) is None:
            raise Wrong(
                "{what}: no gradient reaches {name}. Are tensors turned into numbers?",
                what=what,
                name=name,
            )
        close = {"rtol": relative, "atol": relative * max(1, np.abs(gradient).max())}
        compare_all(
            say("{what}: the gradient of {name}", what=what, name=name),
            [()],
            [got[name]],
            lambda gradient=gradient: gradient,
            same=partial(same, tolerance=close),
        )
