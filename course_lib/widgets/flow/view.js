// Attention flow: the largest flow from one output to one input, and the cut that limits it.
import { frame, html, loosePanel, panelsOf, setChanged } from "../shared/drawing.js";
import { LayeredGraph } from "../shared/layered_graph.js";
import { change, mount } from "../shared/mount.js";
import { edgesOf, widthKey } from "../shared/strokes.js";
import { MANY } from "../shared/strongest.js";
import { tokenNames } from "../shared/texts.js";
import { firstTurn, Turns } from "../shared/turns.js";
import { say } from "../shared/words.js";
import { cutByLayer, describeFlow, flowInTurns, flowState } from "./state.js";
import "./style.css";

class FlowFigure {
  turns = new Turns((isBusy) => this.root.setAttribute("aria-busy", isBusy));

  constructor(model, el) {
    this.model = model;
    const tokens = model.get("tokens");
    this.names = tokenNames(tokens);
    this.graph = new LayeredGraph(tokens, this.names, {
      layers: model.get("shape")[0],
      choosable: ["output", "input"],
      onChoose: (role, position) => change(model, { [role]: position }),
    });
    this.gauge = drawGauge();
    this.readout = html("p", { class: "readout", role: "status" });
    this.cut = html("p", { class: "second" });
    this.bound = html("p");
    const numbers = loosePanel(this.readout, this.gauge.root, this.cut, this.bound);
    numbers.append(
      widthKey(say("flow"), say("cut (full)")),
      html("figcaption", {}, this.caption()),
    );
    this.root = frame(el, "flow-view", say("flow view"), panelsOf(this.graph.root, numbers));
    this.root.classList.add("picked");
  }

  caption() {
    return this.names.length > MANY ? `${caption()} ${this.graph.left()}` : caption();
  }

  /** The first layer takes the last one along, so that the two never cross. */
  pushLast() {
    const [first, last] = [this.model.get("first_layer"), this.model.get("last_layer")];
    if (first > last) change(this.model, { last_layer: first });
    else this.redraw();
  }

  /** And the last one the first. */
  pushFirst() {
    const [first, last] = [this.model.get("first_layer"), this.model.get("last_layer")];
    if (last < first) change(this.model, { first_layer: last });
    else this.redraw();
  }

  redraw() {
    const ends = { output: this.model.get("output"), input: this.model.get("input") };
    this.choose(ends);
    const atOnce = firstTurn(this.names.length);
    this.turns.run(flowInTurns(this.model), (state) => this.show(state, ends), atOnce);
  }

  choose(ends) {
    for (const [role, nodes] of Object.entries(this.graph.nodes)) {
      nodes.forEach((node, i) => {
        node.classList.toggle("lit", i === ends[role]);
        setChanged(node, { "aria-pressed": i === ends[role] });
      });
    }
  }

  show(state, ends) {
    const { value, cut, bound, met } = state;
    const told = describeFlow(state, this.names, ends);
    this.readout.textContent = told.flow;
    this.cut.textContent = told.cut;
    this.bound.textContent = told.bound;
    this.gauge.update(state);
    this.drawGraph(state);
    Object.assign(this.root.dataset, { value, cut: cut.length, bound, met });
  }

  drawGraph(state) {
    const { graph } = this;
    const { layers, flow, cut, reached } = state;
    const inCut = new Set(cut);
    graph.arrange(layers);
    graph.drawWeights(layers);
    const free = edgesOf(flow, graph.strokes.carried.least, (e) => !inCut.has(e));
    graph.draw("carried", free, layers);
    graph.draw("cut", { edges: cut, values: cut.map((e) => layers.data[e]) }, layers);
    graph.size(null);
    graph.mark("reached", (node) => reached[node]);
    const counts = cutByLayer(state);
    graph.note(counts.map((count) => (count ? say("{count} cut", { count }) : "")));
  }
}

/** A bar from 0 to 1 as long as the flow, with a mark at the bound. */
function drawGauge() {
  const [level, mark, name] = [html("i"), html("b"), html("span", {}, say("bound"))];
  const bar = html("div", { class: "bar" }, level, mark, name);
  const ends = html("div", { class: "scale" }, html("span", {}, "0"), html("span", {}, "1"));
  const update = ({ value, bound }) => {
    level.style.width = `${100 * value}%`;
    for (const part of [mark, name]) part.style.left = `${100 * bound}%`;
    name.classList.toggle("before", bound > 0.5);
  };
  return { root: html("div", { class: "gauge", "aria-hidden": "true" }, bar, ends), update };
}

function caption() {
  return say(
    "A line from a token down to another says that the upper one attends to the lower one; as a " +
      "pipe it can carry its weight, with the residual mixed in. Blue is a largest flow (there " +
      "may be others), the wider the more. Filled nodes can still be reached through pipes with " +
      "room. The dashed pipes that lead on from them are full, and without these nothing gets " +
      "through. Click an output and an input to choose them, or use Tab, the arrow keys and " +
      "Enter. Grey lines are weights above 0.02.",
  );
}

export default mount(
  (model, el) => new FlowFigure(model, el),
  {
    redraw: ["output", "input", "residual"],
    pushLast: ["first_layer"],
    pushFirst: ["last_layer"],
  },
  { numbers: flowState },
);

// What tests compare with course_lib.
export * from "./state.js";
