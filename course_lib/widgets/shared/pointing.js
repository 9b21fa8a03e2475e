// Pointer, focus and keyboard: what is pointed at, what was chosen, where the arrow keys lead.

/**
 * What is lit: what the pointer is on, or else what has the focus. A pick is whatever the figure
 * takes it for, null for nothing; `show()` is called when it may have changed.
 */
export class Picks {
  constructor(show) {
    Object.assign(this, { show, hover: null, focus: null });
  }

  get current() {
    return this.hover ?? this.focus;
  }

  /** Note a pick `by` "hover" or "focus". */
  set(pick, by) {
    this[by] = pick;
    this.show();
  }

  /** Forget both, before something else is shown. */
  clear() {
    [this.hover, this.focus] = [null, null];
  }

  /** Listen to what happens inside an element; `pickOf(target, event)` is the pick of its parts. */
  listen(element, pickOf) {
    element.addEventListener("pointerover", (event) => {
      this.set(pickOf(event.target, event), "hover");
    });
    element.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") this.set(null, "hover"); // a lifted finger changes nothing
    });
    element.addEventListener("focusin", (event) => {
      const { target } = event;
      const seen = target.matches(":focus-visible"); // after a click it is the pointer that counts
      if (seen || this.focus !== null) this.set(seen ? pickOf(target, event) : null, "focus");
    });
    element.addEventListener("focusout", ({ relatedTarget }) => {
      if (!element.contains(relatedTarget)) this.set(null, "focus"); // else "focusin" follows
    });
    element.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || this.current === null) return;
      handled(event);
      this.clear();
      this.show();
    });
  }
}

/** Call `act(target)` when a part of an element is clicked, or Enter or Space pressed on it. */
export function onPress(element, act) {
  element.addEventListener("click", ({ target }) => act(target));
  element.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    if (event.target.matches("button")) return; // it will be clicked
    event.preventDefault(); // the page does not scroll
    act(event.target);
  });
}

/**
 * The radius in which a node of this size is hit: 24 pixels wide where the nodes, which are smaller
 * the closer they lie, leave room for it.
 */
export function reachOf(size) {
  return Math.max(size, Math.min(14, 3 * size));
}

/** The number that the part of a drawing carries which an element belongs to, or null. */
export function numberAt(element, selector, name = "position") {
  const part = element?.closest(selector);
  return part ? +part.dataset[name] : null;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The figure has taken the key: neither the page nor the notebook does. */
export function handled(event) {
  event.preventDefault();
  event.stopPropagation();
}

/** The step (dx, dy) that an arrow key asks for, or undefined. */
export function arrowStep(event) {
  const step = STEPS[event.key];
  if (step) handled(event);
  return step;
}

/**
 * One tab stop for many elements ("roving tabindex"): Tab enters at the last visited one,
 * arrow keys walk on to the index that `next(index, dx, dy)` gives, if there is one, Home and End to
 * the first and the last.
 * Returns the function that hands over the elements and `next`.
 *
 * `container` is an HTML element: an SVG one with such listeners would be a tab stop itself.
 */
export function roving(container) {
  let items = [];
  let current;
  let next;
  container.addEventListener("focusin", ({ target }) => {
    if (!items.includes(target)) return;
    current.setAttribute("tabindex", -1);
    target.setAttribute("tabindex", 0);
    current = target;
  });
  container.addEventListener("keydown", (event) => {
    if (!items.includes(event.target)) return;
    const step = arrowStep(event);
    if (step) items[next(items.indexOf(current), ...step)]?.focus();
    if (event.key === "Home" || event.key === "End") {
      handled(event);
      items.at(event.key === "Home" ? 0 : -1).focus();
    }
    // Space scrolls the page where there is nothing to press.
    if (event.key === " " && !event.target.matches("button")) event.preventDefault();
  });
  return (newItems, newNext) => {
    [items, current, next] = [newItems, newItems[0], newNext];
    for (const item of items) item.setAttribute("tabindex", item === current ? 0 : -1);
  };
}
