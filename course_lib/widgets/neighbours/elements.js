// The nodes of a given graph and the rows of its list: where, and of what they are made.
import { html, svg } from "../shared/drawing.js";

const SIDE = 400; // of the drawing
const MARGIN = 34; // room for loops and names
// By group.
export const SHAPES = [
  (r) => `M${-r} 0a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`, // circle
  (r) => `M${-0.9 * r} ${-0.9 * r}h${1.8 * r}v${1.8 * r}h${-1.8 * r}z`, // square
  (r) => `M0 ${-1.25 * r}L${1.25 * r} 0L0 ${1.25 * r}L${-1.25 * r} 0z`, // diamond
  (r) => `M0 ${-1.25 * r}L${1.2 * r} ${0.85 * r}H${-1.2 * r}z`, // triangle
];

/** Places of any unit, y upwards, stretched to fill the drawing. */
export function fitted(positions) {
  const fit = (values) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const scale = (SIDE - 2 * MARGIN) / (high - low || 1);
    return values.map((value) => SIDE / 2 + scale * (value - (low + high) / 2));
  };
  const down = fit(positions.map(([, y]) => -y));
  return fit(positions.map(([x]) => x)).map((x, k) => [x, down[k]]);
}

export function drawMember({ position, at: [x, y] }, size, name, { group, ring }) {
  const label = name.length <= 2 ? [svg("text", { class: "number", dy: "0.35em" }, name)] : [];
  const title = label.length ? [] : [svg("title", {}, name)];
  const rings = ring ? [svg("circle", { class: "ring", r: size + 4 })] : [];
  const attributes = { class: "node", role: "button", "data-position": position };
  const place = { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, "aria-label": name };
  return svg(
    "g",
    { ...attributes, ...place },
    svg("circle", { class: "reach", r: size + 5 }),
    svg("path", { class: `dot group-${group}`, d: SHAPES[group](size) }),
    ...rings,
    ...label,
    ...title,
  );
}

export function drawNeighbour() {
  const [name, value] = [html("span", { class: "name" }), html("span", { class: "value" })];
  const [bar, mark] = [html("i"), html("b")];
  const element = html("li", {}, name, html("span", { class: "scale" }, bar, mark), value);
  return { element, name, bar, mark, value };
}
