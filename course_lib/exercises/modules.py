"""Exercises whose answer is a PyTorch module: run it with known parameters, bring back numbers.

PyTorch is imported only when such an exercise is judged.
"""

import copy

from course_lib.exercises.exercise import Wrong
from course_lib.exercises.judging import compare
from course_lib.exercises.plain import attempt
from course_lib.language import say


def run_module(answer, cases):
    """Build a learner's module once for each case and run it forward and backward.

    A case is (arguments of the class, parameters by name, inputs, probe): arrays all but the
    arguments. The module gets the parameters, is called on the inputs, and its first output is
    multiplied by the probe and summed, for gradients.

    Returns
    -------
    list
        For each case `Raised`, ``...``, or a dict: ``shapes`` of the parameters, and where they
        are those of the case also ``outputs`` (a tuple of arrays) and ``gradients`` (parameter ->
        array or None, and ``"x"``, of the first input).
    """
    return [attempt(lambda case=case: _run(answer, *copy.deepcopy(case))) for case in cases]


def _run(answer, arguments, parameters, inputs, probe):
    import torch

    module = answer(*arguments)
    if module is ... or not isinstance(module, torch.nn.Module):
        return module
    shapes = {name: tuple(value.shape) for name, value in module.named_parameters()}
    if shapes != {name: value.shape for name, value in parameters.items()}:
        return {"shapes": shapes}
    module.load_state_dict({name: torch.tensor(value) for name, value in parameters.items()})
    x, *rest = (torch.tensor(value) for value in inputs)
    outputs = module(x.requires_grad_(), *rest)
    if outputs is ... or outputs is None:
        return outputs
    outputs = outputs if isinstance(outputs, tuple | list) else (outputs,)
    gradients = {}
    if getattr(outputs[0], "requires_grad", False) and outputs[0].shape == probe.shape:
        (outputs[0] * torch.tensor(probe)).sum().backward()
        gradients = {name: value.grad for name, value in module.named_parameters()}
        gradients["x"] = x.grad
    return {"shapes": shapes, "outputs": tuple(outputs), "gradients": gradients}


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


def compare_gradients(got, expected, what):
    """Compare gradients by name; `expected` maps names to arrays."""
    what = say(what)
    for name, gradient in expected.items():
        if got.get(name) is None:
            raise Wrong(
                "{what}: no gradient reaches {name}. Are tensors turned into numbers?",
                what=what,
                name=name,
            )
        compare(got[name], gradient, say("{what}: the gradient of {name}", what=what, name=name))
