"""The colours of figures for eyes that lack one kind of cone: what differs is still seen to differ.

Sight is simulated with the matrices of Machado, Oliveira and Fernandes (2009), A physiologically-
based model for simulation of color vision deficiency, IEEE TVCG 15 (6), for linear sRGB and full
severity. Distances are those of OKLab (Ottosson, 2020, A perceptual color space for image
processing), in which about 0.02 is just noticed.
"""

import re

import numpy as np
import pytest

from course_lib import theme
from tests.support.figures import parts_of, themes_of

SIGHTS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
APART = 0.1  # five times what is just noticed
STRENGTHS = np.linspace(0, 1, 11)

COLOURS = """names => Object.fromEntries(names.map((name) => {
  const probe = document.querySelector(".course-figure");
  probe.style.color = `var(--course-${name})`;
  return [name, getComputedStyle(probe).color];
}))"""


def oklab(rgb, sight):
    """Return lightness and two hues of a colour from 0 to 1, as it looks to a kind of sight."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(SIGHTS[sight] @ linear, 0, 1)
    return TO_LAB @ np.cbrt(TO_CONES @ seen)


def distance(one, other, sight):
    return float(np.linalg.norm(oklab(one, sight) - oklab(other, sight)))


def confusions(page, sheet):
    """Return (theme, sight, what) wherever colours that mean different things look alike."""
    page.set_content(f"<style>{sheet}</style><div class='course-figure'></div>")
    found = []
    for name in themes_of(page):
        colours = page.evaluate(COLOURS, ["first", "second", "paper"])
        first, second, paper = (parts_of(colours[key])[0] for key in ("first", "second", "paper"))
        for sight in SIGHTS:
            if distance(first, second, sight) < APART:
                found.append((name, sight, "first and second"))
            for key, colour in (("first", first), ("second", second)):
                ramp = [oklab((1 - s) * paper + s * colour, sight)[0] for s in STRENGTHS]
                steps = np.diff(ramp) * np.sign(ramp[-1] - ramp[0])
                if steps.min() < 0.01:  # a map of weights gets darker, or lighter, all the way
                    found.append((name, sight, f"weights in {key}"))
    return found


def test_the_two_colours_and_the_maps_are_told_apart_by_every_kind_of_sight(page):
    assert confusions(page, theme.stylesheet("colours.css")) == []


@pytest.mark.parametrize(
    ("pair", "sight"),
    [(("#b3261e", "#5a7a1e"), "deuteranopia"), (("#1f8aad", "#2a9a60"), "tritanopia")],
)
def test_planted_colours_that_some_cannot_tell_apart_are_seen(page, pair, sight):
    sheet = theme.stylesheet("colours.css")
    for name, colour in zip(("first", "second"), pair, strict=True):
        sheet = re.sub(rf"(--course-{name}: light-dark\()#\w+", rf"\g<1>{colour}", sheet)
    found = confusions(page, sheet)
    assert ("a plain page", sight, "first and second") in found
    assert ("a plain page", "normal", "first and second") not in found


def test_a_map_that_does_not_get_darker_is_seen(page):
    sheet = re.sub(
        r"--course-second: light-dark\(#\w+",
        "--course-second: light-dark(#fdfdf0",
        theme.stylesheet("colours.css"),
    )
    assert ("a plain page", "normal", "weights in second") in confusions(page, sheet)


def test_the_simulation_keeps_grey_and_confuses_what_it_should():
    grey, red, green = np.array([[0.5, 0.5, 0.5], [0.75, 0.25, 0.2], [0.45, 0.45, 0.15]])
    for sight in SIGHTS:
        assert distance(grey, grey, sight) == 0
        assert oklab(grey, sight)[1:] == pytest.approx([0, 0], abs=0.01)
    normal, without = (distance(red, green, sight) for sight in ("normal", "deuteranopia"))
    assert without < normal / 2
