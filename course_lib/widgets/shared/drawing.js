// Small helpers that every figure draws with.

import "./base.css";

const SVG = "http://www.w3.org/2000/svg";

/** Make an SVG element with attributes and children. */
export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** Make an HTML element with attributes and children. */
export function html(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** Set several attributes at once. */
export function setAll(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

function fill(element, attributes, children) {
  setAll(element, attributes).append(...children);
  return element;
}

/** Tokens as they are printed: white space made visible, long ones cut. */
export function shortTokens(tokens, most = 9) {
  return tokens.map((token) => {
    const letters = Array.from(token.replace(/\s/gu, "␣") || "(empty)");
    return letters.length > most ? letters.slice(0, most - 1).join("") + "…" : letters.join("");
  });
}

/** Tokens as they are told in a sentence: a token that repeats carries its position. */
export function tokenNames(tokens) {
  const count = new Map();
  for (const token of tokens) count.set(token, (count.get(token) ?? 0) + 1);
  return shortTokens(tokens, 24).map((name, position) =>
    count.get(tokens[position]) > 1 ? `${name} [${position}]` : name,
  );
}

/** A share as a whole percentage that never claims to be everything when it is not. */
export function percent(share) {
  return share < 1 && share >= 0.995 ? "more than 99 %" : `${Math.round(100 * share)} %`;
}

/** A number from 0 to 1 in two decimals, or one figure where that says too little. */
export function brief(value) {
  if (value < 1e-14) return "0"; // what rounding leaves of it
  return value >= 0.01 ? value.toFixed(2) : `${Number(value.toPrecision(1))}`;
}

/** Call `draw` whenever one of the traits changes; returns the function that stops it. */
export function watch(model, traits, draw) {
  for (const trait of traits) model.on(`change:${trait}`, draw);
  return () => traits.forEach((trait) => model.off(`change:${trait}`, draw));
}

/** The figure's outermost element. Jupyter's own shortcuts stay off while the focus is inside. */
export function frame(el, name, ...children) {
  const root = html("figure", { class: `course-figure ${name}` }, ...children);
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.setAttribute("aria-label", name.replace("-", " "));
  el.append(root);
  return root;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The step (dx, dy) that an arrow key asks for, or undefined; the page does not scroll then. */
export function arrowStep(event) {
  const step = STEPS[event.key];
  if (step) {
    event.preventDefault();
    event.stopPropagation();
  }
  return step;
}

/**
 * One tab stop for many elements ("roving tabindex"): Tab enters at the last visited one,
 * arrow keys walk on to the index that `next(index, dx, dy)` gives, if there is one.
 * Returns the function that hands over the elements and `next`.
 *
 * `container` is an HTML element: an SVG one with such listeners would be a tab stop itself.
 */
export function roving(container) {
  let items = [];
  let current, next;
  container.addEventListener("focusin", ({ target }) => {
    if (!items.includes(target)) return;
    current.setAttribute("tabindex", -1);
    target.setAttribute("tabindex", 0);
    current = target;
  });
  container.addEventListener("keydown", (event) => {
    const step = arrowStep(event);
    if (step) items[next(items.indexOf(current), ...step)]?.focus();
  });
  return (newItems, newNext) => {
    [items, current, next] = [newItems, newItems[0], newNext];
    items.forEach((item) => item.setAttribute("tabindex", item === current ? 0 : -1));
  };
}
