// The attention graph beside its heatmap, linked.
import { AttentionFigure } from "../shared/attention_figure.js";
import { circle, twoRows } from "../shared/layouts.js";
import { mount } from "../shared/mount.js";
import { attentionState } from "./state.js";

const DIRECTIONS = ["attends", "flow"];
const LAYOUTS = [circle, (n) => twoRows(n)];

function make(model, el) {
  const tokens = model.get("tokens");
  const layouts = LAYOUTS.map(() => null);
  return new AttentionFigure(el, {
    queries: tokens,
    keys: tokens,
    layout: () => {
      const choice = model.get("layout_choice");
      layouts[choice] ??= LAYOUTS[choice](tokens.length);
      return layouts[choice];
    },
    direction: () => DIRECTIONS[model.get("direction_choice")],
    threshold: () => model.get("threshold"),
    state: () => attentionState(model),
  });
}

export default mount(make, {
  redraw: ["layer", "head_choice", "threshold"],
  rearrange: ["layout_choice", "direction_choice"],
});

// What tests compare with course_lib.
export { edgeEnds } from "../shared/numbers.js";
export { attentionState };
