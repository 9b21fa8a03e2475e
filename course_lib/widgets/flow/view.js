// Attention flow: the largest flow from one output to one input, and the cut that limits it.
import { frame, html, loosePanel, panelsOf } from "../shared/drawing.js";
import { LayeredGraph } from "../shared/layered_graph.js";
import { change, mount } from "../shared/mount.js";
import { widthKey } from "../shared/strokes.js";
import { tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { cutByLayer, describeFlow, flowState } from "./state.js";
import "./style.css";

class FlowFigure {
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
    numbers.append(widthKey(say("flow"), say("cut (full)")), html("figcaption", {}, caption()));
    this.root = frame(el, "flow-view", say("flow view"), panelsOf(this.graph.root, numbers));
    this.root.classList.add("picked");
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
    const [output, input] = [this.model.get("output"), this.model.get("input")];
    this.state = flowState(this.model);
    const told = describeFlow(this.state, this.names, { output, input });
    this.readout.textContent = told.flow;
    this.cut.textContent = told.cut;
    this.bound.textContent = told.bound;
    this.gauge.update(this.state);
    this.drawGraph({ output, input });
    const { value, cut, bound, met } = this.state;
    Object.assign(this.root.dataset, { value, cut: cut.length, bound, met });
  }

  drawGraph(chosen) {
    const { layers, flow, cut, reached } = this.state;
    const cutFlow = new Float64Array(flow.length);
    const free = Float64Array.from(flow);
    for (const e of cut) {
      cutFlow[e] = layers.data[e];
      free[e] = 0;
    }
    this.graph.arrange(layers);
    this.graph.drawWeights(layers);
    this.graph.draw("carried", free, layers);
    this.graph.draw("cut", cutFlow, layers);
    this.graph.size(null);
    this.graph.mark("reached", (node) => reached[node]);
    const counts = cutByLayer(this.state);
    this.graph.note(counts.map((count) => (count ? say("{count} cut", { count }) : "")));
    for (const [role, nodes] of Object.entries(this.graph.nodes)) {
      nodes.forEach((node, i) => {
        node.classList.toggle("lit", i === chosen[role]);
        node.setAttribute("aria-pressed", i === chosen[role]);
      });
    }
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

export default mount((model, el) => new FlowFigure(model, el), {
  redraw: ["output", "input", "residual"],
  pushLast: ["first_layer"],
  pushFirst: ["last_layer"],
});

// What tests compare with course_lib.
export * from "./state.js";
