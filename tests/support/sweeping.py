"""Every control of a live figure moved to its extremes and through combinations, on a page.

Controls are moved as a hand would: steps of a slider, clicks on buttons, choices in a dropdown.
After each move the page is read: what the controls say, what the figure says of itself, and what
should never be said.
"""

import numpy as np

from tests.support.pages import read

SWEEP = """([name, rounds, seed]) => {
  const section = document.getElementById(name);
  const figure = section.querySelector(".course-figure");
  let state = seed;
  const random = (n) => {  // a linear congruential generator, so that each run is the same
    state = (1103515245 * state + 12345) % 2147483648;
    return Math.floor((state / 2147483648) * n);
  };
  const slide = (input, move) => {
    move();
    input.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const label = (element) => element.closest(".widget-inline-hbox, .widget-toggle-buttons")
    .querySelector("label, .widget-label").textContent;
  const sliders = [...section.querySelectorAll(".widget-slider [type=range]")].map((input) => ({
    name: label(input),
    moves: [
      () => slide(input, () => { input.value = input.min; }),
      () => slide(input, () => { input.value = input.max; }),
      () => slide(input, () => {
        input.value = +input.min + (random(4) / 10) * (input.max - input.min);
      }),
      () => slide(input, () => input.stepUp(1 + random(4))),
      () => slide(input, () => input.stepDown(1 + random(4))),
    ],
    value: () => input.value,
    idle: () => input.disabled,
  }));
  const selects = [...section.querySelectorAll(".widget-dropdown select")].map((select) => ({
    name: label(select),
    moves: [...select.options].map((_, k) => () => {
      select.selectedIndex = k;
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }),
    value: () => select.selectedIndex,
  }));
  const toggles = [...section.querySelectorAll(".widget-toggle-buttons[role=group]")].map(
    (group) => {
      const buttons = [...group.querySelectorAll("button")];
      return {
        name: label(group),
        moves: buttons.map((button) => () => button.click()),
        value: () => buttons.findIndex((button) => button.classList.contains("mod-active")),
      };
    },
  );
  const boxes = [...section.querySelectorAll(".widget-checkbox input")].map((input) => ({
    name: input.closest(".widget-checkbox").textContent.replace("\u200b", ""),
    moves: [() => input.click(), () => input.click()],
    value: () => input.checked,
  }));
  const controls = [...sliders, ...selects, ...toggles, ...boxes];
  const trouble = () => {
    const told = [figure, ...figure.querySelectorAll("*")].flatMap((e) => [
      e.getAttribute("aria-label") ?? "",
      ...[...e.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data),
    ]);
    return [
      ...told.filter((text) => /NaN|undefined|Infinity|\\[object|\\d\\.\\d*[1-9]\\d{7}/.test(text)),
      ...(figure.outerHTML.match(/="[^"]*(NaN|undefined)[^"]*"/g) ?? []),
    ];
  };
  const seen = [];
  const read = (move) => seen.push({
    move,
    values: Object.fromEntries(controls.map((control) => [control.name, control.value()])),
    idle: controls.filter((control) => control.idle?.()).map((control) => control.name),
    data: { ...figure.dataset },
    trouble: trouble(),
  });
  for (const control of controls) {
    control.moves.slice(0, 12).forEach((move, k) => {
      move();
      read(`${control.name}: ${k}`);
    });
  }
  for (let round = 0; controls.length && round < rounds; round++) {
    for (const control of controls) control.moves[random(control.moves.length)]();
    read(`combination ${round}`);
  }
  return { names: controls.map((control) => control.name), seen };
}"""


def sweep(page, name, *, rounds=12, seed=1):
    """Move every control of the figure in a section of the page; return what was seen.

    Returns
    -------
    names : list of str
        The labels of the controls.
    seen : list of dict
        After each move: `values` by label (numbers as text, indices of choices, whether a box is
        checked), the controls that are `idle`, the figure's own `data`, and `trouble`, texts that
        no figure should show.
    """
    found = read(page, SWEEP, [name, rounds, seed])
    return found["names"], found["seen"]


def wander(choices, count):
    """Return states of some traits, each of which differs from the one before in one trait only.

    So it is seen when a figure does not listen to a trait: no other one has it drawn again.
    """
    rng, states = np.random.default_rng(0), []
    state = {name: values[0] for name, values in choices.items()}
    for name in rng.choice(list(choices), size=count):
        state = state | {name: int(rng.choice(choices[name]))}
        states.append(state)
    return states
