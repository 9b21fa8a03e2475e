// Attention without its weak edges: graph and heatmap of what is left, and what it costs.
import { AttentionFigure } from "../shared/attention_figure.js";
import { circle } from "../shared/layouts.js";
import { change, mount } from "../shared/mount.js";
import { say } from "../shared/words.js";
import { describeSparse, sparsityState } from "./state.js";

function make(model, el) {
  const tokens = model.get("tokens");
  return new AttentionFigure(el, {
    queries: tokens,
    keys: tokens,
    layout: () => circle(tokens.length),
    direction: () => "attends",
    threshold: () => 0, // what was left out is 0 now
    state: () => {
      const byCount = model.get("method_choice") === 1;
      change(model, { threshold_idle: byCount, k_idle: !byCount }); // what the other method uses
      return sparsityState(model);
    },
    hidden: say("It is left out."),
    status: (state) => describeSparse(state, tokens.length),
  });
}

export default mount(make, {
  redraw: ["layer", "head_choice", "method_choice", "threshold", "k"],
});

// What tests compare with course_lib.
export { sparsityState };
