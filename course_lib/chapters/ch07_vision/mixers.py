"""Functions of images that stand in for trained layers where an answer is judged."""

import numpy as np

from course_lib.attention import softmax


class Attention:
    """Attention among pixels without any learned numbers: commutes with reordering."""

    def __call__(self, image):
        """Return an image like `image`, (channels, height, width)."""
        tokens = np.asarray(image).reshape(len(image), -1).T
        return (softmax(tokens @ tokens.T) @ tokens).T.reshape(np.shape(image))


class Neighbours:
    """Each pixel takes in those beside it: what a convolution does, and order matters.

    Parameters
    ----------
    across, down : float
        How much of the pixel to the left, and of the one above, around the edges.
    sign : {1, -1}
    """

    def __init__(self, across=0.5, down=0.0, sign=1):
        self.across, self.down, self.sign = across, down, sign

    def __call__(self, image):
        """Return an image like `image`, (channels, height, width)."""
        image = np.asarray(image)
        beside, above = (np.roll(image, 1, axis=axis) for axis in (2, 1))
        return self.sign * (image + self.across * beside + self.down * above)
