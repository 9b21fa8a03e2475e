// A ranking of tokens beside their graph: the better a token ranks, the larger its node.
import { frame, html, roving, setAll, shortTokens, svg, tokenNames, watch } from "../shared/drawing.js";
import { circle } from "../shared/layouts.js";
import { isAbove } from "../shared/numbers.js";
import { describeRanking, describeToken, rankingState } from "./state.js";
import { rankText, scoreShares, scoreText } from "./state.js";
import { Strokes } from "../shared/strokes.js";
import "./style.css";

const MOST_SIZE = 22; // radius of a node that holds all: short of its label
const LEAST_SIZE = 1.8; // so that a node of score 0 can still be seen
const HINT =
  "Point at a token to see its arrows; click it to remove it. " +
  "Or use Tab, the arrow keys and Enter.";
const AREAS =
  "The area of a node is its share of the sum of all scores. An arrow i → j says that token i " +
  "attends to token j.";
const REMOVAL =
  "A removed token loses its row and its column, and each row that stays is divided by its sum. " +
  "The damping is used by PageRank alone: it is how likely the walk follows an arrow rather " +
  "than jumping.";

class RankingFigure {
  picks = { hover: null, focus: null };

  constructor(model, el) {
    this.model = model;
    this.tokens = model.get("tokens");
    this.names = tokenNames(this.tokens);
    this.n = this.tokens.length;
    this.layout = circle(this.n);
    this.build(el);
    roving(this.graphPanel)(this.nodes, this.layout.next);
    this.walkRows = roving(this.list);
    this.listen();
  }

  build(el) {
    const short = shortTokens(this.tokens);
    this.nodes = this.layout.nodes.map((node) => drawNode(node, short[node.position]));
    this.edges = new Strokes("weights");
    this.litEdges = new Strokes("weights");
    const litLayer = svg("g", { class: "lit-edges" }, this.litEdges.root);
    const attributes = { viewBox: "0 0 400 400", role: "group", "aria-label": "attention graph" };
    const graph = svg("svg", { ...attributes, class: "graph" });
    graph.append(this.edges.root, litLayer, svg("g", { class: "nodes" }, ...this.nodes));
    this.graphPanel = html("div", {}, graph);
    this.readout = html("p", { class: "readout", "aria-live": "polite" });
    this.heading = html("p", { class: "heading" });
    this.rows = this.names.map(drawRow);
    this.list = html("ol", { class: "ranks", "aria-label": "ranking" });
    this.status = html("p", { class: "status", role: "status" });
    this.caption = html("figcaption");
    const left = html("div", {}, this.graphPanel, this.readout);
    const right = html("div", {}, this.heading, this.list, this.status);
    const panels = html("div", { class: "panels" }, left, right);
    this.root = frame(el, "ranking-view", panels, this.caption);
  }

  listen() {
    const { root } = this;
    root.addEventListener("click", ({ target }) => this.toggle(positionOf(target)));
    this.graphPanel.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return; // rows are buttons and need no help
      event.preventDefault(); // the page does not scroll
      this.toggle(positionOf(event.target));
    });
    root.addEventListener("pointerover", ({ target }) => this.point(target, "hover"));
    root.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") this.point(null, "hover");
    });
    root.addEventListener("focusin", ({ target }) => {
      if (target.matches(":focus-visible")) this.point(target, "focus"); // a click points already
    });
    root.addEventListener("focusout", () => this.point(null, "focus"));
  }

  point(target, by) {
    this.picks[by] = positionOf(target);
    this.light();
    if (this.picks[by] !== null && this.graphPanel.contains(target)) this.reveal(this.picks[by]);
  }

  /** Scroll the list, but not the page, so far that the row of a token can be seen. */
  reveal(position) {
    const { offsetTop, offsetHeight } = this.rows[position].element;
    const least = offsetTop + offsetHeight - this.list.clientHeight;
    this.list.scrollTop = Math.min(offsetTop, Math.max(least, this.list.scrollTop));
  }

  /** Remove a token, or bring it back; the last one stays. */
  toggle(position) {
    if (position === null) return;
    const removed = this.model.get("removed");
    if (removed.includes(position)) {
      this.change(removed.filter((other) => other !== position));
    } else if (removed.length < this.n - 1) {
      this.change([...removed, position]);
    } else {
      const name = `“${this.names[position]}”`;
      this.status.textContent = `${name} is the last token left and cannot be removed.`;
    }
  }

  change(removed) {
    this.model.set("removed", removed);
    this.model.save_changes();
  }

  /** Show another ranking: any control has changed, or a token was removed or brought back. */
  redraw() {
    this.state = rankingState(this.model);
    const { now, measure, removed } = this.state;
    const sizes = nodeSizes(this.layout.nodes, now, removed);
    this.arrows = circle(this.n, sizes).edge;
    this.drawEdges(this.edges, () => true);
    this.nodes.forEach((node, position) => this.updateNode(node, position, sizes[position]));
    this.updateRows();
    this.heading.replaceChildren(html("b", {}, measure.name), `: ${measure.meaning}`);
    this.status.textContent = describeRanking(this.state, this.names);
    this.caption.textContent = `${AREAS} ${this.describeArrows()} ${REMOVAL}`;
    this.root.classList.toggle("unranked", now.problem !== null);
    this.light();
  }

  describeArrows() {
    const lit = this.state.measure.outgoing ? "from" : "to";
    const drawn = `Arrows of weights above ${this.model.get("threshold")} are drawn`;
    return `${drawn}; those ${lit} the token that you point at are orange.`;
  }

  /** Draw the edges above the threshold, from query i to key j, for which `test(i, j)` holds. */
  drawEdges(strokes, test) {
    const { kept, matrix } = this.state.now;
    const size = kept.length;
    const threshold = this.model.get("threshold");
    const values = Array.from(matrix, (weight, k) => {
      const chosen = isAbove(weight, threshold) && test(kept[Math.floor(k / size)], kept[k % size]);
      return chosen ? weight : 0;
    });
    strokes.draw(values, { n: size, count: 1 }, (_, i, j) => this.arrows(kept[i], kept[j]));
  }

  updateNode(node, position, size) {
    const [reach, dot] = node.querySelectorAll("circle");
    dot.setAttribute("r", size.toFixed(2));
    reach.setAttribute("r", Math.max(size, 9).toFixed(2));
    const gone = this.state.removed.includes(position);
    node.classList.toggle("removed", gone);
    setAll(node, { "aria-label": this.tell(position), "aria-pressed": gone });
  }

  updateRows() {
    const { now, removed } = this.state;
    const most = Math.max(...now.scores);
    this.rows.forEach(({ button, rank, bar, value }, position) => {
      const [gone, score] = [removed.includes(position), now.scores[position]];
      button.classList.toggle("removed", gone);
      setAll(button, { "aria-label": this.tell(position), "aria-pressed": gone });
      rank.textContent = score === null ? "" : rankText(now, position);
      bar.style.width = `${(100 * (score ?? 0)) / (most || 1)}%`;
      value.textContent = gone ? "removed" : score === null ? "–" : scoreText(score);
    });
    this.sortRows([...now.order, ...removed]);
  }

  /** Put the rows in order; whoever has the focus keeps it, though a move takes it away. */
  sortRows(order) {
    if (`${order}` === `${this.order}`) return;
    this.order = order;
    const focused = this.list.contains(document.activeElement) ? document.activeElement : null;
    this.list.replaceChildren(...order.map((position) => this.rows[position].element));
    this.walkRows(
      order.map((position) => this.rows[position].button),
      (k, dx, dy) => k + dx + dy,
    );
    focused?.focus({ preventScroll: true });
  }

  /** Light up the token that is pointed at, or else has the focus, with its row and its arrows. */
  light() {
    const pick = this.picks.hover ?? this.picks.focus;
    const { outgoing } = this.state.measure;
    this.drawEdges(this.litEdges, (i, j) => (outgoing ? i : j) === pick);
    this.nodes.forEach((node, position) => node.classList.toggle("lit", position === pick));
    this.rows.forEach(({ button }, position) => button.classList.toggle("lit", position === pick));
    this.root.classList.toggle("picked", pick !== null);
    this.readout.textContent = pick === null ? HINT : this.tell(pick);
  }

  tell(position) {
    return describeToken(this.state, this.names, position);
  }
}

function render({ model, el }) {
  const figure = new RankingFigure(model, el);
  figure.redraw();
  const traits = ["layer", "head_choice", "measure_choice", "damping", "removed", "threshold"];
  return watch(model, traits, () => figure.redraw());
}

/** The position of the token whose node or row an element is part of, or null. */
function positionOf(element) {
  const part = element?.closest(".node, .ranks button");
  return part ? +part.dataset.position : null;
}

/** The radius of each node: its area is the token's share; without a ranking all are alike. */
function nodeSizes(nodes, ranking, removed) {
  const held = scoreShares(ranking);
  return nodes.map(({ size, position }) =>
    ranking.problem || removed.includes(position)
      ? size
      : Math.max(LEAST_SIZE, MOST_SIZE * Math.sqrt(held[position])),
  );
}

function drawNode({ position, at: [cx, cy], label }, text) {
  const group = svg(
    "g",
    { class: "node", role: "button", "data-position": position },
    svg("circle", { class: "reach", cx, cy }),
    svg("circle", { class: "dot", cx, cy }),
  );
  if (label) group.append(svg("text", { class: "label", ...label }, text));
  return group;
}

function drawRow(name, position) {
  const [rank, value] = [html("span", { class: "rank" }), html("span", { class: "value" })];
  const bar = html("i");
  const parts = [rank, html("span", { class: "token" }, name), html("span", {}, bar), value];
  const button = html("button", { type: "button", "data-position": position }, ...parts);
  return { element: html("li", {}, button), button, rank, bar, value };
}

export default { render };

// What tests compare with course_lib.
export * from "./state.js";
export * from "./centrality.js";
