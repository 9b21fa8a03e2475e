// One query among fixed keys in the plane; the value of each key is its own position.
import {
  frame,
  html,
  loosePanel,
  panelsOf,
  readoutOf,
  setAll,
  statusOf,
  svg,
} from "../shared/drawing.js";
import { change, mount } from "../shared/mount.js";
import { arrowStep } from "../shared/pointing.js";
import { number, withMinus } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { convexHull, planeState } from "./state.js";
import "./style.css";

const SIZE = 400;
const REACH = 3; // the plane shows -3 .. 3 in both coordinates

const pixel = (value, axis) => (axis ? -1 : 1) * value * (SIZE / 2 / REACH) + SIZE / 2;
const pixels = ([x, y]) => [pixel(x, 0), pixel(y, 1)];

class PlaneFigure {
  constructor(model, el) {
    this.model = model;
    this.points = model.get("points");
    this.plane = drawPlane(this.points);
    this.table = drawTable(this.points.length);
    this.readout = readoutOf();
    const numbers = loosePanel(this.table.root, this.readout);
    const panels = panelsOf(html("div", {}, this.plane.root), numbers);
    const texts = html("figcaption", {}, caption());
    this.root = frame(el, "query-plane", say("query plane"), panels, texts);
    this.root.classList.add("picked");
    const place = () => model.get("query");
    makeMovable(this.plane.root, this.plane.handle, place, (at) => this.moveTo(at));
  }

  redraw() {
    const traits = ["query", "temperature", "scaled"];
    const [query, temperature, scaled] = traits.map((name) => this.model.get(name));
    const state = planeState({ points: this.points, query, temperature, scaled });
    this.state = state;
    this.plane.update(query, state);
    this.table.update(state, Math.log(this.points.length));
    this.readout.textContent = describe(query, state);
    Object.assign(this.root.dataset, { weights: state.weights.join(" "), entropy: state.entropy });
    this.root.dataset.output = state.output.join(" ");
  }

  moveTo([x, y]) {
    const limited = [x, y].map((v) => Math.round(100 * Math.min(Math.max(v, -REACH), REACH)) / 100);
    change(this.model, { query: limited });
  }
}

function describe(query, { weights, output }) {
  const best = weights.indexOf(Math.max(...weights));
  const [from, to] = [query, output].map((xy) => xy.map((x) => coordinate(x)).join(", "));
  return say("q = ({query}) attends most to {key}: {weight}. Output o = ({output}).", {
    query: from,
    key: `k${best}`,
    weight: number(weights[best], 3),
    output: to,
  });
}

function caption() {
  return say(
    "Drag the query q, or focus it and use the arrow keys (with Shift: larger steps). Each key k " +
      "is also its own value, so the output o, their weighted mean, never leaves the dashed hull " +
      "of the keys.",
  );
}

function drawPlane(points) {
  const grid = svg("g");
  for (let tick = -REACH; tick <= REACH; tick++) {
    for (const axis of [0, 1]) {
      const [along, across] = axis ? ["x", "y"] : ["y", "x"];
      const at = { [`${across}1`]: pixel(tick, axis), [`${across}2`]: pixel(tick, axis) };
      const span = { [`${along}1`]: 0, [`${along}2`]: SIZE };
      grid.append(svg("line", { class: tick ? "gridline" : "gridline zero", ...at, ...span }));
    }
  }
  const hull = svg("polygon", { class: "hull", points: convexHull(points).map(pixels).join(" ") });
  const pulls = points.map(() => svg("line", { class: "pull" }));
  const dots = points.map((point) => circleAt("key-point", point, 5));
  const names = points.map((point, j) => {
    const [x, y] = pixels(point);
    return svg("text", { class: "name", x: x + 9, y: y - 9 }, `k${j}`);
  });
  const output = circleAt("output", [0, 0], 7);
  const outputName = svg("text", { class: "name" }, "o");
  const line = svg("path", { class: "query-line" });
  const reach = svg("circle", { class: "reach", r: 20 });
  const queryName = svg("text", { class: "name" }, "q");
  const handle = svg("g", { class: "handle", tabindex: 0, role: "button" }, reach, queryName);
  const root = svg("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, role: "group", class: "plane" });
  root.setAttribute("aria-label", say("plane with keys, query and output"));
  root.append(grid, hull, ...pulls, ...dots, ...names, output, outputName, line, handle);

  function update(query, { weights, output: [x, y] }) {
    const [ox, oy] = pixels([x, y]);
    const [qx, qy] = pixels(query);
    weights.forEach((weight, j) => {
      const [kx, ky] = pixels(points[j]);
      setAll(pulls[j], { x1: kx, y1: ky, x2: ox, y2: oy, "stroke-width": 0.5 + 7 * weight });
      setAll(pulls[j], { "stroke-opacity": 0.15 + 0.6 * weight });
      dots[j].setAttribute("r", 4 + 9 * Math.sqrt(weight));
    });
    setAll(output, { cx: ox, cy: oy });
    setAll(outputName, { x: ox - 19, y: oy - 7 });
    line.setAttribute("d", arrow(SIZE / 2, SIZE / 2, qx, qy));
    setAll(reach, { cx: qx, cy: qy });
    setAll(queryName, { x: qx + 9, y: qy + 18 });
    const place = query.map(coordinate).join(", ");
    handle.setAttribute(
      "aria-label",
      say("query at ({place}), moved by the arrow keys", { place }),
    );
  }
  return { root, handle, update };
}

function drawTable(n) {
  const rows = Array.from({ length: n }, (_, j) => {
    const [logit, weight] = [html("td"), html("td")];
    const bar = html("i");
    const row = html("tr", {}, html("th", { scope: "row" }, `k${j}`), logit);
    row.append(html("td", { class: "bar" }, bar), weight);
    return { row, logit, weight, bar };
  });
  const names = [say("key"), say("logit"), "", say("weight")];
  const headings = names.map((text) => html(text ? "th" : "td", {}, text));
  const body = html("tbody", {}, ...rows.map(({ row }) => row));
  const table = html("table", {}, html("thead", {}, html("tr", {}, ...headings)), body);
  const told = statusOf();
  const level = html("i");
  const root = html("div", {}, table, told, html("div", { class: "gauge" }, level));

  function update({ logits, weights, entropy: nats }, most) {
    rows.forEach(({ logit, weight, bar }, j) => {
      logit.textContent = number(logits[j]);
      weight.textContent = number(weights[j], 3);
      bar.style.width = `${100 * weights[j]}%`;
    });
    told.textContent = say("entropy {entropy} nats; at most ln {n} = {most}", {
      entropy: number(nats),
      n,
      most: number(most),
    });
    level.style.width = `${most > 0 ? (100 * nats) / most : 0}%`;
  }
  return { root, update };
}

/** Let pointer and arrow keys move a handle; `moveTo` gets the new place in the plane. */
function makeMovable(root, handle, place, moveTo) {
  const placeOf = ({ clientX, clientY }) => {
    const box = root.getBoundingClientRect();
    return [
      ((clientX - box.left) / box.width - 0.5) * 2 * REACH,
      (0.5 - (clientY - box.top) / box.height) * 2 * REACH,
    ];
  };
  // A finger on the handle drags it every way; anywhere else on the plane it scrolls the page.
  handle.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) moveTo(placeOf(event));
  });
  root.addEventListener("click", (event) => moveTo(placeOf(event)));
  handle.addEventListener("keydown", (event) => {
    const step = arrowStep(event);
    const size = event.shiftKey ? 0.5 : 0.1;
    const [x, y] = place();
    if (step) moveTo([x + size * step[0], y - size * step[1]]);
  });
}

const circleAt = (name, [x, y], r) =>
  svg("circle", { class: name, cx: pixel(x, 0), cy: pixel(y, 1), r });

const coordinate = (value) => withMinus(value.toFixed(2));

function arrow(x1, y1, x2, y2) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 1) return "";
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const barb = (side) => `${x2 - 10 * ux - side * 6 * uy} ${y2 - 10 * uy + side * 6 * ux}`;
  return `M${x1} ${y1}L${x2} ${y2}M${barb(1)}L${x2} ${y2}L${barb(-1)}`;
}

export default mount((model, el) => new PlaneFigure(model, el), {
  redraw: ["query", "temperature", "scaled"],
});

// What tests compare with course_lib.
export { softmax } from "../shared/numbers.js";
export * from "./state.js";
