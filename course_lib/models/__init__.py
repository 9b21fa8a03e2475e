"""Attention of models that you have: record it, keep it in a small file, look at it.

`record` runs a transformer that lies in a folder or that your program has loaded; it needs the
extra ``record`` of this course. `Recording`, `load` and what draws recordings need NumPy only.
``course look "a sentence" --model FOLDER`` shows a recording on one page.
"""

from course_lib.models.recording import Recording, load

__all__ = ["Recording", "load", "record"]


def record(
    model,
    text,
    *,
    target=None,
    tokenizer=None,
    processor=None,
    memory_limit=2**30,
    progress=True,
):
    """Run a model on a text or an image, and return the attention of all its layers and heads.

    Encoders, decoders, encoder-decoders and vision transformers of the library transformers will
    do, in any precision. Weights are taken as the model's softmax gave them, and each row is
    divided by its sum. A loaded model is left as it was: its attention is set to "eager", which
    alone gives weights, and dropout is switched off, while it is recorded only.

    Parameters
    ----------
    model : path or transformers.PreTrainedModel
        A folder in which a model was saved, a file ``*.gguf`` or a folder that holds one, or a
        loaded model. Nothing is fetched from a network, and no code in the folder is run.
    text : str, sequence of int, or image
        What the model reads: a text, the numbers of its tokens, or for a vision transformer an
        image: of Pillow, or an array (height, width) or (height, width, 3) of bytes or of numbers
        from 0 to 1.
    target : str or sequence of int, optional
        What the decoder of an encoder-decoder has written. Default: what the model writes, 40
        tokens at most, always the likeliest one.
    tokenizer, processor : optional
        What turns text into tokens, and an image into what the model reads. Default: those in the
        folder of the model. Without a processor, images are scaled to the model's size, and their
        numbers to the range from −1 to 1.
    memory_limit : int, default 2**30
        The most bytes that the weights may take while they are recorded.
    progress : bool, default True
        Whether a bar, with the memory to be used, is shown before and while the model runs.

    Returns
    -------
    Recording
        For an encoder-decoder that of its encoder; `Recording.decoder` and `Recording.cross` hold
        the other two graphs.

    Raises
    ------
    ImportError
        If the extra is not installed.
    OSError
        If a file in the folder cannot be read.
    TypeError, ValueError
        If `model` is no such model or gives no attention, `text` is empty, too long, or would
        need more than `memory_limit`, or does not fit the model.

    References
    ----------
    Kobayashi, Kuribayashi, Yokoi and Inui (2020), Attention is not only a weight: analyzing
    transformers with vector norms; equation 4 for the sizes of values.
    """
    from course_lib.models import recorder  # slow: only who records pays for it

    return recorder.record(
        model,
        text,
        target=target,
        tokenizer=tokenizer,
        processor=processor,
        memory_limit=memory_limit,
        progress=progress,
    )
