// A given graph: point at a node to see how much it attends to each of its neighbours.
import {
  frame,
  graphOf,
  html,
  panelsOf,
  readoutOf,
  setAll,
  statusOf,
  svg,
} from "../shared/drawing.js";
import { placed } from "../shared/layouts.js";
import { change, mount } from "../shared/mount.js";
import { numberAt, onPress, Picks, roving } from "../shared/pointing.js";
import { number, tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { drawMember, drawNeighbour, fitted, SHAPES } from "./elements.js";
import {
  describeAlike,
  describeNeighbours,
  edgesOf,
  logitParts,
  neighboursState,
  sharedPairs,
} from "./state.js";
import "./style.css";

class NeighboursFigure {
  picks = new Picks(() => this.show());

  constructor(model, el) {
    this.model = model;
    this.edges = model.get("edges");
    this.parts = logitParts(model.get("parts"), model.get("shape"));
    this.pairs = sharedPairs(this.edges, this.parts.n);
    this.names = tokenNames(model.get("names"));
    const size = Math.max(6, Math.min(11, 70 / Math.sqrt(this.parts.n)));
    this.layout = placed(fitted(model.get("positions")), size);
    this.build(el, size);
    roving(this.graphPanel)(this.nodes, this.layout.next);
    this.picks.listen(this.graphPanel, nodeOf);
    onPress(this.graphPanel, (target) => this.choose(nodeOf(target)));
  }

  build(el, size) {
    const groups = this.model.get("groups");
    const marked = this.model.get("marked");
    this.nodes = this.layout.nodes.map((node) =>
      drawMember(node, size, this.names[node.position], {
        group: groups[node.position],
        ring: marked.includes(node.position),
      }),
    );
    const degrees = this.layout.nodes.map(({ position }) => this.edgesOf(position, []).length);
    const most = Math.max(...degrees);
    this.arrows = Array.from({ length: most }, () => svg("path", { class: "edge" }));
    this.rows = Array.from({ length: most }, drawNeighbour);
    const graph = graphOf(
      say("graph"),
      svg("path", { class: "ties", d: this.ties() }),
      svg("g", { class: "edges" }, ...this.arrows),
      svg("g", { class: "nodes" }, ...this.nodes),
    );
    this.graphPanel = html("div", {}, graph, this.legend(groups, marked));
    this.heading = html("p", { class: "heading" });
    this.list = html("ol", { class: "neighbours" }, ...this.rows.map(({ element }) => element));
    [this.readout, this.status] = [readoutOf(), statusOf()];
    const panels = panelsOf(this.graphPanel, html("div", {}, this.heading, this.list));
    const texts = [this.readout, this.status, html("figcaption", {}, caption())];
    this.root = frame(el, "neighbours-view", say("neighbours view"), panels, ...texts);
  }

  /** Every tie as a straight line, in one path. */
  ties() {
    const [query, key] = this.edges;
    const at = (k) => this.layout.nodes[k].at.map((x) => x.toFixed(1)).join(" ");
    const drawn = new Set();
    return query
      .map((i, e) => [Math.min(i, key[e]), Math.max(i, key[e])])
      .filter(([i, j]) => i !== j && !drawn.has(`${i} ${j}`) && drawn.add(`${i} ${j}`))
      .map(([i, j]) => `M${at(i)}L${at(j)}`)
      .join("");
  }

  legend(groups, marked) {
    const names = this.model.get("group_names");
    const entry = (shape, name) => {
      const picture = svg("svg", { viewBox: "-9 -9 18 18", "aria-hidden": "true" }, shape);
      return html("span", {}, picture, name);
    };
    const kinds = [...new Set(groups)].sort();
    const entries =
      kinds.length < 2
        ? []
        : kinds.map((k) =>
            entry(svg("path", { class: `dot group-${k}`, d: SHAPES[k](6) }), names[k]),
          );
    const ring = svg("circle", { class: "ring", r: 7 });
    if (marked.length) entries.push(entry(ring, this.model.get("marked_name")));
    return html("p", { class: "kinds" }, ...entries);
  }

  choose(node) {
    if (node === null || node === this.model.get("node")) return;
    change(this.model, { node });
  }

  edgesOf(node, weights) {
    return edgesOf(node, this.edges, weights);
  }

  /** Head or slope has changed: all weights are new. */
  redraw() {
    const [choice, slope] = ["head_choice", "slope"].map((name) => this.model.get(name));
    this.state = neighboursState(this.parts, this.edges, this.pairs, { choice, slope });
    const pairs = this.pairs.length;
    this.status.textContent = describeAlike(this.state.alike, pairs);
    Object.assign(this.root.dataset, { alike: this.state.alike, pairs });
    this.show();
  }

  /** Show the node that is pointed at or has the focus, or else the chosen one. */
  show() {
    const chosen = this.model.get("node");
    const node = this.picks.current ?? chosen;
    const { weights } = this.state;
    const mine = this.edgesOf(node, weights);
    this.arrows.forEach((arrow, k) => this.drawArrow(arrow, mine[mine.length - 1 - k]));
    this.rows.forEach((row, k) => this.drawRow(row, mine[k], mine.length));
    const seen = new Set(mine.map((e) => this.edges[1][e]));
    this.nodes.forEach((element, position) => {
      element.classList.toggle("lit", position === node);
      element.classList.toggle("seen", seen.has(position));
      element.setAttribute("aria-pressed", position === chosen);
    });
    this.heading.textContent = say("{node} attends to", { node: this.names[node] });
    this.readout.textContent = describeNeighbours(node, mine, this.edges, weights, this.names);
    this.root.dataset.node = node;
  }

  drawArrow(path, e) {
    path.classList.toggle("absent", e === undefined);
    if (e === undefined) return;
    const weight = this.state.weights[e];
    setAll(path, {
      d: this.layout.edge(this.edges[0][e], this.edges[1][e]),
      "stroke-width": (0.8 + 6 * weight).toFixed(2),
      "stroke-opacity": Math.min(1, 0.3 + Math.sqrt(weight)).toFixed(3),
    });
  }

  drawRow({ element, name, bar, mark, value }, e, count) {
    element.classList.toggle("absent", e === undefined);
    if (e === undefined) return;
    const weight = this.state.weights[e];
    const [from, to] = this.edges.map((ends) => ends[e]);
    name.textContent = from === to ? say("itself") : this.names[to];
    bar.style.width = `${(100 * weight).toFixed(2)}%`;
    mark.style.left = `${(100 / count).toFixed(2)}%`;
    value.textContent = number(weight, 3);
  }
}

function nodeOf(target) {
  return numberAt(target, ".node");
}

function caption() {
  return [
    say(
      "An arrow i → j says: i attends to j. The wider and stronger, the more; a loop, to itself.",
    ),
    say("The thin mark on a bar is where it would end if all neighbours counted alike."),
    say("Point at a node to see its neighbours; click to keep it. Or use Tab and the arrow keys."),
  ].join(" ");
}

export default mount((model, el) => new NeighboursFigure(model, el), {
  redraw: ["head_choice", "slope"],
  show: ["node"],
});

// What tests compare with NumPy.
export * from "./state.js";
