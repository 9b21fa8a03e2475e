"""What a model reads, as it reads it and as people do: numbers and tokens of a text, or patches."""

import dataclasses

import numpy as np

from course_lib import _validate


@dataclasses.dataclass
class Read:
    """What a model is given: its `inputs` by name, the `tokens` and, of a text, their `ids`."""

    inputs: dict
    tokens: list
    ids: np.ndarray | None = None


def read_text(text, tokenizer, config, name="text", *, start=()):
    """Return the `Read` of a text, or of the numbers of its tokens; `start` comes before them."""
    ids, tokens = _tokens(text, tokenizer, name)
    limit = _longest(config, tokenizer)
    ids = [*(number for number in start if ids[:1] != [number]), *ids]
    tokens = _spelled(ids[: len(ids) - len(tokens)], tokenizer) + tokens
    if limit is not None and len(ids) > limit:
        raise ValueError(f"{name} must have at most {limit} tokens, got {len(ids)}")
    _validate.integers(ids, name, low=0, high=config.get_text_config().vocab_size - 1)
    return Read({"input_ids": _tensor([ids])}, tokens, np.array(ids))


def _tokens(text, tokenizer, name):
    if not isinstance(text, str):
        ids = _validate.integers(text, name)
        if not ids:
            raise ValueError(f"{name} must not be empty")
        return ids, _spelled(ids, tokenizer)
    _validate.unicode(text, name)
    if not text.strip():
        raise ValueError(f"{name} must not be empty, got {_validate.shown(text)}")
    if tokenizer is None:
        raise ValueError(f"{name} is a text, so the model needs its tokenizer: give tokenizer=…")
    if not getattr(tokenizer, "is_fast", False):  # it does not say what stands where
        ids = tokenizer(text)["input_ids"]
        return ids, _spelled(ids, tokenizer)
    read = tokenizer(text, return_offsets_mapping=True)
    ids, spans = list(read["input_ids"]), read["offset_mapping"]
    names = tokenizer.convert_ids_to_tokens(ids)
    return ids, [_piece(text[a:b], other) for (a, b), other in zip(spans, names, strict=True)]


def _piece(piece, name):
    """Return a piece of a text without spaces around it; what stands for nothing has a name."""
    if name and not name.strip("▁"):  # a space, which may have been put before the text
        return " "
    return (piece.strip(" ") or piece) if piece else name


def _spelled(ids, tokenizer):
    """Return what each token stands for by itself; without a tokenizer, its number."""
    if tokenizer is None:
        return [str(number) for number in ids]
    pieces = [tokenizer.decode([number]) for number in ids]
    names = tokenizer.convert_ids_to_tokens(list(ids))
    return [_piece(p.removeprefix("##") or p, n) for p, n in zip(pieces, names, strict=True)]


def _longest(config, tokenizer):
    """Return how many tokens the model can read, or None if nothing limits it."""
    limits = [
        getattr(config.get_text_config(), "max_position_embeddings", None),
        getattr(tokenizer, "model_max_length", None),
    ]
    if getattr(config, "is_encoder_decoder", False) and limits[0] is None:
        return None  # T5 knows distances, not places: its tokenizer's limit is a habit
    return min((limit for limit in limits if limit), default=None)


def read_image(image, processor, config):
    """Return the `Read` of an image; tokens are "row,column" of each patch, after the others."""
    pixels = _pixels(image)
    if processor is not None:
        inputs = {"pixel_values": _processed(pixels, processor)}
    else:
        inputs = {"pixel_values": _tensor(_scaled(pixels, config)[None])}
    height, width = inputs["pixel_values"].shape[-2:]
    patch = _pair(config.patch_size)
    grid = [f"{i},{j}" for i in range(height // patch[0]) for j in range(width // patch[1])]
    return Read(inputs, grid)


def _processed(pixels, processor):
    try:
        return processor(images=pixels, return_tensors="pt")["pixel_values"]
    except Exception as error:  # whatever it is, and whatever it stumbles over
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise ValueError(f"processor cannot read this image: {reason}") from None


def patch_names(grid, n):
    """Return the names of n positions: those of the grid, after the class token and registers."""
    extra = n - len(grid)
    if extra < 0:
        return [str(position) for position in range(n)]
    return [*["[CLS]", *(f"[REG {k}]" for k in range(1, extra))][:extra], *grid]


def _pixels(image):
    """Return an image as bytes (height, width, 3)."""
    if hasattr(image, "convert"):  # Pillow's
        return np.asarray(image.convert("RGB"))
    array = _validate.as_numpy(image, "text")
    if array.ndim == 2:
        array = np.stack([array] * 3, axis=-1)
    if array.dtype.kind not in "uif" or array.ndim != 3 or array.shape[-1] != 3 or not array.size:
        raise ValueError(
            "text must be an image for this model: of Pillow, or an array (height, width) or "
            f"(height, width, 3), got {array.dtype} of shape {array.shape}"
        )
    if array.dtype == np.uint8:
        return array
    if not (array.min() >= 0 and array.max() <= 1):
        raise ValueError("text, an image, must be bytes or numbers from 0 to 1")
    return np.round(array * 255).astype(np.uint8)


def _scaled(pixels, config):
    """Return an image in the model's size, from −1 to 1, (3, height, width)."""
    from PIL import Image

    height, width = _pair(config.image_size)
    fitting = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
    return np.moveaxis(np.asarray(fitting, dtype=np.float32) / 127.5 - 1, -1, 0)


def _pair(size):
    return tuple(size) if isinstance(size, list | tuple) else (size, size)


def _tensor(values):
    import torch

    return torch.tensor(np.asarray(values))
