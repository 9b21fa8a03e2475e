// A builder of sparse patterns: the matrix beside the graph, and what is reached layer by layer.
import {
  frame,
  graphOf,
  html,
  panelsOf,
  readoutOf,
  ringOf,
  setAll,
  statusOf,
  svg,
} from "../shared/drawing.js";
import { placed } from "../shared/layouts.js";
import { change, mount } from "../shared/mount.js";
import { numberAt, onPress, reachOf, roving } from "../shared/pointing.js";
import { say } from "../shared/words.js";
import { describeNode, describePattern, describePosition, patternState } from "./state.js";
import "./style.css";

const SIDE = 372; // of the grid
const CORNER = 26;
const MOST_LAYERS = 12;
const SHADES = [1, 0.42, 0.3, 0.21, 0.14, 0.09]; // of layers 1, 2, …; the last for all later ones

class PatternFigure {
  constructor(model, el) {
    this.model = model;
    this.n = model.get("n");
    this.cell = SIDE / this.n;
    this.build(el);
    roving(this.circlePanel)(this.nodes, (k, dx, dy) => (k + dx + dy + this.n) % this.n);
    this.listen();
  }

  build(el) {
    this.levels = SHADES.map((shade) => svg("path", { class: "level", "fill-opacity": shade }));
    this.band = svg("rect", { class: "band lit", x: CORNER, width: SIDE, height: this.cell });
    const paper = { class: "paper", x: CORNER, y: CORNER, width: SIDE, height: SIDE };
    this.grid = svg("svg", { viewBox: "0 0 400 400", role: "img", class: "grid" });
    this.grid.append(
      svg("rect", paper),
      ...this.levels,
      this.band,
      svg("text", { class: "axis", x: 212, y: 16 }, say("key (attended to)")),
      svg(
        "text",
        { class: "axis", transform: "translate(14 212) rotate(-90)" },
        say("query (attends)"),
      ),
    );
    const radius = 180;
    const size = Math.min(11, (0.42 * 2 * Math.PI * radius) / this.n);
    const places = ringOf(this.n, 200, radius);
    this.layout = placed(places, size);
    this.nodes = places.map((at, k) => drawPosition(at, k, size));
    this.arrows = places.map(() => svg("path", { class: "edge" }));
    const nodes = svg("g", { class: "nodes" }, ...this.nodes);
    const graph = graphOf(say("positions"), svg("g", {}, ...this.arrows), nodes);
    this.circlePanel = html("div", {}, graph);
    [this.readout, this.status] = [readoutOf(), statusOf()];
    const panels = panelsOf(html("div", {}, this.grid), this.circlePanel);
    const texts = [this.status, this.readout, html("figcaption", {}, caption())];
    this.root = frame(el, "pattern-view", say("pattern view"), panels, ...texts);
    this.root.classList.add("picked"); // there is always a chosen position
  }

  listen() {
    this.grid.addEventListener("click", ({ clientY }) => {
      const { top, height } = this.grid.getBoundingClientRect();
      const row = Math.floor((((clientY - top) / height) * 400 - CORNER) / this.cell);
      if (row >= 0 && row < this.n) this.choose(row);
    });
    onPress(this.circlePanel, (target) => this.choose(numberAt(target, ".node")));
  }

  choose(position) {
    if (position === null || position === this.model.get("position")) return;
    change(this.model, { position });
  }

  /** The pattern is another one. */
  rebuild() {
    this.state = patternState(this.model);
    this.redraw();
  }

  /** Show so many layers of the pattern. */
  redraw() {
    const { n, edges, full } = this.state;
    const most = this.model.get("layers");
    this.levels.forEach((path, k) => {
      const last = k === SHADES.length - 1 ? MOST_LAYERS : k + 1;
      path.setAttribute("d", this.cellsOf(k + 1, Math.min(last, most)));
    });
    this.status.textContent = describePattern(this.state, most);
    const label = say("pattern of {n} positions, {edges} edges", { n, edges });
    this.grid.setAttribute("aria-label", label);
    Object.assign(this.root.dataset, { edges, full: full ?? "never" });
    this.show();
  }

  /** The cells that are first reached in layers `first` to `last`, as one path of their runs. */
  cellsOf(first, last) {
    const { n, layers } = this.state;
    const wanted = (k) => layers[k] >= first && layers[k] <= last;
    let d = "";
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        if (!wanted(i * n + j)) continue;
        const start = j;
        while (j + 1 < n && wanted(i * n + j + 1)) j++;
        const [x, y] = [start, i].map((at) => (CORNER + at * this.cell).toFixed(2));
        const wide = ((j + 1 - start) * this.cell).toFixed(2);
        d += `M${x} ${y}h${wide}v${this.cell.toFixed(2)}h-${wide}z`;
      }
    }
    return d;
  }

  /** Another position is chosen. */
  show() {
    const { n, pattern, layers } = this.state;
    const [chosen, most] = ["position", "layers"].map((name) => this.model.get(name));
    this.band.setAttribute("y", CORNER + chosen * this.cell);
    this.nodes.forEach((node, j) => {
      const layer = layers[chosen * n + j];
      const shown = layer > 0 && layer <= most;
      const [dot, text] = node.querySelectorAll(".dot, text");
      const shade = shown ? SHADES[Math.min(layer, SHADES.length) - 1] : 0;
      dot.setAttribute("fill-opacity", shade);
      text.textContent = shown ? layer : "";
      node.classList.toggle("dark", shade > 0.5);
      node.classList.toggle("chosen", j === chosen);
      const told = describeNode(j, shown ? layer : null);
      setAll(node, { "aria-label": told, "aria-pressed": j === chosen });
      const drawn = j !== chosen && pattern[chosen * n + j];
      this.arrows[j].setAttribute("d", drawn ? this.layout.edge(chosen, j) : "");
    });
    this.readout.textContent = describePosition(this.state, chosen);
  }
}

function drawPosition([x, y], k, size) {
  const font = Math.min(12, 1.35 * size).toFixed(1);
  return svg(
    "g",
    {
      class: "node",
      role: "button",
      "data-position": k,
      transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`,
    },
    svg("circle", { class: "reach", r: reachOf(size) }),
    svg("circle", { class: "dot", r: size }),
    svg("text", { class: font < 12 ? "between" : "", dy: "0.35em", "font-size": font }),
  );
}

function caption() {
  const panels = say(
    "The square is the pattern, and paler what is reached in later layers. The ring holds the " +
      "positions, clockwise from the top, each with the number of layers after which the chosen " +
      "one draws on it. " +
      "An arrow i → j says: i may attend to j.",
  );
  const use = say("Click a row or a position to choose it; or use Tab, the arrow keys and Enter.");
  return `${panels} ${use}`;
}

export default mount((model, el) => new PatternFigure(model, el), {
  rebuild: ["radius", "dilation", "global_positions", "random_keys", "block"],
  redraw: ["layers"],
  show: ["position"],
});

// What tests compare with course_lib.
export * from "./state.js";
