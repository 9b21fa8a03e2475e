// Rollout: the walk of an output down the layered graph, beside the matrix of all walks.
import { frame, html, loosePanel, panelsOf, readoutOf, setChanged } from "../shared/drawing.js";
import { Heatmap } from "../shared/heatmap.js";
import { LayeredGraph } from "../shared/layered_graph.js";
import { rolloutInTurns, walkedEdges, walkMasses } from "../shared/layers.js";
import { change, mount } from "../shared/mount.js";
import { numberAt, Picks } from "../shared/pointing.js";
import { widthKey } from "../shared/strokes.js";
import { MANY } from "../shared/strongest.js";
import { number, tokenNames } from "../shared/texts.js";
import { firstTurn, Turns } from "../shared/turns.js";
import { say } from "../shared/words.js";
import {
  describeEmpty,
  describeRollout,
  rolloutLayers,
  rolloutRow,
  rolloutState,
  strongestInputs,
} from "./state.js";
import "./style.css";

class RolloutFigure {
  picks = new Picks(() => this.light()); // { output, input }; input is null but in the matrix
  turns = new Turns((isBusy) => this.map.root.setAttribute("aria-busy", isBusy));

  constructor(model, el) {
    this.model = model;
    const tokens = model.get("tokens");
    this.n = tokens.length;
    this.atOnce = firstTurn(this.n);
    this.names = tokenNames(tokens);
    this.graph = new LayeredGraph(tokens, this.names, {
      layers: model.get("shape")[0],
      choosable: ["output"],
      onChoose: (_, output) => this.choose(output),
    });
    this.picks.listen(this.graph.root, (target) => {
      const output = numberAt(target, ".choosable");
      return output === null ? null : { output, input: null };
    });
    this.map = new Heatmap(tokens, {
      label: say("rollout matrix"),
      titles: { query: say("output token"), key: say("input token"), colour: say("share") },
      names: (k) => this.tell(this.cellPick(k)),
      picks: this.picks,
      pickOf: (k) => this.cellPick(k),
    });
    this.build(el);
  }

  build(el) {
    this.readout = readoutOf();
    this.distances = html("ol", { class: "distances" });
    const left = loosePanel(this.graph.root, widthKey(say("share of the walk")), this.readout);
    const told = say("Distance from rank one after each layer (0: all rows alike):");
    const heading = html("p", { class: "distance" }, told);
    const right = html("div", {}, this.map.root, heading, this.distances);
    const texts = html("figcaption", {}, caption(), this.n > MANY ? ` ${this.graph.left()}` : "");
    this.root = frame(el, "rollout-view", say("rollout view"), panelsOf(left, right), texts);
  }

  cellPick(k) {
    return { output: Math.floor(k / this.n), input: k % this.n };
  }

  /** Keep an output lit, or let it go if it is the one that is kept. */
  choose(output) {
    this.picks.clear();
    change(this.model, { output: output === this.model.get("output") ? null : output });
  }

  /** Show other numbers: depth, residual or fusion has changed. */
  redraw() {
    this.turns.run(rolloutLayers(this.model), (layers) => this.show(layers), this.atOnce);
  }

  /** The walk of an output needs no product, and is there before. */
  show(layers) {
    this.layers = layers;
    const { empty } = layers;
    this.graph.arrange(layers);
    this.graph.drawWeights(layers);
    this.root.classList.toggle("empty", empty !== null);
    this.light();
    if (empty) this.paint({ product: new Float64Array(this.n ** 2), distances: [] });
    else this.turns.run(rolloutInTurns(layers), (found) => this.paint(found), this.atOnce);
  }

  paint({ product, distances }) {
    this.map.paint(product);
    this.distances.replaceChildren(...distances.map(drawDistance));
  }

  /** Light up the walk of what is pointed at, or has the focus, or was chosen. */
  light() {
    const { layers } = this;
    if (!layers) return; // they are still being decoded
    const chosen = this.model.get("output");
    const kept = chosen === null ? null : { output: chosen, input: null };
    const pick = layers.empty ? null : (this.picks.current ?? kept);
    this.walk(pick ? pick.output : null);
    this.graph.nodes.output.forEach((node, i) =>
      setChanged(node, { "aria-pressed": i === chosen }),
    );
    this.map.light(pick?.output ?? null, null, false);
    this.root.classList.toggle("picked", pick !== null);
    this.readout.textContent = pick || layers.empty ? this.tell(pick) : hint();
    Object.assign(this.root.dataset, { output: pick ? pick.output : "" });
  }

  /** Draw the walk of an output, or of none; other inputs of the same one need nothing new. */
  walk(output) {
    const { layers, graph } = this;
    if (this.walked?.layers === layers && this.walked.output === output) return;
    this.walked = { layers, output };
    const masses = output === null ? null : walkMasses(layers, output);
    const { least } = graph.strokes.carried;
    const walked = masses ? walkedEdges(layers, masses, least) : { edges: [], values: [] };
    graph.draw("carried", walked, layers);
    graph.size(masses);
    graph.mark("lit", (node) => masses !== null && masses[node] > 0);
    const held = masses ? strongestInputs(masses.subarray(0, this.n)) : [];
    graph.nodes.input.forEach((node, j) => node.classList.toggle("lit", held.includes(j)));
    graph.nodes.output.forEach((node, i) => node.classList.toggle("lit", i === output));
  }

  tell(pick) {
    const { empty } = this.layers;
    if (empty) return describeEmpty(empty, this.names);
    return describeRollout(rolloutRow(this.layers, pick.output), this.names, pick);
  }
}

/** A distance as a number on a bar. */
function drawDistance(distance, layer) {
  const bar = html("i", { style: `height: ${(40 * distance).toFixed(1)}px` });
  const name = html("span", {}, say("layer {layer}", { layer }));
  return html("li", { "data-distance": distance }, number(distance), bar, name);
}

function hint() {
  return say(
    "Point at an output or at a row of the matrix, or use Tab and the arrow keys. " +
      "Click an output, or press Enter, to keep it.",
  );
}

function caption() {
  return say(
    "A line from a token down to another says that the upper one attends to the lower one. A " +
      "walk starts at an output and takes one such line a layer. The wider a blue line, the more " +
      "likely the walk takes it; the larger a node, the more likely the walk is there. Where it " +
      "ends is the output's row of the matrix. Grey lines are weights above 0.02.",
  );
}

export default mount(
  (model, el) => new RolloutFigure(model, el),
  {
    redraw: ["depth", "residual", "fusion_choice"],
    light: ["output"],
  },
  { numbers: rolloutState, clear: { output: null } },
);

// What tests compare with course_lib.
export { walkedEdges, walkMasses } from "../shared/layers.js";
export * from "./state.js";
