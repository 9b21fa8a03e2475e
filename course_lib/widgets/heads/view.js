// All heads of a layer as small graphs, and the difference between two of them.
import { frame, html, roving, setAll, svg, tokenNames, watch } from "../shared/drawing.js";
import { Heatmap } from "../shared/heatmap.js";
import { decodeWeights, edgesAbove, headDistance, headMatrix } from "../shared/numbers.js";
import { differenceScale } from "../shared/scales.js";
import "./style.css";

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
  const heads = Array.from({ length: weights.heads }, (_, h) =>
    headMatrix(weights, model.get("layer"), h),
  );
  const [first, second] = [heads[model.get("first")], heads[model.get("second")]];
  return {
    heads,
    edges: heads.map((matrix) => edgesAbove(matrix, model.get("threshold"))),
    difference: first.map((value, k) => value - second[k]),
    distance: headDistance(first, second, weights.n),
  };
}

const HINT = "Point at a cell of the difference to read it.";
const CAPTION =
  "In each small graph the queries stand above, the same tokens as keys below, and a line says " +
  "who attends to whom. Click a head to compare it; clicks set the first and the second head in " +
  "turn. In the difference, blue says that the first head attends more, orange the second.";

class HeadsFigure {
  picks = { hover: null, focus: null };
  turn = "first";

  constructor(model, el) {
    this.model = model;
    const tokens = model.get("tokens");
    this.names = tokenNames(tokens);
    this.cards = Array.from({ length: model.get("shape")[1] }, (_, h) => drawCard(h));
    this.map = new Heatmap(tokens, {
      label: "difference between the two heads",
      titles: ["query (attends)", "key (attended to)", "difference"],
      scale: differenceScale,
      names: (k) => this.tell(k),
      onPick: (k, by) => {
        this.picks[by] = k;
        this.light();
      },
    });
    this.distance = html("p", { class: "distance", role: "status" });
    this.readout = html("p", { class: "readout", "aria-live": "polite" });
    const overview = html("div", {}, this.grid(), drawKey(), this.distance, this.readout);
    const panels = html("div", { class: "panels" }, overview, this.map.root);
    this.root = frame(el, "heads-grid", panels, html("figcaption", {}, CAPTION));
  }

  grid() {
    const buttons = this.cards.map(({ root }) => root);
    const label = { role: "group", "aria-label": "heads of the layer" };
    const grid = html("div", { class: "heads", ...label }, ...buttons);
    const perRow = () => getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    roving(grid)(buttons, (k, dx, dy) => k + dx + dy * perRow());
    buttons.forEach((button, h) => button.addEventListener("click", () => this.pick(h)));
    return grid;
  }

  pick(h) {
    this.model.set(this.turn, h);
    this.model.save_changes();
    this.turn = this.turn === "first" ? "second" : "first";
  }

  redraw() {
    this.state = headsState(this.model);
    const { heads, edges, difference, distance } = this.state;
    const chosen = { first: this.model.get("first"), second: this.model.get("second") };
    this.cards.forEach((card, h) => card.update(heads[h], edges[h], this.names.length, chosen));
    this.map.paint(difference);
    this.distance.replaceChildren(
      html("span", { class: "first" }, `head ${chosen.first}`),
      " minus ",
      html("span", { class: "second" }, `head ${chosen.second}`),
      ": Jensen-Shannon distance ",
      html("b", {}, distance.toFixed(3)),
      " (0: the same; 1: never the same key)",
    );
    this.root.dataset.distance = distance;
    this.light();
  }

  light() {
    const k = this.picks.hover ?? this.picks.focus;
    const n = this.names.length;
    this.root.classList.toggle("picked", k !== null);
    if (k === null) this.map.light(null, null, true);
    else this.map.light(Math.floor(k / n), k % n, true);
    this.readout.textContent = k === null ? HINT : this.tell(k);
  }

  tell(k) {
    const n = this.names.length;
    const [first, second] = [this.model.get("first"), this.model.get("second")];
    const [a, b] = [this.state.heads[first][k], this.state.heads[second][k]];
    const who = `“${this.names[Math.floor(k / n)]}” attends to “${this.names[k % n]}”`;
    const values = `head ${first} ${a.toFixed(2)}, head ${second} ${b.toFixed(2)}`;
    return `${who}: ${values}, difference ${a < b ? "−" : "+"}${Math.abs(a - b).toFixed(2)}.`;
  }
}

function render({ model, el }) {
  const figure = new HeadsFigure(model, el);
  figure.redraw();
  return watch(model, ["layer", "first", "second", "threshold"], () => figure.redraw());
}

/** One head as a button: a path a bin of weights, so that many edges stay few elements. */
function drawCard(h) {
  const { width, height, edge } = CARD;
  const paths = BINS.map((bin) =>
    svg("path", { class: "bin", "stroke-opacity": bin.opacity, "stroke-width": bin.width }),
  );
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    ...paths,
  );
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
    setAll(root, {
      "aria-label": `head ${h}, ${edges.length} edges${told}`,
      "aria-pressed": roles.length > 0,
    });
    Object.assign(root.dataset, { head: h, edges: edges.length });
  }
  return { root, update };
}

function drawKey() {
  const key = html("p", { class: "key" }, "weight");
  BINS.forEach(({ above, opacity, width }, bin) => {
    const line = svg("path", {
      class: "bin",
      d: "M1 5H21",
      "stroke-opacity": opacity,
      "stroke-width": width,
    });
    const text = `${above} to ${BINS[bin + 1]?.above ?? 1}`;
    key.append(
      html("span", {}, svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, line), text),
    );
  });
  return key;
}

export default { render };
