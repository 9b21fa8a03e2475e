// The attention graph beside its heatmap, linked.
import { attentionState, describe } from "./attention_state.js";
import { frame, html, percent, roving, setAll, shortTokens } from "./drawing.js";
import { svg, tokenNames, watch } from "./drawing.js";
import { Heatmap } from "./heatmap.js";
import { circle, twoRows } from "./layouts.js";
import { edgeEnds, shade } from "./numbers.js";

const DIRECTIONS = ["attends", "flow"];
const LAYOUTS = [circle, twoRows];
const CAPTIONS = {
  attends: "An arrow i → j says: token i attends to token j.",
  flow: "An arrow j → i says: information flows from token j to token i, because i attends to j.",
};
const STRENGTH = "The wider and stronger the arrow, the more attention.";
const HINT = "Point at a token, an arrow or a cell; or use Tab and the arrow keys.";

// A pick says what is lit: a row of queries, a column of keys, or the one cell where they cross.
const NOTHING = { row: null, column: null, crossing: false };
const nodePick = ({ query, key }) => ({ row: query, column: key, crossing: false });
const cellPick = (k, n) => ({ row: Math.floor(k / n), column: k % n, crossing: true });

class AttentionFigure {
  picks = { hover: null, focus: null };
  paths = []; // by cell; made when first drawn, in the document only while drawn

  constructor(model, el) {
    this.model = model;
    this.tokens = model.get("tokens");
    this.names = tokenNames(this.tokens);
    this.n = this.tokens.length;
    this.build(el);
    this.walk = roving(this.graphPanel);
    this.listen();
  }

  build(el) {
    this.titleLayer = svg("g");
    this.edgeLayer = svg("g", { class: "edges" });
    this.nodeLayer = svg("g", { class: "nodes" });
    const frameOf = { viewBox: "0 0 400 400", role: "group", "aria-label": "attention graph" };
    this.graph = svg("svg", { ...frameOf, class: "graph" });
    this.graph.append(this.titleLayer, this.edgeLayer, this.nodeLayer);
    this.graphPanel = html("div", {}, this.graph);
    this.map = new Heatmap(this.tokens, {
      label: "attention heatmap",
      names: (k) => this.tell(cellPick(k, this.n))[0][1],
      onPick: (k, by) => this.point(k === null ? null : cellPick(k, this.n), by),
    });
    this.readout = html("p", { class: "readout", "aria-live": "polite" });
    this.status = html("p", { class: "status", role: "status" });
    this.caption = html("figcaption");
    const panels = html("div", { class: "panels" }, this.graphPanel, this.map.root);
    this.root = frame(el, "attention-view", panels, this.readout, this.status, this.caption);
  }

  listen() {
    this.graph.addEventListener("pointerover", ({ target }) => {
      const node = this.nodes.find(({ element }) => element.contains(target));
      const { query, key } = target.dataset;
      const edge = query && { row: +query, column: +key, crossing: true };
      this.point(node ? nodePick(node) : (edge ?? null), "hover");
    });
    this.graph.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") this.point(null, "hover");
    });
    this.graphPanel.addEventListener("focusin", ({ target }) => {
      const node = this.nodes.find(({ element }) => element === target);
      if (node) this.point(nodePick(node), "focus");
    });
    this.graphPanel.addEventListener("focusout", () => this.point(null, "focus"));
  }

  /** Place nodes and edges anew: the layout or the direction has changed. */
  arrange() {
    this.layout = LAYOUTS[this.model.get("layout_choice")](this.n);
    this.direction = DIRECTIONS[this.model.get("direction_choice")];
    const short = shortTokens(this.tokens);
    this.nodes = this.layout.nodes.map((node) => {
      return { ...node, element: drawNode(node, short, this.names) };
    });
    const elements = this.nodes.map(({ element }) => element);
    this.nodeLayer.replaceChildren(...elements);
    this.walk(elements, this.layout.next);
    const title = ({ text, y }) => svg("text", { class: "axis", x: 200, y }, text);
    this.titleLayer.replaceChildren(...this.layout.titles.map(title));
    this.paths.forEach((path, k) => path.setAttribute("d", this.outline(k)));
    this.caption.textContent = `${CAPTIONS[this.direction]} ${STRENGTH}`;
    Object.assign(this.root.dataset, { direction: this.direction, layout: this.layout.name });
  }

  /** Show other numbers in the same places: layer, head or threshold has changed. */
  redraw() {
    const before = this.state?.edges ?? [];
    this.state = attentionState(this.model);
    const { matrix, edges, mass } = this.state;
    const drawn = new Set(edges);
    for (const k of before) if (!drawn.has(k)) this.paths[k].remove();
    for (const k of edges) {
      this.paths[k] ??= this.makePath(k);
      setAll(this.paths[k], strokeOf(matrix[k]));
      if (!this.paths[k].isConnected) this.edgeLayer.append(this.paths[k]);
    }
    this.map.paint(matrix);
    const count = `${edges.length} of ${matrix.length} edges drawn`;
    this.status.textContent = `${count}; they hold ${percent(mass)} of the attention.`;
    Object.assign(this.root.dataset, { edges: edges.length, mass });
  }

  makePath(k) {
    const ends = { "data-query": Math.floor(k / this.n), "data-key": k % this.n };
    return svg("path", { class: "edge", d: this.outline(k), ...ends });
  }

  outline(k) {
    const ends = edgeEnds(Math.floor(k / this.n), k % this.n, this.direction);
    return this.layout.edge(...ends, this.direction);
  }

  point(pick, by) {
    this.picks[by] = pick;
    this.light();
  }

  /** Light up what is pointed at, or else what has the focus, in graph, heatmap and text. */
  light() {
    const pick = this.picks.hover ?? this.picks.focus;
    const { row, column, crossing } = pick ?? NOTHING;
    this.root.classList.toggle("picked", pick !== null);
    this.map.light(row, column, crossing);
    for (const k of this.state.edges) {
      const [inRow, inColumn] = [Math.floor(k / this.n) === row, k % this.n === column];
      const leaving = inRow && (inColumn || !crossing);
      const arriving = inColumn && !crossing;
      this.paths[k].classList.toggle("lit", leaving || arriving);
      this.paths[k].classList.toggle("incoming", arriving && !leaving);
    }
    for (const { element, query, key } of this.nodes) {
      const lit = (query !== null && query === row) || (key !== null && key === column);
      element.classList.toggle("lit", lit);
    }
    const sentences = pick ? this.tell(pick) : [["", HINT]];
    const spans = sentences.map(([tone, text]) => html("span", { class: tone }, text));
    this.readout.replaceChildren(...spans);
  }

  tell(pick) {
    const drawn = { direction: this.direction, threshold: this.model.get("threshold") };
    return describe(pick, this.state, this.names, drawn);
  }
}

function render({ model, el }) {
  const figure = new AttentionFigure(model, el);
  const shown = [
    [["layout_choice", "direction_choice"], () => figure.arrange()],
    [["layer", "head_choice", "threshold"], () => figure.redraw()],
  ];
  for (const [, draw] of shown) draw();
  figure.light();
  const stops = shown.map(([traits, draw]) =>
    watch(model, traits, () => {
      draw();
      figure.light();
    }),
  );
  return () => stops.forEach((stop) => stop());
}

function strokeOf(weight) {
  return {
    "stroke-width": (0.6 + 4.4 * weight).toFixed(2),
    "stroke-opacity": (0.06 + 0.94 * shade(weight)).toFixed(3),
  };
}

function drawNode({ position, query, key, size, at: [cx, cy], label }, short, names) {
  const role = query === null ? "key" : key === null ? "query" : "token";
  const group = svg(
    "g",
    { class: "node", role: "img", "data-position": position, "data-role": role },
    svg("title", {}, `${role} ${names[position]}, position ${position}`),
    svg("circle", { class: "reach", cx, cy, r: Math.max(size, 9) }),
    svg("circle", { class: "dot", cx, cy, r: size }),
  );
  group.setAttribute("aria-label", `${role} ${names[position]}, position ${position}`);
  if (label) group.append(svg("text", { class: "label", ...label }, short[position]));
  return group;
}

export default { render };
