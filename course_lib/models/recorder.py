"""Run a model and keep its attention; `course_lib.models.record` describes what and how."""

import importlib.metadata
from pathlib import Path

import numpy as np
from tqdm import tqdm

from course_lib import _validate
from course_lib.models import reading
from course_lib.models.opening import eager, libraries, open_model
from course_lib.models.recording import Recording
from course_lib.models.values import watching

NO_ATTENTION = (
    "{model} gave no attention weights. Load it with attn_implementation='eager'; if that changes "
    "nothing, it has no attention that can be seen, and only another model can be recorded"
)


def record(model, text, *, target, tokenizer, processor, memory_limit, progress):
    """Return the `Recording` of a model on a text."""
    torch, transformers = libraries()
    memory_limit = _validate.integer(memory_limit, "memory_limit", low=1)
    progress = _validate.flag(progress, "progress")
    name, companion, place = type(model).__name__, _none, None
    if isinstance(model, str | Path):
        place = Path(model)
        name = place.absolute().name
        model, companion = open_model(place)
    if not isinstance(model, transformers.PreTrainedModel):
        raise TypeError(
            "model must be a folder or a model of the library transformers, got "
            f"{type(model).__name__}"
        )
    if target is not None and not model.config.is_encoder_decoder:
        raise ValueError(f"target is for encoder-decoders, which {type(model).__name__} is not")
    with torch.no_grad(), eager(model):
        if model.main_input_name == "pixel_values":
            needed = place is not None and (place / "preprocessor_config.json").is_file()
            if processor is None:
                processor = companion("AutoImageProcessor", needed=needed)
            read, written = reading.read_image(text, processor, model.config), None
        elif model.main_input_name != "input_ids":
            raise ValueError(f"{type(model).__name__} reads {model.main_input_name}, not text")
        else:
            if tokenizer is None:
                tokenizer = companion("AutoTokenizer", needed=isinstance(text, str))
            elif not (callable(tokenizer) and hasattr(tokenizer, "convert_ids_to_tokens")):
                raise TypeError(
                    f"tokenizer must be one of transformers, got {_validate.shown(tokenizer)}"
                )
            read = reading.read_text(text, tokenizer, model.config)
            written = _written(model, read, target, tokenizer)
        outputs, watched = _run(model, read, written, memory_limit, progress)
    notes = {
        "model": name,
        "class": type(model).__name__,
        "precision": str(model.dtype).removeprefix("torch."),
        "text": text if isinstance(text, str) else None,
        "versions": {each: importlib.metadata.version(each) for each in ("transformers", "torch")},
    }
    if written is None:
        return _single(model, outputs, watched, read, notes)
    return _three(outputs, watched, read, written, notes)


def _written(model, read, target, tokenizer):
    """Return what the decoder has written as a `Read`, or None without a decoder of its own."""
    if not model.config.is_encoder_decoder:
        return None
    if target is None:
        if not model.can_generate():
            raise ValueError(f"{type(model).__name__} cannot write by itself: give target=…")
        made = model.generate(**_on(model, read.inputs), max_new_tokens=40, do_sample=False)
        target = made[0].tolist()
    start = model.config.decoder_start_token_id
    start = () if start is None else (start,)
    return reading.read_text(target, tokenizer, model.config, "target", start=start)


def _run(model, read, written, memory_limit, progress):
    """Run the model under watch; returns its outputs and what was seen of its values."""
    inputs = dict(read.inputs)
    if written is not None:
        inputs["decoder_input_ids"] = written.inputs["input_ids"]
    if hasattr(model.config.get_text_config(), "use_cache"):
        inputs["use_cache"] = False
    layers, size = _size(model, read, written)
    if size > memory_limit:
        raise ValueError(
            f"text has {len(read.tokens)} tokens, for which the weights would take {_told(size)}, "
            f"more than {_told(memory_limit)}: shorten it, or raise memory_limit"
        )
    label = f"recording {len(read.tokens)} tokens, {_told(size)}"
    bar = tqdm(total=layers, desc=label, unit="layer", disable=not progress)
    with bar, watching(model, bar.update) as watched:
        try:
            outputs = model(**_on(model, inputs), output_attentions=True, return_dict=True)
        except MemoryError:
            raise
        except Exception as error:  # whatever it stumbles over, of a text that does not fit it
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ValueError(f"{type(model).__name__} cannot read this: {reason}") from None
    return outputs, watched


def _size(model, read, written):
    """Return how many layers of attention there are, and the bytes that their weights take."""
    config, n = model.config.get_text_config(), len(read.tokens)
    layers = getattr(config, "num_hidden_layers", None)
    heads = getattr(config, "num_attention_heads", None)
    if not layers or not heads:
        raise ValueError(NO_ATTENTION.format(model=type(model).__name__))
    heads = int(np.max(heads))  # where layers differ, they are refused when they are seen
    count = layers * n * n
    if written is not None:
        m, upper = len(written.tokens), getattr(config, "num_decoder_layers", None) or layers
        count += upper * (m * m + m * n)
        layers += 2 * upper
    # The model keeps them all in its own precision, and then there is our copy.
    return layers, heads * count * (4 + model.dtype.itemsize)


def _single(model, outputs, watched, read, notes):
    weights = _weights(outputs.get("attentions"), notes)
    kind = "image" if read.ids is None else "encoder"
    if kind == "encoder" and len(read.tokens) > 1 and not np.triu(weights, 1).any():
        kind = "decoder"
    tokens = read.tokens
    if kind == "image":
        tokens = reading.patch_names(tokens, weights.shape[-1])
    sizes, reason = watched.sizes("encoder", weights)
    losses = _losses(outputs.get("logits"), read.ids) if kind == "decoder" else None
    names = tuple(tokens)
    return Recording(kind, weights, names, names, read.ids, sizes, reason, losses, notes)


def _three(outputs, watched, read, written, notes):
    """Return the recording of the encoder, with those of decoder and cross-attention."""
    reads = {"encoder": (read, read), "decoder": (written, written), "cross": (written, read)}
    made = {}
    for kind in ("cross", "decoder", "encoder"):
        queries, keys = reads[kind]
        weights = _weights(outputs.get(f"{kind}_attentions"), notes)
        sizes, reason = watched.sizes(kind, weights)
        losses = _losses(outputs.get("logits"), written.ids) if kind == "decoder" else None
        made[kind] = Recording(
            kind,
            weights,
            tuple(queries.tokens),
            tuple(keys.tokens),
            queries.ids,
            sizes,
            reason,
            losses,
            notes,
            **(made if kind == "encoder" else {}),
        )
    return made["encoder"]


def _weights(attentions, notes):
    """Return the weights of all layers as float32 (l, h, n_query, n_key), rows summing to 1."""
    layers = [layer for layer in attentions or () if layer is not None]
    if not layers:
        raise ValueError(NO_ATTENTION.format(model=notes["class"]))
    shapes = {tuple(layer.shape) for layer in layers}
    if len(shapes) > 1 or any(len(shape) != 4 for shape in shapes):
        raise ValueError(
            f"{notes['class']} has attention of different shapes, {sorted(shapes)}, which are not "
            "layers of one graph"
        )
    weights = np.empty((len(layers), *layers[0].shape[1:]), dtype=np.float32)
    for number, layer in enumerate(layers):
        exact = layer[0].double().cpu().numpy()
        sums = exact.sum(axis=-1, keepdims=True)
        if not np.abs(sums - 1).max() <= _validate.ROW_SUM_TOLERANCE:
            raise ValueError(
                f"{notes['class']} has rows of attention in layer {number} that sum to "
                f"{sums.flat[np.abs(sums - 1).argmax()]:.3g}, not to 1"
            )
        weights[number] = exact / sums
    return weights


def _losses(logits, ids):
    """Return −ln of the probability of each token after those before it; NaN for the first."""
    if logits is None or logits.shape[1] != len(ids):
        return None
    told = logits[0, :-1].double().log_softmax(dim=-1).cpu().numpy()
    return np.concatenate([[np.nan], -told[np.arange(len(ids) - 1), ids[1:]]]).astype(np.float32)


def _on(model, inputs):
    """Return inputs where the model is, and pixels in its precision."""
    return {
        name: value.to(model.device, model.dtype if value.is_floating_point() else None)
        if hasattr(value, "to")
        else value
        for name, value in inputs.items()
    }


def _told(size):
    """Return a number of bytes as people say it."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} GB"


def _none(name, *, needed):
    """Return no companion: a loaded model has no folder beside it."""
