// The layered graph of a model, which flow and rollout draw: positions across, layers up, edges
// from the outputs at the top down to the inputs; and the tokens' labels at both ends. Layers, nodes
// and edges are numbered as in layers.js.
import { html, setChanged, svg } from "./drawing.js";
import { LEAST_DOT, MOST_SIZE, SHEET, sheetOf } from "./layered_sheet.js";
import { onPress, roving } from "./pointing.js";
import { Points } from "./points.js";
import { edgesOf, Strokes } from "./strokes.js";
import { MANY, MOST_EDGES, strongestOf } from "./strongest.js";
import { shortTokens } from "./texts.js";
import { say } from "./words.js";
import "./layered_graph.css";

const LEAST_GAP = 38; // between rows, for two lines of text beside each layer

/**
 * The picture in an HTML element, `root`, of at most `layers` layers: `arrange`, then `draw`. Of more
 * than `MANY` positions the nodes between the ends have no element each, and of the edges of a kind
 * the strongest are drawn.
 *
 * `choosable` lists the roles, of "output" and "input", whose nodes can be chosen;
 * `onChoose(role, position)` is called when one is clicked, or Enter or Space pressed on it.
 */
export class LayeredGraph {
  constructor(tokens, names, { layers, choosable, onChoose }) {
    this.n = tokens.length;
    this.sheet = sheetOf(shortTokens(tokens), layers);
    const ends = (role) =>
      names.map((name, i) => drawEnd(this.sheet, role, i, name, choosable.includes(role)));
    this.nodes = { output: ends("output"), input: ends("input") };
    this.isMany = this.n > MANY;
    const dots = this.isMany ? [] : this.sheet.x; // between the ends
    const inner = () => dots.map((cx) => svg("circle", { class: "dot", cx }));
    const between = Array.from({ length: layers - 1 }, inner);
    this.rows = [this.nodes.input, ...between, this.nodes.output].map((nodes) =>
      svg("g", { class: "row" }, ...nodes),
    );
    this.dots = this.rows.map((row) => [...row.querySelectorAll(".dot")]);
    this.strokes = {
      weights: new Strokes("weights"),
      carried: new Strokes("carried"),
      cut: new Strokes("cut"),
    };
    this.points = new Points(MOST_SIZE * LEAST_DOT);
    this.build();
    this.listen(
      choosable.flatMap((role) => this.nodes[role]),
      onChoose,
    );
  }

  build() {
    this.labelLayer = svg("g");
    this.rowLayer = svg("g", { class: "nodes" });
    const viewBox = `0 0 ${SHEET.width} ${this.sheet.height}`;
    const label = say("layered graph of the model");
    const picture = svg("svg", { viewBox, role: "group", class: "layered", "aria-label": label });
    const strokes = Object.values(this.strokes).map(({ root }) => root);
    picture.append(this.labelLayer, ...strokes, this.points.root, this.rowLayer);
    this.root = html("div", {}, picture);
  }

  listen(nodes, onChoose) {
    const { n } = this;
    onPress(this.root, (target) => {
      const node = target.closest(".choosable");
      if (node) onChoose(node.dataset.role, +node.dataset.position);
    });
    roving(this.root)(nodes, (k, dx, dy) => {
      const column = Math.min(Math.max((k % n) + dx, 0), n - 1);
      return column + (dy ? (dy > 0 ? nodes.length - n : 0) : k - (k % n));
    });
  }

  /** Place the rows of `count` layers, the lowest of which is layer `first` of the model. */
  arrange({ count, first }) {
    if (this.count === count && this.first === first) return; // whoever has the focus keeps it
    Object.assign(this, { count, first });
    const { bottom, top } = this.sheet;
    this.gap = (bottom - top) / count;
    const y = Array.from({ length: count + 1 }, (_, p) => bottom - p * this.gap);
    const rows = [...this.rows.slice(0, count), this.rows.at(-1)];
    rows.forEach((row, p) => row.setAttribute("transform", `translate(0 ${y[p].toFixed(1)})`));
    this.rowLayer.replaceChildren(...rows);
    this.shown = nodesOf([...this.dots.slice(0, count), this.dots.at(-1)], this.n);
    this.line = curves(this.sheet.x, y);
    this.places = y.flatMap((place) => this.sheet.x.map((x) => [x, place])); // by node
    this.labelLayer.replaceChildren(...rowLabels(y, first, this.gap));
  }

  /** Draw edges with their values as "carried" or as the "cut". */
  draw(kind, edges, layers) {
    const drawn = this.isMany ? strongestOf(edges, MOST_EDGES) : edges;
    this.strokes[kind].draw(drawn, layers, this.line);
  }

  /**
   * Draw the weights of the layers behind all else. Of many positions those straight down are left
   * out: most of them hold the residual, and would be all that is strong enough.
   */
  drawWeights(layers) {
    if (layers === this.layers) return; // another pair of ends
    this.layers = layers;
    const { n, data } = layers;
    const isDrawn = (e) => !this.isMany || Math.floor(e / n) % n !== e % n;
    this.draw("weights", edgesOf(data, this.strokes.weights.least, isDrawn), layers);
  }

  /** What is not drawn of so many positions, in words. */
  left() {
    return say(
      "Of each kind of line the strongest {count} are drawn, and no grey ones straight down.",
      { count: MOST_EDGES },
    );
  }

  /** Size the nodes by their share of what is carried, or all alike if there is none. */
  size(shares) {
    if (this.isMany && shares === null && this.isSized === false) return; // as it was before
    const { dot } = this.sheet;
    const largest = MOST_SIZE * Math.max(dot, LEAST_DOT);
    const sizeOf = (node) => Math.max(0.45 * dot, largest * Math.sqrt(shares[node]));
    for (const { circle, node } of this.shown) {
      setChanged(circle, { r: (shares ? sizeOf(node) : dot).toFixed(2) });
    }
    this.isSized = shares !== null;
    if (this.isMany && shares) this.drawPoints((node) => largest * Math.sqrt(shares[node]));
  }

  /** Set a class on the nodes for which `test(node)` holds. */
  mark(name, test) {
    for (const { circle, node } of this.shown) circle.classList.toggle(name, test(node));
    if (!this.isMany) return;
    this.points.root.setAttribute("class", `points ${name}`);
    if (!this.isSized) this.drawPoints((node) => (test(node) ? 2 * this.sheet.dot : 0));
  }

  /** Draw the nodes between the ends as points, by the radius of each. */
  drawPoints(radiusOf) {
    const { n, count, places } = this;
    const radii = Float64Array.from({ length: (count - 1) * n }, (_, k) => radiusOf(n + k));
    this.points.draw(places.slice(n, count * n), radii);
  }

  /** Write a few words under the name of each layer, the lowest first, if there is room. */
  note(words) {
    if (this.gap < LEAST_GAP) return;
    const notes = this.labelLayer.querySelectorAll(".note");
    words.forEach((text, p) => {
      notes[p].textContent = text;
    });
  }
}

/** A node at the top or at the bottom, with its label. */
function drawEnd({ x, short, tilt, labelAt, dot, gap, reach }, role, i, name, choosable) {
  const up = role === "output" ? -1 : 1;
  const told =
    role === "output"
      ? say("output {name}, position {position}", { name, position: i })
      : say("input {name}, position {position}", { name, position: i });
  const area = {
    ...reach,
    x: x[i] - reach.width / 2,
    y: up < 0 ? 8 - reach.height : -8,
    transform: `rotate(${tilt && tilt + 90} ${x[i]} 0)`, // along the label
  };
  const group = svg(
    "g",
    { class: choosable ? "node choosable" : "node", role: choosable ? "button" : "img" },
    svg("rect", { class: "reach", ...area, rx: 4 }),
    svg("circle", { class: "dot", cx: x[i], r: dot }),
  );
  group.setAttribute("aria-label", told);
  Object.assign(group.dataset, { role, position: i });
  const font = labelAt(i);
  if (!font) {
    group.append(svg("title", {}, told));
    return group;
  }
  const anchor = tilt === 0 ? "middle" : up < 0 ? "start" : "end";
  const along = tilt ? `${-up * gap} 0` : `0 ${up * gap}`;
  const transform = `translate(${x[i]} 0) rotate(${tilt}) translate(${along})`;
  group.append(svg("text", { ...font, "text-anchor": anchor, dy: "0.35em", transform }, short[i]));
  return group;
}

/** The circles of rows of nodes, `n` a row or none, each with the number of its node. */
function nodesOf(rows, n) {
  return rows.flatMap((row, p) => row.map((circle, i) => ({ circle, node: p * n + i })));
}

/** How the edge (p + 1, i) -> (p, j) runs: it leaves and arrives upright. */
function curves(x, y) {
  const [across, up] = [x, y].map((places) => places.map((place) => place.toFixed(1)));
  const middle = y.slice(1).map((above, p) => ((above + y[p]) / 2).toFixed(1));
  return (p, i, j) =>
    `M${across[i]} ${up[p + 1]}C${across[i]} ${middle[p]} ${across[j]} ${middle[p]} ` +
    `${across[j]} ${up[p]}`;
}

/** The names of the rows, and between them those of the layers with room for a note. */
function rowLabels(y, first, gap) {
  const text = (kind, place, words) =>
    svg("text", { class: `${kind} end`, x: SHEET.left - 16, y: place }, words);
  const every = Math.ceil(13 / gap);
  const layers = y
    .slice(1)
    .flatMap((above, p) => [
      text(
        "tick",
        above + gap / 2 + 3,
        p % every ? "" : say("layer {layer}", { layer: first + p }),
      ),
      text("tick note", above + gap / 2 + 16, ""),
    ]);
  const aside = gap < LEAST_GAP ? 9 : 0; // out of the way of the layers' names
  const outputs = text("axis", y.at(-1) + 4 - aside, say("outputs"));
  return [outputs, ...layers, text("axis", y[0] + 4 + aside, say("inputs"))];
}
