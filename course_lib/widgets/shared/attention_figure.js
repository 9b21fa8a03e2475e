// A graph of attention beside its heatmap, linked: what several figures draw.
import { describe, describeDrawn } from "./attention_texts.js";
import { frame, graphOf, html, panelsOf, readoutOf, setAll, statusOf, svg } from "./drawing.js";
import { Heatmap } from "./heatmap.js";
import { edgeEnds, shade } from "./numbers.js";
import { Picks, roving } from "./pointing.js";
import { shortTokens, tokenNames } from "./texts.js";
import { say } from "./words.js";
import "./attention_figure.css";

// A pick says what is lit: a row of queries, a column of keys, or the one cell where they cross.
const NOTHING = { row: null, column: null, crossing: false };
const nodePick = ({ query, key }) => ({ row: query, column: key, crossing: false });
const cellPick = (k, columns) => ({
  row: Math.floor(k / columns),
  column: k % columns,
  crossing: true,
});

/**
 * `source` says what to draw: tokens `queries` and `keys`; a `note` to be told, if there is one; and
 * functions of what the controls have chosen, `layout()`, `direction()`, `threshold()` and
 * `state()`, which is the matrix with its drawn edges and the share of attention that they hold.
 * `status(state)` may tell something else of them than how many they are, and `hidden` say why an
 * edge is not drawn.
 */
export class AttentionFigure {
  picks = new Picks(() => this.light());
  paths = []; // by cell; made when first drawn, in the document only while drawn

  constructor(el, source) {
    this.source = source;
    this.names = { queries: tokenNames(source.queries), keys: tokenNames(source.keys) };
    this.columns = source.keys.length;
    this.build(el);
    this.walk = roving(this.graphPanel);
    this.picks.listen(this.graphPanel, (target) => this.pickOf(target));
  }

  build(el) {
    this.titleLayer = svg("g");
    this.edgeLayer = svg("g", { class: "edges" });
    this.nodeLayer = svg("g", { class: "nodes" });
    const layers = [this.titleLayer, this.edgeLayer, this.nodeLayer];
    this.graphPanel = html("div", {}, graphOf(say("attention graph"), ...layers));
    this.map = new Heatmap(this.source.queries, {
      keys: this.source.keys,
      label: say("attention heatmap"),
      names: (k) => this.tell(cellPick(k, this.columns))[0][1],
      picks: this.picks,
      pickOf: (k) => cellPick(k, this.columns),
    });
    [this.readout, this.status] = [readoutOf(), statusOf()];
    this.caption = html("figcaption");
    const panels = panelsOf(this.graphPanel, this.map.root);
    const texts = [this.readout, this.status, this.caption];
    if (this.source.note) texts.unshift(html("p", { class: "note" }, this.source.note));
    this.root = frame(el, "attention-view", say("attention view"), panels, ...texts);
  }

  /** What a part of the graph stands for: a node, an edge or nothing. */
  pickOf(target) {
    const node = this.nodes.find(({ element }) => element.contains(target));
    if (node) return nodePick(node);
    const { query, key } = target.dataset;
    return query ? { row: +query, column: +key, crossing: true } : null;
  }

  /** Place nodes and edges anew: the layout or the direction has changed. */
  rearrange() {
    this.arrange();
    this.light();
  }

  arrange() {
    this.layout = this.source.layout();
    this.direction = this.source.direction();
    const [queries, keys] = [this.source.queries, this.source.keys].map((all) => shortTokens(all));
    this.nodes = this.layout.nodes.map((node) => {
      const isKey = node.query === null;
      const name = (isKey ? this.names.keys : this.names.queries)[node.position];
      return { ...node, element: drawNode(node, (isKey ? keys : queries)[node.position], name) };
    });
    const elements = this.nodes.map(({ element }) => element);
    this.nodeLayer.replaceChildren(...elements);
    this.walk(elements, this.layout.next);
    const title = ({ text, y }) => svg("text", { class: "axis", x: 200, y }, text);
    this.titleLayer.replaceChildren(...this.layout.titles.map(title));
    this.paths.forEach((path, k) => path.setAttribute("d", this.outline(k)));
    this.caption.textContent = caption(this.direction);
    Object.assign(this.root.dataset, { direction: this.direction, layout: this.layout.name });
  }

  /** Show other numbers in the same places: layer, head or threshold has changed. */
  redraw() {
    if (!this.layout) this.arrange();
    const before = this.state?.edges ?? [];
    this.state = this.source.state();
    const { matrix, edges, mass } = this.state;
    const drawn = new Set(edges);
    for (const k of before) if (!drawn.has(k)) this.paths[k].remove();
    for (const k of edges) {
      this.paths[k] ??= this.makePath(k);
      setAll(this.paths[k], strokeOf(matrix[k]));
      if (!this.paths[k].isConnected) this.edgeLayer.append(this.paths[k]);
    }
    this.map.paint(matrix);
    this.status.textContent = (this.source.status ?? describeDrawn)(this.state);
    Object.assign(this.root.dataset, { edges: edges.length, mass });
    this.light();
  }

  makePath(k) {
    const ends = { "data-query": Math.floor(k / this.columns), "data-key": k % this.columns };
    return svg("path", { class: "edge", d: this.outline(k), ...ends });
  }

  outline(k) {
    const ends = edgeEnds(Math.floor(k / this.columns), k % this.columns, this.direction);
    return this.layout.edge(...ends, this.direction);
  }

  /** Light up what is pointed at, or else what has the focus, in graph, heatmap and text. */
  light() {
    const pick = this.picks.current;
    const { row, column, crossing } = pick ?? NOTHING;
    this.root.classList.toggle("picked", pick !== null);
    this.map.light(row, column, crossing);
    for (const k of this.state.edges) {
      const [inRow, inColumn] = [Math.floor(k / this.columns) === row, k % this.columns === column];
      const leaving = inRow && (inColumn || !crossing);
      const arriving = inColumn && !crossing;
      this.paths[k].classList.toggle("lit", leaving || arriving);
      this.paths[k].classList.toggle("incoming", arriving && !leaving);
    }
    for (const { element, query, key } of this.nodes) {
      const lit = (query !== null && query === row) || (key !== null && key === column);
      element.classList.toggle("lit", lit);
    }
    const sentences = pick ? this.tell(pick) : [["", hint()]];
    const spans = sentences.map(([tone, text]) => html("span", { class: tone }, text));
    this.readout.replaceChildren(...spans);
  }

  tell(pick) {
    const { hidden } = this.source;
    const drawn = { direction: this.direction, threshold: this.source.threshold(), hidden };
    return describe(pick, this.state.matrix, this.names, drawn);
  }
}

function hint() {
  return say("Point at a token, an arrow or a cell; or use Tab and the arrow keys.");
}

function caption(direction) {
  const arrow =
    direction === "flow"
      ? say(
          "An arrow j → i says: information flows from token j to token i, " +
            "because i attends to j.",
        )
      : say("An arrow i → j says: token i attends to token j.");
  return [arrow, say("The wider and stronger the arrow, the more attention.")].join(" ");
}

/** What a node is called. */
function nodeName(role, name, position) {
  if (role === "query") return say("query {name}, position {position}", { name, position });
  if (role === "key") return say("key {name}, position {position}", { name, position });
  return say("token {name}, position {position}", { name, position });
}

function strokeOf(weight) {
  return {
    "stroke-width": (0.6 + 4.4 * weight).toFixed(2),
    "stroke-opacity": (0.06 + 0.94 * shade(weight)).toFixed(3),
  };
}

function drawNode({ position, query, key, size, at: [cx, cy], label }, short, name) {
  const role = query === null ? "key" : key === null ? "query" : "token";
  const told = nodeName(role, name, position);
  const group = svg(
    "g",
    { class: "node", role: "img", "data-position": position, "data-role": role },
    svg("title", {}, told),
    svg("circle", { class: "reach", cx, cy, r: Math.max(size, 9) }),
    svg("circle", { class: "dot", cx, cy, r: size }),
  );
  group.setAttribute("aria-label", told);
  if (label) group.append(svg("text", { class: "label", ...label }, short));
  return group;
}
