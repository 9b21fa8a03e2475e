// One query among fixed keys in the plane; the value of each key is its own position.
import { arrowStep, frame, html, setAll, svg, watch } from "../shared/drawing.js";
import { entropy, softmax } from "../shared/numbers.js";
import "./style.css";

const SIZE = 400;
const REACH = 3; // the plane shows -3 .. 3 in both coordinates
const DIMENSIONS = 2;

/** Logits, weights, their entropy and the output for a query; points are both keys and values. */
export function planeState({ points, query, temperature, scaled }) {
  const scale = (scaled ? 1 / Math.sqrt(DIMENSIONS) : 1) / temperature;
  const logits = points.map(([x, y]) => scale * (query[0] * x + query[1] * y));
  const weights = softmax(logits);
  const mean = (axis) => weights.reduce((total, w, j) => total + w * points[j][axis], 0);
  return { logits, weights, entropy: entropy(weights), output: [mean(0), mean(1)] };
}

/** The corners of the convex hull, in order (Andrew's monotone chain). */
export function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (ordered) => {
    const chain = [];
    for (const p of ordered) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}

const pixel = (value, axis) => (axis ? -1 : 1) * value * (SIZE / 2 / REACH) + SIZE / 2;
const pixels = ([x, y]) => [pixel(x, 0), pixel(y, 1)];

function render({ model, el }) {
  const points = model.get("points");
  const plane = drawPlane(points);
  const table = drawTable(points.length);
  const readout = html("p", { class: "readout", "aria-live": "polite" });
  const caption = html(
    "figcaption",
    {},
    "Drag the query q, or focus it and use the arrow keys (with Shift: larger steps). ",
    "Each key k is also its own value, so the output o, their weighted mean, ",
    "never leaves the dashed hull of the keys.",
  );
  const numbers = html("div", {}, table.root, readout);
  const panels = html("div", { class: "panels" }, html("div", {}, plane.root), numbers);
  const root = frame(el, "query-plane", panels, caption);

  function draw() {
    const [query, temperature, scaled] = ["query", "temperature", "scaled"].map((t) =>
      model.get(t),
    );
    const state = planeState({ points, query, temperature, scaled });
    plane.update(query, state);
    table.update(state, Math.log(points.length));
    const best = state.weights.indexOf(Math.max(...state.weights));
    const [from, to] = [query, state.output].map((xy) => xy.map((x) => signed(x, 2)).join(", "));
    const most = `k${best}: ${state.weights[best].toFixed(2)}`;
    readout.textContent = `q = (${from}) attends most to ${most}. Output o = (${to}).`;
    root.classList.add("picked");
    Object.assign(root.dataset, { weights: state.weights.join(" "), entropy: state.entropy });
    root.dataset.output = state.output.join(" ");
  }

  function moveTo([x, y]) {
    const limited = [x, y].map((v) => Math.round(100 * Math.min(Math.max(v, -REACH), REACH)) / 100);
    model.set("query", limited);
    model.save_changes();
  }
  makeMovable(plane.root, plane.handle, () => model.get("query"), moveTo);
  draw();
  return watch(model, ["query", "temperature", "scaled"], draw);
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
  root.setAttribute("aria-label", "plane with keys, query and output");
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
    const place = query.map((v) => v.toFixed(2)).join(", ");
    handle.setAttribute("aria-label", `query at (${place}), moved by the arrow keys`);
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
  const headings = ["key", "logit", "", "weight"].map((text) => html("th", { scope: "col" }, text));
  const body = html("tbody", {}, ...rows.map(({ row }) => row));
  const table = html("table", {}, html("thead", {}, html("tr", {}, ...headings)), body);
  const told = html("p", { class: "status", role: "status" });
  const level = html("i");
  const root = html("div", {}, table, told, html("div", { class: "gauge" }, level));

  function update({ logits, weights, entropy: nats }, most) {
    rows.forEach(({ logit, weight, bar }, j) => {
      logit.textContent = signed(logits[j], 2);
      weight.textContent = weights[j].toFixed(3);
      bar.style.width = `${100 * weights[j]}%`;
    });
    told.textContent = `entropy ${nats.toFixed(2)} nats; at most ln ${n} = ${most.toFixed(2)}`;
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

const signed = (value, digits) => value.toFixed(digits).replace("-", "−");

function arrow(x1, y1, x2, y2) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 1) return "";
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const barb = (side) => `${x2 - 10 * ux - side * 6 * uy} ${y2 - 10 * uy + side * 6 * ux}`;
  return `M${x1} ${y1}L${x2} ${y2}M${barb(1)}L${x2} ${y2}L${barb(-1)}`;
}

export default { render };
