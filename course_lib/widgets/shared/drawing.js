// Elements: what every figure draws with, and the frame around it.
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

/** Set those of several attributes that have another value: each that is set is looked at anew. */
export function setChanged(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (element.getAttribute(name) !== `${value}`) element.setAttribute(name, value);
  }
}

function fill(element, attributes, children) {
  setAll(element, attributes).append(...children);
  return element;
}

/** The square drawing of nodes and edges, named for screen readers. */
export function graphOf(label, ...children) {
  const attributes = { viewBox: "0 0 400 400", role: "group", "aria-label": label };
  return svg("svg", { ...attributes, class: "graph" }, ...children);
}

/** The places of `n` nodes on a circle, clockwise from the top. */
export function ringOf(n, centre, radius) {
  return Array.from({ length: n }, (_, k) => {
    const angle = (2 * Math.PI * k) / n - Math.PI / 2;
    return [centre + radius * Math.cos(angle), centre + radius * Math.sin(angle)];
  });
}

/** Panels side by side where there is room. */
export function panelsOf(...panels) {
  return html("div", { class: "panels" }, ...panels);
}

/** A panel whose parts stand for themselves in one column, so that its readout sticks below all. */
export function loosePanel(...parts) {
  return html("div", { class: "loose" }, ...parts);
}

/** The line that tells what is pointed at; a screen reader speaks it when it changes. */
export function readoutOf() {
  return html("p", { class: "readout", role: "status" });
}

/** The line that tells what a control has changed. */
export function statusOf() {
  return html("p", { class: "status", role: "status" });
}

/** The figure's outermost element. Jupyter's own shortcuts stay off while the focus is inside. */
export function frame(el, name, label, ...children) {
  const attributes = { "data-lm-suppress-shortcuts": "true", "aria-label": label };
  const root = html("figure", { class: `course-figure ${name}`, ...attributes }, ...children);
  el.append(root);
  return root;
}
