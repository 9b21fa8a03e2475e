"""The command ``course look``."""

import warnings
from pathlib import Path

from course_lib.models.look.page import look


def run(options):
    """Record, write the page and say where it is; returns the exit status.

    Raises
    ------
    ValueError
        If it is not clear what to look at, and with which model.
    """
    if not options.model:
        raise ValueError(
            "which model? Name the folder of one that you have: course look TEXT --model FOLDER"
        )
    given = {"text": options.text, "--text-file": options.text_file, "--image": options.image}
    named = [name for name, value in given.items() if value is not None]
    if len(named) != 1:
        listed = " and ".join(named) or "none of them"
        raise ValueError(f"give one of a text, --text-file and --image; got {listed}")
    made = look(options.model, _given(options), save=options.save, target=options.target)
    print(made)
    return 0


def _given(options):
    """Return the text or the image that the options name."""
    if options.image is not None:
        return _image(options.image)
    if options.text_file is not None:
        try:
            return Path(options.text_file).read_text(encoding="utf-8-sig")
        except UnicodeDecodeError:
            raise ValueError(f"{options.text_file} is no text in UTF-8") from None
    return options.text


def _image(path):
    """Return the image in a file, in red, green and blue."""
    from PIL import Image

    with open(path, "rb") as file, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is odd, but can be read
        try:
            with Image.open(file) as image:
                return image.convert("RGB")
        except MemoryError:
            raise
        except Exception as error:  # Pillow raises whatever a damaged file makes it stumble over
            raise ValueError(f"{path} is no image that can be read: {error}") from None
