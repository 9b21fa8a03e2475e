// A graph of attention beside its heatmap, linked: what several figures draw.
import { describe, describeDrawn, describeLeftOut } from "./attention_texts.js";
import { frame, graphOf, html, panelsOf, readoutOf, statusOf, svg } from "./drawing.js";
import { EdgeClasses, EdgeElements } from "./graph_edges.js";
import { Heatmap } from "./heatmap.js";
import { edgeEnds } from "./numbers.js";
import { Picks, reachOf, roving } from "./pointing.js";
import { MANY, MOST_EDGES, strongest } from "./strongest.js";
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
 * A layout that is chosen again is the same object again, and so are its nodes.
 * `status(state)` may tell something else of them than how many they are, and `hidden` say why an
 * edge is not drawn.
 */
export class AttentionFigure {
  picks = new Picks(() => this.light());
  drawn = new Map(); // the nodes of each layout that was shown

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
    const many = Math.max(this.source.queries.length, this.columns) > MANY;
    const kind = many ? EdgeClasses : EdgeElements;
    this.most = many ? MOST_EDGES : Infinity;
    this.edges = new kind(this.columns, (k) => this.outline(k));
    this.nodeLayer = svg("g", { class: "nodes" });
    const layers = [this.titleLayer, this.edges.root, this.nodeLayer];
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
    this.map.describe(this.state.matrix); // an arrow is told the other way round
    this.light();
  }

  arrange() {
    const layout = this.source.layout();
    if (layout !== this.layout) this.place(layout);
    this.direction = this.source.direction();
    this.edges.rearrange();
    this.caption.textContent = caption(this.direction);
    Object.assign(this.root.dataset, { direction: this.direction, layout: this.layout.name });
  }

  /** Show the nodes of a layout. */
  place(layout) {
    if (!this.drawn.has(layout)) this.drawn.set(layout, this.drawNodes(layout));
    Object.assign(this, { layout, nodes: this.drawn.get(layout) });
    const elements = this.nodes.map(({ element }) => element);
    this.nodeLayer.replaceChildren(...elements);
    this.walk(elements, layout.next);
    const title = ({ text, y }) => svg("text", { class: "axis", x: 200, y }, text);
    this.titleLayer.replaceChildren(...layout.titles.map(title));
  }

  drawNodes({ nodes }) {
    const [queries, keys] = [this.source.queries, this.source.keys].map((all) => shortTokens(all));
    return nodes.map((node) => {
      const isKey = node.query === null;
      const name = (isKey ? this.names.keys : this.names.queries)[node.position];
      return { ...node, element: drawNode(node, (isKey ? keys : queries)[node.position], name) };
    });
  }

  /** Show other numbers in the same places: layer, head or threshold has changed. */
  redraw() {
    if (!this.layout) this.arrange();
    this.state = this.source.state();
    const { matrix, edges, mass } = this.state;
    const drawn = strongest(matrix, edges, this.most);
    this.edges.draw(drawn, matrix);
    this.map.paint(matrix);
    this.status.textContent = [
      this.source.status ? this.source.status(this.state) : describeDrawn(this.state, drawn),
      ...describeLeftOut(this.state, drawn),
    ].join(" ");
    Object.assign(this.root.dataset, { edges: edges.length, drawn: drawn.length, mass });
    this.light();
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
    this.edges.light((k) => {
      const [inRow, inColumn] = [Math.floor(k / this.columns) === row, k % this.columns === column];
      if (inRow && (inColumn || !crossing)) return "lit";
      return inColumn && !crossing ? "lit incoming" : "";
    });
    for (const { element, query, key } of this.nodes) {
      const lit = (query !== null && query === row) || (key !== null && key === column);
      element.classList.toggle("lit", lit);
    }
    const sentences = pick ? this.tell(pick) : [["", hint(this.most < Infinity)]];
    const spans = sentences.map(([tone, text]) => html("span", { class: tone }, text));
    this.readout.replaceChildren(...spans);
  }

  tell(pick) {
    const { hidden } = this.source;
    const drawn = { direction: this.direction, threshold: this.source.threshold(), hidden };
    return describe(pick, this.state.matrix, this.names, drawn);
  }
}

function hint(many) {
  return many
    ? say("Point at a token or a cell; or use Tab and the arrow keys, with Shift for ten cells.")
    : say("Point at a token, an arrow or a cell; or use Tab and the arrow keys.");
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

function drawNode({ position, query, key, size, at: [cx, cy], label }, short, name) {
  const role = query === null ? "key" : key === null ? "query" : "token";
  const told = nodeName(role, name, position);
  const group = svg(
    "g",
    { class: "node", role: "img", "data-position": position, "data-role": role },
    svg("circle", { class: "reach", cx, cy, r: reachOf(size) }),
    svg("circle", { class: "dot", cx, cy, r: size }),
  );
  group.setAttribute("aria-label", told);
  if (label) group.append(svg("text", label, short));
  return group;
}
