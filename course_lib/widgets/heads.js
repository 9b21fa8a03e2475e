// All heads of a layer as small graphs, and the difference between two of them.
import { frame, html, roving, setAll, svg, tokenNames, watch } from "./drawing.js";
import { heatmap } from "./heatmap.js";
import { decodeWeights, edgesAbove, headDistance, headMatrix } from "./numbers.js";

// Weights above each bound are drawn in one style; the same bounds for every head.
const BINS = [
  { above: 0, opacity: 0.18, width: 0.7 },
  { above: 0.1, opacity: 0.32, width: 0.9 },
  { above: 0.2, opacity: 0.5, width: 1.2 },
  { above: 0.4, opacity: 0.75, width: 1.7 },
  { above: 0.7, opacity: 1, width: 2.3 },
];
const CARD = { width: 100, height: 62, edge: 7 };

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function headsState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const heads = Array.from({ length: weights.heads }, (_, h) => headMatrix(weights, model.get("layer"), h));
  const [first, second] = [heads[model.get("first")], heads[model.get("second")]];
  return {
    heads,
    edges: heads.map((matrix) => edgesAbove(matrix, model.get("threshold"))),
    difference: first.map((value, k) => value - second[k]),
    distance: headDistance(first, second, weights.n),
  };
}

function render({ model, el }) {
  const tokens = model.get("tokens");
  const n = tokens.length;
  const names = tokenNames(tokens);
  const picks = { hover: null, focus: null };
  let state;

  const cards = Array.from({ length: model.get("shape")[1] }, (_, h) => drawCard(h));
  const grid = html("div", { class: "heads", role: "group", "aria-label": "heads of the layer" });
  grid.append(...cards.map(({ root }) => root));
  const map = heatmap(tokens, {
    label: "difference between the two heads",
    signed: true,
    names: (k) => tell(k),
    onPick: (k, by) => {
      picks[by] = k;
      light();
    },
  });
  const distance = html("p", { class: "distance", role: "status" });
  const readout = html("p", { class: "readout", "aria-live": "polite" });
  const caption = html(
    "figcaption",
    {},
    "In each small graph the queries stand above, the same tokens as keys below, and a line says who attends to whom. ",
    "Click a head to compare it; clicks set the first and the second head in turn. ",
    "In the difference, blue cells say that the first head attends more, orange ones the second.",
  );
  const overview = html("div", {}, grid, drawKey(), distance, readout);
  const root = frame(el, "heads-grid", html("div", { class: "panels" }, overview, map.root), caption);

  function tell(k) {
    const [first, second] = [model.get("first"), model.get("second")];
    const [a, b] = [state.heads[first][k], state.heads[second][k]];
    const sign = a < b ? "−" : "+";
    const who = `“${names[Math.floor(k / n)]}” attends to “${names[k % n]}”`;
    return `${who}: head ${first} ${a.toFixed(2)}, head ${second} ${b.toFixed(2)}, difference ${sign}${Math.abs(a - b).toFixed(2)}.`;
  }

  function light() {
    const k = picks.hover ?? picks.focus;
    root.classList.toggle("picked", k !== null);
    map.light(k === null ? null : Math.floor(k / n), k === null ? null : k % n, true);
    readout.textContent = k === null ? "Point at a cell of the difference to read it." : tell(k);
  }

  function draw() {
    state = headsState(model);
    const chosen = { first: model.get("first"), second: model.get("second") };
    cards.forEach((card, h) => card.update(state.heads[h], state.edges[h], n, chosen));
    map.paint(state.difference);
    distance.replaceChildren(
      html("span", { class: "first" }, `head ${chosen.first}`),
      " minus ",
      html("span", { class: "second" }, `head ${chosen.second}`),
      ": Jensen-Shannon distance ",
      html("b", {}, state.distance.toFixed(3)),
      " (0: the same; 1: never the same key)",
    );
    root.dataset.distance = state.distance;
    light();
  }

  let turn = "first";
  cards.forEach((card, h) =>
    card.root.addEventListener("click", () => {
      model.set(turn, h);
      model.save_changes();
      turn = turn === "first" ? "second" : "first";
    }),
  );
  const perRow = () => getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  roving(grid)(cards.map((card) => card.root), (k, dx, dy) => k + dx + dy * perRow());
  return watch(model, ["layer", "first", "second", "threshold"], draw);
}

/** One head as a button: a path a bin of weights, so that many edges stay few elements. */
function drawCard(h) {
  const { width, height, edge } = CARD;
  const paths = BINS.map((bin) =>
    svg("path", { class: "bin", "stroke-opacity": bin.opacity, "stroke-width": bin.width }),
  );
  const picture = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" }, ...paths);
  const root = html("button", { type: "button" }, picture, html("span", {}, `head ${h}`));

  function update(matrix, edges, n, { first, second }) {
    const strokes = BINS.map(() => "");
    const step = (width - 2 * edge) / Math.max(n - 1, 1);
    const places = Array.from({ length: n }, (_, position) => (edge + step * position).toFixed(1));
    for (const k of edges) {
      const bin = BINS.findLastIndex(({ above }) => matrix[k] > above);
      strokes[bin] += `M${places[Math.floor(k / n)]} ${edge}L${places[k % n]} ${height - edge}`;
    }
    paths.forEach((path, bin) => path.setAttribute("d", strokes[bin]));
    const roles = [h === first && "first", h === second && "second"].filter(Boolean);
    root.className = ["head", ...roles].join(" ");
    const told = roles.length ? `, compared as ${roles.join(" and ")}` : "";
    setAll(root, { "aria-label": `head ${h}, ${edges.length} edges${told}`, "aria-pressed": roles.length > 0 });
    Object.assign(root.dataset, { head: h, edges: edges.length });
  }
  return { root, update };
}

function drawKey() {
  const key = html("p", { class: "key" }, "weight");
  BINS.forEach(({ above, opacity, width }, bin) => {
    const line = svg("path", { class: "bin", d: "M1 5H21", "stroke-opacity": opacity, "stroke-width": width });
    const text = `${above} to ${BINS[bin + 1]?.above ?? 1}`;
    key.append(html("span", {}, svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, line), text));
  });
  return key;
}

export default { render };
