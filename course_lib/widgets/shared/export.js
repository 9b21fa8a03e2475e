// A figure as a file: SVG, PNG, or its numbers as JSON.
import { decodeWeights, range } from "./numbers.js";

const SVG = "http://www.w3.org/2000/svg";
const LOOK = [
  ...["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray"],
  ...["stroke-linecap", "stroke-linejoin", "opacity", "visibility", "display", "text-anchor"],
  ...["font-family", "font-size", "font-weight", "dominant-baseline"],
];

const CONTROLS = "input, select, summary, .control";

// A file is light, whatever the page is.
const LIGHT = { "color-scheme": "light", "--course-text": "#24303a", "--course-paper": "#ffffff" };

/** The figure as one SVG element that needs no stylesheet: what is drawn, and the text around it. */
export function asSvg(root) {
  const before = root.getAttribute("style");
  root.classList.add("saving"); // colours change at once
  for (const [name, value] of Object.entries(LIGHT)) root.style.setProperty(name, value);
  const whole = unscrolled(root);
  root.classList.remove("saving");
  if (before === null) root.removeAttribute("style");
  else root.setAttribute("style", before);
  return whole;
}

function unscrolled(root) {
  const scrolled = [...root.querySelectorAll("*")].filter(
    (element) => getComputedStyle(element).overflowY === "auto",
  );
  for (const element of scrolled) element.style.maxHeight = "none"; // a file has room for all
  const whole = drawn(root);
  for (const element of scrolled) element.style.maxHeight = "";
  return whole;
}

function drawn(root) {
  const box = root.getBoundingClientRect();
  const size = { width: Math.ceil(box.width), height: Math.ceil(box.height) };
  const whole = make("svg", { ...size, viewBox: `0 0 ${size.width} ${size.height}` });
  const paper = getComputedStyle(root).backgroundColor;
  whole.append(make("rect", { ...size, fill: paper }));
  copy(root, whole, box);
  return whole;
}

function make(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.textContent = text;
  return element;
}

/** Copy what is seen below an HTML element into `whole`. */
function copy(element, whole, origin) {
  for (const child of element.childNodes) {
    if (child.nodeType === Node.TEXT_NODE) whole.append(...textLines(child, origin));
    if (child.nodeType !== Node.ELEMENT_NODE) continue;
    if (child.matches(CONTROLS)) continue; // there is nothing to press in a file
    const [style, box] = [getComputedStyle(child), placeOf(child, origin)];
    if (style.display === "none" || style.visibility === "hidden") continue;
    if (child instanceof SVGSVGElement) {
      whole.append(withLook(child, box));
    } else if (child instanceof HTMLCanvasElement) {
      whole.append(make("image", { ...box, href: child.toDataURL() }));
    } else if (child instanceof HTMLImageElement) {
      whole.append(make("image", { ...box, href: child.src }));
    } else {
      whole.append(...filled(style, box), ...filledBefore(child, box));
      copy(child, whole, origin);
    }
  }
}

/** A box with the colour that it is filled with, if it has one. */
function filled({ backgroundColor: fill, borderRadius }, box) {
  if (/^(transparent|rgba\(0, 0, 0, 0\))$/.test(fill)) return [];
  return [make("rect", { ...box, fill, rx: Number.parseFloat(borderRadius) || 0 })];
}

/** The box that a stylesheet lays before what is in an element, such as a bar. */
function filledBefore(element, { x, y }) {
  const style = getComputedStyle(element, "::before");
  if (style.content === "none" || style.position !== "absolute") return [];
  const [left, top, width, height] = ["left", "top", "width", "height"].map((name) =>
    Number.parseFloat(style[name]),
  );
  return filled(style, { x: x + left, y: y + top, width, height });
}

function placeOf(element, origin) {
  const { left, top, width, height } = element.getBoundingClientRect();
  return { x: left - origin.left, y: top - origin.top, width, height };
}

/** A drawing with the look that stylesheets give to its parts written into them. */
function withLook(drawing, box) {
  const twin = drawing.cloneNode(true);
  const [parts, twins] = [drawing, twin].map((each) => [each, ...each.querySelectorAll("*")]);
  parts.forEach((part, k) => {
    const style = getComputedStyle(part);
    for (const name of LOOK) twins[k].setAttribute(name, style.getPropertyValue(name));
    twins[k].removeAttribute("class");
    twins[k].removeAttribute("tabindex");
  });
  for (const [key, value] of Object.entries(box)) twin.setAttribute(key, value);
  return twin;
}

/** The lines of a text as they are broken on the page. */
function textLines(node, origin) {
  const style = getComputedStyle(node.parentElement);
  const range = document.createRange();
  const lines = new Map(); // top -> { text, left, bottom }
  for (const { 0: word, index } of node.data.matchAll(/\S+\s*/g)) {
    range.setStart(node, index);
    range.setEnd(node, index + word.trimEnd().length);
    const { left, top, height } = range.getBoundingClientRect();
    if (height === 0) continue;
    const line = lines.get(top) ?? lines.set(top, { text: "", left, height }).get(top);
    line.text += word.replace(/\s+/g, " ");
  }
  const font = { "font-family": style.fontFamily, "font-size": style.fontSize };
  const look = { ...font, "font-weight": style.fontWeight, fill: style.color };
  return Array.from(lines, ([top, { text, left, height }]) =>
    make("text", { x: left - origin.left, y: top - origin.top + 0.78 * height, ...look }, text),
  );
}

/** An SVG element as the text of a file. */
export function svgText(drawing) {
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(drawing)}`;
}

/** An SVG element as PNG, `scale` pixels for each of its units; a promise of a Blob. */
export async function svgToPng(drawing, scale = 2) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(drawing))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [scale * image.width, scale * image.height];
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** The figure's choices, its data and what it shows as JSON; numbers to 7 digits. */
export function asJson(model, changes, shown) {
  const data = (model.get("data") ?? []).map((name) => [name, model.get(name)]);
  const [names, shape] = [Object.fromEntries(data), model.get("shape")];
  const written = data.filter(([, value]) => !isBytes(value));
  const all = { ...Object.fromEntries(written), changes, shown };
  // Those of layers of heads, unless a view packs its own way.
  if (isBytes(names.weights) && shape?.length === 3) {
    all.weights = nestedWeights(decodeWeights(names.weights, shape), shape);
  }
  return JSON.stringify(all, (_, value) => plain(value));
}

const isBytes = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value);

function plain(value) {
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? undefined : Array.from(value);
  if (value instanceof Map) return Object.fromEntries(value);
  if (value instanceof Set) return [...value];
  return typeof value === "number" ? Number(value.toPrecision(7)) : value;
}

/** Weights as lists of lists: layers, heads, queries, keys. */
function nestedWeights({ matrix }, [layers, heads, n]) {
  const rows = (m) => range(n).map((i) => Array.from(m.subarray(i * n, (i + 1) * n)));
  return range(layers).map((l) => range(heads).map((h) => rows(matrix(l * heads + h))));
}
