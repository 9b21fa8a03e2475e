// The graph of heads: an edge says how strongly one head could steer a later one.
import { frame, html, panelsOf, readoutOf, setAll, svg } from "../shared/drawing.js";
import { change, mount } from "../shared/mount.js";
import { range } from "../shared/numbers.js";
import { radios } from "../shared/radios.js";
import { sortedList, sortedRow } from "../shared/sorted_list.js";
import { number } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { layoutOf } from "./layout.js";
import {
  around,
  circuitState,
  describeGraph,
  describeNode,
  edgesOf,
  headName,
  headScores,
} from "./state.js";
import "./style.css";

const MOST_ROWS = 40; // of a list
const USUAL_WIDTH = 740; // before the figure is on a page

class CircuitFigure {
  constructor(model, el) {
    this.model = model;
    [this.layers, this.heads] = model.get("shape");
    this.nodes = range(this.layers * this.heads).map(drawNode);
    this.edgeLayer = svg("g", { class: "edges" });
    const tick = (k) => svg("text", { class: "tick" }, `${k}`);
    this.numbers = [...range(this.layers), ...range(this.heads)].map(tick);
    this.titles = {
      across: svg("text", { class: "tick" }),
      down: svg("text", { class: "tick from" }),
    };
    this.picture = svg("svg", { class: "heads-graph", role: "group" }, this.edgeLayer);
    const axes = svg("g", {}, ...this.numbers, ...Object.values(this.titles));
    this.picture.append(axes, svg("g", { class: "nodes" }, ...this.nodes));
    this.graph = html("div", { role: "radiogroup", "aria-label": say("heads") }, this.picture);
    this.readout = readoutOf();
    this.lists = [listOf(), listOf()];
    const panels = panelsOf(...this.lists.map(({ root }) => root));
    const rest = [panels, html("figcaption", {}, caption())];
    const label = say("graph of heads");
    this.root = frame(el, "circuit-view", label, this.readout, this.graph, ...rest);
    this.root.classList.add("picked");
    panels.addEventListener("click", ({ target }) => this.walk(target.closest("button")));
    this.place(this.root.clientWidth || USUAL_WIDTH);
    new ResizeObserver(() => this.place(this.graph.clientWidth)).observe(this.graph);
  }

  get chosen() {
    return this.model.get("chosen");
  }

  /** Choose a head; null chooses none. */
  choose(k) {
    change(this.model, { chosen: k });
  }

  /** Go on to the head that a row of a list leads to. */
  walk(row) {
    if (row) this.choose(+row.dataset.head);
  }

  /** Place all heads anew: the width has changed. */
  place(width) {
    if (!width || width === this.layout?.width) return;
    this.layout = layoutOf(this.layers, this.heads, width);
    const { places, numbers, headNumbers, titles, height, across, next } = this.layout;
    this.picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    this.nodes.forEach((node, k) => node.setAttribute("transform", `translate(${places[k]})`));
    [...numbers, ...headNumbers].forEach(([x, y], k) => setAll(this.numbers[k], { x, y }));
    const [layer, head] = [say("layer"), say("head")];
    for (const [way, words] of Object.entries({
      across: `${across ? layer : head} →`,
      down: `${across ? head : layer} ↓`,
    })) {
      const [x, y] = titles[way];
      setAll(this.titles[way], { x, y });
      this.titles[way].textContent = words;
    }
    this.root.dataset.layers = across ? "across" : "down";
    this.mark = radios(this.graph, this.nodes, {
      next,
      choose: (k) => this.choose(k === this.chosen ? null : k),
      clear: () => this.choose(null),
    });
    if (this.edges) this.show();
  }

  /** Another kind of edge or threshold. */
  redraw() {
    this.edges = edgesOf(this.model);
    this.colour();
    this.show();
  }

  colour() {
    const scores = headScores(this.model);
    this.nodes.forEach((node, k) => {
      const score = scores?.[k] ?? null;
      node.style.setProperty("--score", `${(100 * (score ?? 0)).toFixed(1)}%`);
      node.dataset.score = score === null ? "" : score.toFixed(4);
      const told = describeNode(k, this.heads, score);
      node.setAttribute("aria-label", told);
      node.querySelector("title").textContent = told;
    });
  }

  /** Another head is chosen, or none. */
  show() {
    const { chosen, edges } = this;
    const { into, out } = around(edges, chosen);
    this.drawEdges();
    const ends = new Set((chosen === null ? edges : [...into, ...out]).flatMap(endsOf));
    this.nodes.forEach((node, k) => node.classList.toggle("met", ends.has(k)));
    this.mark(chosen);
    const threshold = this.model.get("threshold");
    const told = describeGraph({ edges, into, out }, chosen, this.heads, threshold);
    this.readout.textContent = told;
    this.picture.setAttribute("aria-label", told);
    this.list(into, out);
    this.root.classList.toggle("chosen", chosen !== null);
    Object.assign(this.root.dataset, { edges: edges.length, chosen: chosen ?? "" });
  }

  drawEdges() {
    const { chosen, edges } = this;
    const most = edges[0]?.strength ?? 1;
    const role = ({ writer, reader }) =>
      reader === chosen ? "into" : writer === chosen ? "out" : "";
    const sorted = edges.toSorted((a, b) => Number(role(a) !== "") - Number(role(b) !== ""));
    const paths = sorted.map((edge) => {
      const share = edge.strength / most;
      const path = svg("path", {
        class: `edge ${role(edge)}`,
        d: this.layout.line(edge.writer, edge.reader),
        "stroke-width": (0.6 + 2.6 * share ** 2).toFixed(2),
        "stroke-opacity": (0.2 + 0.7 * share ** 2).toFixed(2),
      });
      Object.assign(path.dataset, { writer: edge.writer, reader: edge.reader });
      return path;
    });
    this.edgeLayer.replaceChildren(...paths);
  }

  list(into, out) {
    const { chosen, edges, heads } = this;
    const [left, right] = this.lists;
    if (chosen === null) {
      left.show(say("strongest edges"), edges, (e) => [pairName(e, heads), e.reader]);
      right.show("", [], null);
      return;
    }
    const head = headName(chosen, heads);
    left.show(say("{head} could read", { head }), into, (e) => [
      headName(e.writer, heads),
      e.writer,
    ]);
    right.show(say("{head} could be read by", { head }), out, (e) => [
      headName(e.reader, heads),
      e.reader,
    ]);
  }
}

const endsOf = ({ writer, reader }) => [writer, reader];
const pairName = ({ writer, reader }, heads) =>
  `${headName(writer, heads)} → ${headName(reader, heads)}`;

function drawNode() {
  return svg(
    "g",
    { class: "node" },
    svg("title"),
    svg("circle", { class: "reach", r: 12 }),
    svg("circle", { class: "dot", r: 7.5 }),
  );
}

/** A list of edges with a title; `text(edge)` gives what a row says, and the head it leads to. */
function listOf() {
  const title = html("p", { class: "title" });
  const { root, show } = sortedList({ class: "edge-list" });
  const fill = (words, edges, text) => {
    title.textContent = edges.length ? words : "";
    root.setAttribute("aria-label", words);
    const most = edges[0]?.strength;
    show(edges.slice(0, MOST_ROWS).map((edge) => drawRow(edge, most, ...text(edge))));
    root.hidden = edges.length === 0;
  };
  return { root: html("div", {}, title, root), show: fill };
}

function drawRow({ strength }, most, words, head) {
  const bar = html("i", { style: `width: ${(100 * strength) / most}%` });
  const value = html("span", { class: "value" }, number(strength, 3));
  const parts = [html("span", {}, words), html("span", {}, bar), value];
  return sortedRow({ "data-head": head }, ...parts);
}

function caption() {
  return say(
    "A head is written layer.head: 17.3 is head 3 of layer 17. An edge leads from a head to one " +
      "in a later layer: the stronger, the more of what the first one writes could be read by the " +
      "second. Click a head to see its edges: orange ones lead to it, blue ones on from it; click " +
      "it again, or press Escape, to let it go. The bluer a head, the higher its score.",
  );
}

export default mount(
  (model, el) => new CircuitFigure(model, el),
  {
    redraw: ["kind", "threshold"],
    colour: ["score_choice"],
    show: ["chosen"],
  },
  { numbers: circuitState, clear: { chosen: null } },
);

// What tests compare with NumPy.
export * from "./state.js";
