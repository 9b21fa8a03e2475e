// A figure as a file: SVG, PNG, or its numbers as JSON.

const SVG = "http://www.w3.org/2000/svg";
const LOOK = [
  ...["fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray"],
  ...["stroke-linecap", "stroke-linejoin", "opacity", "visibility", "display", "text-anchor"],
  ...["font-family", "font-size", "font-weight", "dominant-baseline"],
];

/** The figure as one SVG element that needs no stylesheet: what is drawn, and the text around it. */
export function figureToSvg(root) {
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
    const [style, box] = [getComputedStyle(child), placeOf(child, origin)];
    if (style.display === "none" || style.visibility === "hidden") continue;
    if (child instanceof SVGSVGElement) {
      whole.append(withLook(child, box));
    } else if (child instanceof HTMLCanvasElement) {
      whole.append(make("image", { ...box, href: child.toDataURL() }));
    } else {
      const fill = style.backgroundColor;
      if (!/^(transparent|rgba\(0, 0, 0, 0\))$/.test(fill)) {
        whole.append(
          make("rect", { ...box, fill, rx: Number.parseFloat(style.borderRadius) || 0 }),
        );
      }
      copy(child, whole, origin);
    }
  }
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

/** The traits of a figure; weights as nested lists, to 7 digits: layers, heads, queries, keys. */
export function figureNumbers(state) {
  const { words: _, weights, ...traits } = state;
  const shape = traits.examples ? shapeOfExample(traits) : [...traits.shape, traits.shape[2]];
  for (const [name, value] of Object.entries(traits)) {
    if (value instanceof ArrayBuffer) traits[name] = Array.from(new Float64Array(value));
  }
  const count = shape.reduce((product, length) => product * length, 1);
  const Numbers = weights.byteLength === 8 * count ? Float64Array : Float32Array;
  const digits = Array.from(new Numbers(weights), (weight) => Number(weight.toPrecision(7)));
  return { ...traits, weights: nested(digits, shape) };
}

function shapeOfExample({ shape, examples: [{ queries, keys }] }) {
  return [...shape, queries.length, keys.length];
}

function nested(numbers, [length, ...rest]) {
  if (rest.length === 0) return numbers;
  const size = numbers.length / length;
  const part = (_, k) => nested(numbers.slice(k * size, (k + 1) * size), rest);
  return Array.from({ length }, part);
}
