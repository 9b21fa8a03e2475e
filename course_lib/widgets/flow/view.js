// Attention flow: the largest flow from one output to one input, and the cut that limits it.
import { frame, html, tokenNames, watch } from "../shared/drawing.js";
import { cutByLayer, describeFlow, flowState } from "./state.js";
import { LayeredGraph } from "../shared/layered_graph.js";
import { widthKey } from "../shared/strokes.js";
import "./style.css";

const CAPTION =
  "A line from a token down to another says that the upper one attends to the lower one; as a " +
  "pipe it can carry its weight, with the residual mixed in. Blue is a largest flow (there may " +
  "be others), the wider the more. Filled nodes can still be reached through pipes with room. " +
  "The dashed pipes that lead on from them are full, and without these nothing gets through. " +
  "Click an output and an input to choose them, or use Tab, the arrow keys and Enter. Grey lines " +
  "are weights above 0.02.";

class FlowFigure {
  constructor(model, el) {
    this.model = model;
    const tokens = model.get("tokens");
    this.names = tokenNames(tokens);
    this.graph = new LayeredGraph(tokens, this.names, {
      layers: model.get("shape")[0],
      label: "layered graph of the model",
      choosable: ["output", "input"],
      onChoose: (role, position) => {
        model.set(role, position);
        model.save_changes();
      },
    });
    this.gauge = drawGauge();
    this.readout = html("p", { class: "readout", role: "status" });
    this.cut = html("p", { class: "second" });
    this.bound = html("p");
    const numbers = html("div", {}, this.readout, this.gauge.root, this.cut, this.bound);
    numbers.append(widthKey("flow", "cut (full)"), html("figcaption", {}, CAPTION));
    const panels = html("div", { class: "panels" }, this.graph.root, numbers);
    this.root = frame(el, "flow-view", panels);
    this.root.classList.add("picked");
  }

  redraw() {
    const [output, input] = [this.model.get("output"), this.model.get("input")];
    this.state = flowState(this.model);
    const told = describeFlow(this.state, this.names, { output, input });
    this.readout.textContent = told.flow;
    this.cut.textContent = told.cut;
    this.bound.textContent = told.bound;
    this.gauge.update(this.state);
    this.drawGraph(output, input);
    const { value, cut, bound, met } = this.state;
    Object.assign(this.root.dataset, { value, cut: cut.length, bound, met });
  }

  drawGraph(output, input) {
    const { layers, flow, cut, reached } = this.state;
    const cutFlow = new Float64Array(flow.length);
    const free = Float64Array.from(flow);
    for (const e of cut) {
      cutFlow[e] = layers.data[e];
      free[e] = 0;
    }
    this.graph.arrange(layers);
    this.graph.draw("weights", layers.data, layers);
    this.graph.draw("carried", free, layers);
    this.graph.draw("cut", cutFlow, layers);
    this.graph.size(null);
    this.graph.mark("reached", (node) => reached[node]);
    this.graph.note(cutByLayer(this.state).map((count) => (count ? `${count} in cut` : "")));
    const chosen = { output, input };
    for (const [role, nodes] of Object.entries(this.graph.nodes)) {
      nodes.forEach((node, i) => {
        node.classList.toggle("lit", i === chosen[role]);
        node.setAttribute("aria-pressed", i === chosen[role]);
      });
    }
  }
}

function render({ model, el }) {
  const figure = new FlowFigure(model, el);
  figure.redraw();
  const traits = ["output", "input", "first_layer", "last_layer", "residual"];
  return watch(model, traits, () => figure.redraw());
}

/** A bar from 0 to 1 as long as the flow, with a mark at the bound. */
function drawGauge() {
  const [level, mark, name] = [html("i"), html("b"), html("span", {}, "bound")];
  const bar = html("div", { class: "bar" }, level, mark, name);
  const ends = html("div", { class: "scale" }, html("span", {}, "0"), html("span", {}, "1"));
  const update = ({ value, bound }) => {
    level.style.width = `${100 * value}%`;
    for (const part of [mark, name]) part.style.left = `${100 * bound}%`;
    name.classList.toggle("before", bound > 0.5);
  };
  return { root: html("div", { class: "gauge", "aria-hidden": "true" }, bar, ends), update };
}

export default { render };

// What tests compare with course_lib.
export * from "./state.js";
