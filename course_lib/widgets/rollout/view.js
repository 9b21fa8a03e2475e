// Rollout: the walk of an output down the layered graph, beside the matrix of all walks.
import { brief, frame, html, tokenNames, watch } from "../shared/drawing.js";
import { Heatmap } from "../shared/heatmap.js";
import { LayeredGraph } from "../shared/layered_graph.js";
import { widthKey } from "../shared/strokes.js";
import { edgeMasses, walkMasses } from "../shared/layers.js";
import { describeEmpty, describeRollout, rolloutState, strongestInputs } from "./state.js";
import "./style.css";

const HINT =
  "Point at an output or at a row of the matrix, or use Tab and the arrow keys. " +
  "Click an output, or press Enter, to keep it.";
const CAPTION =
  "A line from a token down to another says that the upper one attends to the lower one. A walk " +
  "starts at an output and takes one such line a layer. The wider a blue line, the more likely " +
  "the walk takes it; the larger a node, the more likely the walk is there. Where it ends is the " +
  "output's row of the matrix. Grey lines are weights above 0.02.";
const DISTANCE = "Distance from rank one after each layer (0: all rows alike):";

class RolloutFigure {
  picks = { hover: null, focus: null }; // { output, input }; input is null but in the matrix

  constructor(model, el) {
    this.model = model;
    const tokens = model.get("tokens");
    this.n = tokens.length;
    this.names = tokenNames(tokens);
    this.graph = new LayeredGraph(tokens, this.names, {
      layers: model.get("shape")[0],
      label: "layered graph of the model",
      choosable: ["output"],
      onChoose: (_, output) => this.choose(output),
    });
    this.map = new Heatmap(tokens, {
      label: "rollout matrix",
      titles: ["output token", "input token", "share"],
      names: (k) => this.tell(this.cellPick(k)),
      onPick: (k, by) => this.point(k === null ? null : this.cellPick(k), by),
    });
    this.build(el);
    this.listen();
  }

  build(el) {
    this.readout = html("p", { class: "readout", "aria-live": "polite" });
    this.distances = html("ol", { class: "distances" });
    const key = widthKey("share of the walk");
    const left = html("div", {}, this.graph.root, key, this.readout);
    const told = html("p", { class: "distance" }, DISTANCE);
    const right = html("div", {}, this.map.root, told, this.distances);
    const panels = html("div", { class: "panels" }, left, right);
    this.root = frame(el, "rollout-view", panels, html("figcaption", {}, CAPTION));
  }

  listen() {
    const { picture, root } = this.graph;
    const pickOf = ({ target }) => {
      const node = target.closest(".choosable");
      return node ? { output: +node.dataset.position, input: null } : null;
    };
    picture.addEventListener("pointerover", (event) => {
      if (event.pointerType !== "touch") this.point(pickOf(event), "hover"); // a touch chooses
    });
    picture.addEventListener("pointerleave", () => this.point(null, "hover"));
    root.addEventListener("focusin", (event) => {
      // A click gives the focus too, and may just have let the output go.
      if (event.target.matches(":focus-visible")) this.point(pickOf(event), "focus");
    });
    root.addEventListener("focusout", () => this.point(null, "focus"));
  }

  cellPick(k) {
    return { output: Math.floor(k / this.n), input: k % this.n };
  }

  /** Keep an output lit, or let it go if it is the one that is kept. */
  choose(output) {
    this.picks = { hover: null, focus: null };
    this.model.set("output", output === this.model.get("output") ? null : output);
    this.model.save_changes();
  }

  point(pick, by) {
    this.picks[by] = pick;
    this.light();
  }

  /** Show other numbers: depth, residual or fusion has changed. */
  redraw() {
    this.state = rolloutState(this.model);
    const { layers, product, distances } = this.state;
    const { empty } = layers;
    this.graph.arrange(layers);
    this.graph.draw("weights", layers.data, layers);
    this.map.paint(empty ? product.map(() => 0) : product);
    this.distances.replaceChildren(...(empty ? [] : distances.map(drawDistance)));
    this.root.classList.toggle("empty", empty !== null);
    this.light();
  }

  /** Light up the walk of what is pointed at, or has the focus, or was chosen. */
  light() {
    const { layers } = this.state;
    const chosen = this.model.get("output");
    const kept = chosen === null ? null : { output: chosen, input: null };
    const pick = layers.empty ? null : (this.picks.hover ?? this.picks.focus ?? kept);
    const masses = pick && walkMasses(layers, pick.output);
    this.graph.draw("carried", pick ? edgeMasses(layers, masses) : [], layers);
    this.graph.size(masses);
    this.graph.mark("lit", (node) => pick !== null && masses[node] > 0);
    this.lightLabels(pick, chosen);
    this.map.light(pick && pick.output, null, false);
    this.root.classList.toggle("picked", pick !== null);
    this.readout.textContent = pick || layers.empty ? this.tell(pick) : HINT;
    Object.assign(this.root.dataset, { output: pick ? pick.output : "" });
  }

  lightLabels(pick, chosen) {
    const held = pick ? strongestInputs(this.state, pick.output) : [];
    this.graph.nodes.input.forEach((node, j) => node.classList.toggle("lit", held.includes(j)));
    this.graph.nodes.output.forEach((node, i) => {
      node.classList.toggle("lit", pick?.output === i);
      node.setAttribute("aria-pressed", i === chosen);
    });
  }

  tell(pick) {
    const { empty } = this.state.layers;
    return empty ? describeEmpty(empty, this.names) : describeRollout(this.state, this.names, pick);
  }
}

function render({ model, el }) {
  const figure = new RolloutFigure(model, el);
  figure.redraw();
  const stops = [
    watch(model, ["depth", "residual", "fusion_choice"], () => figure.redraw()),
    watch(model, ["output"], () => figure.light()),
  ];
  return () => stops.forEach((stop) => stop());
}

/** A distance as a number on a bar. */
function drawDistance(distance, layer) {
  const bar = html("i", { style: `height: ${(40 * distance).toFixed(1)}px` });
  const name = html("span", {}, `layer ${layer}`);
  return html("li", { "data-distance": distance }, brief(distance), bar, name);
}

export default { render };

// What tests compare with course_lib.
export * from "./state.js";
