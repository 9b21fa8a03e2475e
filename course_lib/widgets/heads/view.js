// All heads of a layer as small graphs, and the difference between two of them.
import { frame, html, loosePanel, panelsOf, readoutOf, setAll, svg } from "../shared/drawing.js";
import { Heatmap } from "../shared/heatmap.js";
import { change, mount } from "../shared/mount.js";
import { range } from "../shared/numbers.js";
import { Picks, roving } from "../shared/pointing.js";
import { differenceScale } from "../shared/scales.js";
import { MANY, strongest } from "../shared/strongest.js";
import { number, tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { comparison, describeCell, describeHead, layerState } from "./state.js";
import "./style.css";

// Weights above each bound are drawn in one style; the same bounds for every head.
const BINS = [
  { above: 0, opacity: 0.18, width: 0.7 },
  { above: 0.1, opacity: 0.32, width: 0.9 },
  { above: 0.2, opacity: 0.5, width: 1.2 },
  { above: 0.4, opacity: 0.75, width: 1.7 },
  { above: 0.7, opacity: 1, width: 2.3 },
];
const MOST_LINES = 400; // of a head, if there are many positions
const CARD = { width: 100, height: 62, edge: 7 };

class HeadsFigure {
  picks = new Picks(() => this.light());
  turn = "first";

  constructor(model, el) {
    this.model = model;
    const tokens = model.get("tokens");
    this.names = tokenNames(tokens);
    this.cards = range(model.get("shape")[1]).map(drawCard);
    this.map = new Heatmap(tokens, {
      label: say("difference between the two heads"),
      titles: { colour: say("difference") },
      scale: differenceScale,
      names: (k) => this.tell(k),
      picks: this.picks,
    });
    this.distance = html("p", { class: "distance", role: "status" });
    this.readout = readoutOf();
    const told = html("div", { class: "told" }, this.distance, this.readout);
    const overview = loosePanel(this.grid(), drawKey(), told);
    const panels = panelsOf(overview, this.map.root);
    const texts = html("figcaption", {}, caption(tokens.length > MANY));
    this.root = frame(el, "heads-grid", say("heads grid"), panels, texts);
  }

  grid() {
    const buttons = this.cards.map(({ root }) => root);
    const label = { role: "group", "aria-label": say("heads of the layer") };
    const grid = html("div", { class: "heads", ...label }, ...buttons);
    const perRow = () => getComputedStyle(grid).gridTemplateColumns.split(" ").length;
    roving(grid)(buttons, (k, dx, dy) => k + dx + dy * perRow());
    buttons.forEach((button, h) => button.addEventListener("click", () => this.pick(h)));
    return grid;
  }

  pick(h) {
    change(this.model, { [this.turn]: h });
    this.turn = this.turn === "first" ? "second" : "first";
  }

  get chosen() {
    return { first: this.model.get("first"), second: this.model.get("second") };
  }

  /** Show other numbers: layer or threshold has changed. */
  redraw() {
    this.layer = layerState(this.model);
    const { heads, edges } = this.layer;
    const n = this.names.length;
    const most = n > MANY ? MOST_LINES : Infinity;
    this.cards.forEach((card, h) => {
      card.draw(heads[h], strongest(heads[h], edges[h], most), n);
    });
    this.compare();
  }

  /** Compare other heads. */
  compare() {
    this.state = { ...this.layer, ...comparison(this.model, this.layer) };
    const { difference, distance } = this.state;
    const { chosen } = this;
    this.cards.forEach((card, h) => card.mark(this.layer.edges[h].length, chosen));
    this.map.paint(difference);
    this.distance.replaceChildren(
      html("span", { class: "first" }, say("head {head}", { head: chosen.first })),
      " ",
      say("minus"),
      " ",
      html("span", { class: "second" }, say("head {head}", { head: chosen.second })),
      ": ",
      say("Jensen-Shannon distance"),
      " ",
      html("b", {}, number(distance, 3)),
      " ",
      say("(0: the same; 1: never the same key)"),
    );
    this.root.dataset.distance = distance;
    this.light();
  }

  light() {
    const k = this.picks.current;
    const n = this.names.length;
    this.root.classList.toggle("picked", k !== null);
    if (k === null) this.map.light(null, null, true);
    else this.map.light(Math.floor(k / n), k % n, true);
    this.readout.textContent =
      k === null ? say("Point at a cell of the difference to read it.") : this.tell(k);
  }

  tell(k) {
    return describeCell(this.state, this.chosen, this.names, k);
  }
}

function caption(many) {
  const told = say(
    "In each small graph the queries stand above, the same tokens as keys below, and a line says " +
      "who attends to whom. Click a head to compare it; clicks set the first and the second head " +
      "in turn. In the difference, blue says that the first head attends more, orange the second.",
  );
  const strongest = say("A small graph draws no more than its {most} strongest lines.", {
    most: MOST_LINES,
  });
  return many ? `${told} ${strongest}` : told;
}

/** One head as a button: a path a bin of weights, so that many edges stay few elements. */
function drawCard(h) {
  const { width, height, edge } = CARD;
  const paths = BINS.map((bin) =>
    svg("path", { class: "bin", "stroke-opacity": bin.opacity, "stroke-width": bin.width }),
  );
  const picture = svg(
    "svg",
    { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", "aria-hidden": "true" },
    ...paths,
  );
  const root = html(
    "button",
    { type: "button" },
    picture,
    html("span", {}, say("head {head}", { head: h })),
  );

  function draw(matrix, edges, n) {
    const strokes = BINS.map(() => "");
    const step = (width - 2 * edge) / Math.max(n - 1, 1);
    const places = range(n).map((position) => (edge + step * position).toFixed(1));
    for (const k of edges) {
      const bin = BINS.findLastIndex(({ above }) => matrix[k] > above);
      strokes[bin] += `M${places[Math.floor(k / n)]} ${edge}L${places[k % n]} ${height - edge}`;
    }
    paths.forEach((path, bin) => path.setAttribute("d", strokes[bin]));
  }

  function mark(edges, chosen) {
    const roles = [h === chosen.first && "first", h === chosen.second && "second"];
    root.className = ["head", ...roles.filter(Boolean)].join(" ");
    setAll(root, {
      "aria-label": describeHead(h, edges, chosen),
      "aria-pressed": roles.some(Boolean),
    });
    Object.assign(root.dataset, { head: h, edges });
  }
  return { root, draw, mark };
}

function drawKey() {
  const key = html("p", { class: "key" }, say("weight"));
  BINS.forEach(({ above, opacity, width }, bin) => {
    const style = { "stroke-opacity": opacity, "stroke-width": width };
    const line = svg("path", { class: "bin", d: "M1 5H21", ...style });
    const text = say("{least} to {most}", { least: above, most: BINS[bin + 1]?.above ?? 1 });
    const picture = svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, line);
    key.append(html("span", {}, picture, text));
  });
  return key;
}

export default mount((model, el) => new HeadsFigure(model, el), {
  redraw: ["layer", "threshold"],
  compare: ["first", "second"],
});

// What tests compare with course_lib.
export * from "./state.js";
