// The attention graph beside its heatmap, linked.
import { AttentionFigure } from "../shared/attention_figure.js";
import { attentionState } from "../shared/attention_state.js";
import { watch } from "../shared/drawing.js";
import { circle, twoRows } from "../shared/layouts.js";

const DIRECTIONS = ["attends", "flow"];
const LAYOUTS = [circle, (n) => twoRows(n)];

function render({ model, el }) {
  const tokens = model.get("tokens");
  const figure = new AttentionFigure(el, {
    queries: tokens,
    keys: tokens,
    layout: () => LAYOUTS[model.get("layout_choice")](tokens.length),
    direction: () => DIRECTIONS[model.get("direction_choice")],
    threshold: () => model.get("threshold"),
    state: () => attentionState(model),
  });
  const shown = [
    [["layout_choice", "direction_choice"], () => figure.arrange()],
    [["layer", "head_choice", "threshold"], () => figure.redraw()],
  ];
  for (const [, draw] of shown) draw();
  figure.light();
  const stops = shown.map(([traits, draw]) =>
    watch(model, traits, () => {
      draw();
      figure.light();
    }),
  );
  return () => stops.forEach((stop) => stop());
}

export default { render };

// What tests compare with course_lib.
export { attentionState } from "../shared/attention_state.js";
