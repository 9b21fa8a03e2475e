// Attention without its weak edges: graph and heatmap of what is left, and what it costs.
import { AttentionFigure } from "../shared/attention_figure.js";
import { percent, watch } from "../shared/drawing.js";
import { circle } from "../shared/layouts.js";
import { sparsityState } from "./state.js";

function render({ model, el }) {
  const tokens = model.get("tokens");
  const figure = new AttentionFigure(el, {
    queries: tokens,
    keys: tokens,
    layout: () => circle(tokens.length),
    direction: () => "attends",
    threshold: () => 0, // what was left out is 0 now
    state: () => sparsityState(model),
    hidden: " It is left out.",
    status: (state) => describeSparse(state, tokens.length),
  });
  figure.arrange();
  const show = () => {
    figure.redraw();
    figure.light();
  };
  show();
  return watch(model, ["layer", "head_choice", "method_choice", "threshold", "k"], show);
}

/** What is kept, how far the outputs move, and who still reaches whom, in sentences. */
export function describeSparse({ edges, mass, kept, errors, bounds, joined, steps }, n) {
  const all = n * (n - 1);
  const least = percent(Math.min(...kept));
  const reach =
    joined === all
      ? `Every token still reaches every other, in at most ${steps} step${steps === 1 ? "" : "s"}.`
      : `${all - joined} of ${all} pairs of tokens are no longer joined by any way.`;
  return (
    `${edges.length} of ${n * n} edges are kept, and ${percent(mass)} of the attention; ` +
    `at least ${least} in every row. An output moves by up to ${Math.max(...errors).toFixed(3)}; ` +
    `the bound says at most ${Math.max(...bounds).toFixed(3)}. ${reach}`
  );
}

export default { render };

// What tests compare with course_lib.
export * from "./state.js";
