// One of several texts, as two rows of tokens with attention between them, and as a heatmap.
import { AttentionFigure } from "./attention_figure.js";
import { watch } from "./drawing.js";
import { chosenExample, exampleState } from "./examples_state.js";
import { twoRows } from "./layouts.js";

function render({ model, el }) {
  let figure;
  const build = () => {
    const example = chosenExample(model);
    const { queries, keys, note } = example;
    const letters = [...queries, ...keys].every((token) => Array.from(token).length === 1);
    el.replaceChildren();
    figure = new AttentionFigure(el, {
      queries,
      keys,
      note,
      layout: () => twoRows(queries.length, keys.length, { letters }),
      direction: () => "attends",
      threshold: () => model.get("threshold"),
      state: () => exampleState(model, example),
    });
    figure.arrange();
    redraw();
  };
  const redraw = () => {
    figure.redraw();
    figure.light();
  };
  build();
  const stops = [
    watch(model, ["example"], build),
    watch(model, ["layer", "head_choice", "threshold"], redraw),
  ];
  return () => stops.forEach((stop) => stop());
}

export default { render };
