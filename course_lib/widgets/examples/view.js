// One of several texts, as two rows of tokens with attention between them, and as a heatmap.
import { AttentionFigure } from "../shared/attention_figure.js";
import { watch } from "../shared/drawing.js";
import { chosenExample, exampleState } from "./state.js";
import { twoRows } from "../shared/layouts.js";

function render({ model, el }) {
  const figures = new Map(); // by example; made when first shown
  let figure;
  const choose = () => {
    const chosen = model.get("example");
    if (!figures.has(chosen)) figures.set(chosen, makeFigure(model, el));
    figure = figures.get(chosen);
    el.replaceChildren(figure.root);
    redraw();
  };
  const redraw = () => {
    figure.redraw();
    figure.light();
  };
  choose();
  const stops = [
    watch(model, ["example"], choose),
    watch(model, ["layer", "head_choice", "threshold"], redraw),
  ];
  return () => stops.forEach((stop) => stop());
}

function makeFigure(model, el) {
  const example = chosenExample(model);
  const { queries, keys, note } = example;
  const letters = [...queries, ...keys].every((token) => Array.from(token).length === 1);
  const figure = new AttentionFigure(el, {
    queries,
    keys,
    note,
    layout: () => twoRows(queries.length, keys.length, { letters }),
    direction: () => "attends",
    threshold: () => model.get("threshold"),
    state: () => exampleState(model, example),
  });
  figure.arrange();
  return figure;
}

export default { render };

// What tests compare with course_lib.
export * from "./state.js";
