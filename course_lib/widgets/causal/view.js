// Heads of a causal language model: where one looks in a text, and what is lost without it.
import { frame, html, readoutOf } from "../shared/drawing.js";
import { change, mount } from "../shared/mount.js";
import { say } from "../shared/words.js";
import { HeadGrid } from "./head_grid.js";
import { LossPanel } from "./loss_panel.js";
import {
  causalState,
  describeCopies,
  describeEdges,
  describeLoss,
  edgesState,
  headName,
  headScores,
  headsOff,
  lossState,
  textState,
} from "./state.js";
import { TokenLine } from "./token_line.js";
import "./style.css";

class CausalFigure {
  constructor(model, el) {
    this.model = model;
    this.line = new TokenLine((position) => change(model, { position }));
    this.readout = readoutOf();
    this.grid = new HeadGrid(model.get("shape"), (layer, head) =>
      change(model, { layer, head, off_choice: 1 }),
    );
    const parts = [this.line.root, this.readout, this.grid.root];
    if (model.get("positions")) {
      this.panel = new LossPanel(2 + model.get("sets").length, (row) =>
        change(model, { off_choice: row }),
      );
      parts.push(this.panel.root);
    }
    const texts = html("figcaption", {}, caption(this.panel));
    this.root = frame(el, "causal-view", say("causal heads"), ...parts, texts);
    this.root.classList.add("picked");
  }

  /** Another text: the same place in it, or its last one. */
  redraw() {
    this.text = textState(this.model);
    this.line.write(this.text);
    this.colour();
    this.show();
  }

  /** Colour the heads by another score. */
  colour() {
    this.scores = headScores(this.model);
    this.grid.colour(this.scores);
  }

  /** Another position or head, or something else is switched off. */
  show() {
    const { model } = this;
    const state = { ...this.text, ...edgesState(model, this.text) };
    const { losses } = lossState(model);
    const told = [describeEdges(state, headName(model)), describeCopies(state)];
    this.line.show(state, told.join(" "));
    this.grid.mark(model.get("layer"), model.get("head"), headsOff(model));
    if (losses) {
      this.panel.show(losses, model.get("off_choice"));
      told.push(describeLoss(losses, model.get("off_choice")));
    }
    this.readout.textContent = told.join(" ");
    Object.assign(this.root.dataset, { position: state.position, edges: state.weights.join(" ") });
  }
}

function caption(losses) {
  const drawn = say(
    "Click a token to look from it, and a head to see where it looks: an arc leads to each token " +
      "that gets at least 5 % of its attention. A dashed border marks earlier copies of the token, " +
      "an orange one what came after them. Below, a column holds the heads of a layer, head 0 at its " +
      "top: the bluer, the higher the score.",
  );
  if (!losses) return drawn;
  const lost = say(
    "Losses were recorded on random words said twice, with what a head gives to the output matrix " +
      "set to zero or to its mean; of several draws each is a dot.",
  );
  return `${drawn} ${lost}`;
}

export default mount(
  (model, el) => new CausalFigure(model, el),
  {
    redraw: ["text"],
    colour: ["score_choice"],
    show: ["position", "layer", "head", "way_choice", "off_choice"],
  },
  { numbers: causalState },
);

// What tests compare with NumPy.
export * from "./state.js";
