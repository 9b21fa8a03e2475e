"""Models in folders: found, opened without a network, and switched to attention that shows."""

import contextlib
import os
from pathlib import Path

INSTALL = 'recording needs the extra "record": pip install -e ".[record]"'


def libraries():
    """Return (torch, transformers), or say what to install."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # everything lies in the folder
    try:
        import torch
        import transformers
    except ImportError:
        raise ImportError(INSTALL) from None
    return torch, transformers


def open_model(place):
    """Return the model in a folder or a ``*.gguf`` file, and how its folder opens its companions.

    Parameters
    ----------
    place : path

    Returns
    -------
    model : transformers.PreTrainedModel
        In the precision in which it was saved, with all that it does after its last layer.
    companion : callable
        ``companion("AutoTokenizer", needed=True)`` returns the tokenizer that lies beside the
        model, or raises ValueError; if it is not needed, it returns None instead.

    Raises
    ------
    ImportError, ValueError
        If a library is missing, or no model can be opened there.
    """
    _, transformers = libraries()
    options = _where(Path(place))
    with _quiet(transformers):
        try:
            config = transformers.AutoConfig.from_pretrained(**options)
            kind = _class_of(config, "gguf_file" in options, transformers)
            model, told = kind.from_pretrained(
                **options, dtype="auto", attn_implementation="eager", output_loading_info=True
            )
        except ImportError as error:
            raise ImportError(f"{INSTALL} ({_first_line(error)})") from None
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # transformers raises whatever its files make it stumble over
            raise ValueError(f"no model can be opened in {place}: {_first_line(error)}") from None
    # A head that the file lacks gives no attention; any other part would be random numbers.
    lacking = [key for key in told["missing_keys"] if "layer" in key or "block" in key]
    if lacking:
        raise ValueError(
            f"{place} lacks {len(lacking)} parts of the model, the first one {sorted(lacking)[0]}"
        )

    def companion(name, *, needed):
        with _quiet(transformers):
            try:
                return getattr(transformers, name).from_pretrained(**options)
            except Exception as error:  # there is none, or none that this installation can open
                if needed:
                    told = _first_line(error)
                    raise ValueError(f"no {name} can be opened in {place}: {told}") from None
                return None

    return model, companion


def _where(place):
    """Return the options of `from_pretrained` for a folder or a file."""
    found = [place] if place.suffix == ".gguf" else []
    if os.path.isdir(place) and not (place / "config.json").is_file():
        found = sorted(place.glob("*.gguf"))
    if found and found[0].is_file():
        return {**_local(found[0].parent), "gguf_file": found[0].name}
    if not os.path.exists(place):  # also what no file system takes for a name
        raise ValueError(
            f"model: there is no folder {place}; models are not fetched from a network"
        )
    if not (place / "config.json").is_file():
        raise ValueError(f"{place} is no model: it holds neither config.json nor a file *.gguf")
    return _local(place)


def _local(folder):
    return {"pretrained_model_name_or_path": folder, "local_files_only": True}


def _class_of(config, is_gguf, transformers):
    """Return the class that was saved, with its head; AutoModel if this version has it not."""
    if is_gguf:  # they hold language models, and do not say the class
        return transformers.AutoModelForCausalLM
    names = config.architectures or []
    return next(
        (getattr(transformers, name) for name in names if hasattr(transformers, name)),
        transformers.AutoModel,
    )


@contextlib.contextmanager
def eager(model):
    """Let a model compute attention so that its weights can be seen; then it is as it was."""
    _, transformers = libraries()
    parts = [part for part in model.modules() if isinstance(part, transformers.PreTrainedModel)]
    implementations = [(part.config, part.config._attn_implementation) for part in parts]
    trained = [(part, part.training) for part in model.modules()]
    try:
        with _quiet(transformers):
            model.set_attn_implementation("eager")
        yield model.eval()
    finally:
        for config, implementation in implementations:
            config._attn_implementation = implementation
        for part, training in trained:
            part.training = training


@contextlib.contextmanager
def _quiet(transformers):
    """Show none of the library's bars and reports while something is opened."""
    logging = transformers.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _first_line(error):
    return (str(error).strip() or type(error).__name__).splitlines()[0]
