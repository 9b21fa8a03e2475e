// One of several texts, as two rows of tokens with attention between them, and as a heatmap.
import { AttentionFigure } from "../shared/attention_figure.js";
import { html } from "../shared/drawing.js";
import { twoRows } from "../shared/layouts.js";
import { mount } from "../shared/mount.js";
import { shortTokens } from "../shared/texts.js";
import { chosenExample, exampleState } from "./state.js";

class ExamplesFigure {
  figures = new Map(); // by example; made when first shown

  constructor(model, el) {
    Object.assign(this, { model, place: html("div") });
    el.append(this.place); // the bar below it stays
  }

  /** Another example. */
  choose() {
    const chosen = this.model.get("example");
    if (!this.figures.has(chosen)) this.figures.set(chosen, makeFigure(this.model, this.place));
    this.place.replaceChildren(this.figures.get(chosen).root);
    this.redraw();
  }

  redraw() {
    this.figures.get(this.model.get("example")).redraw();
  }
}

function makeFigure(model, el) {
  const example = chosenExample(model);
  const { queries, keys, note } = example;
  const letters = [queries, keys].every((all) =>
    shortTokens(all).every((name) => Array.from(name).length === 1),
  );
  return new AttentionFigure(el, {
    queries,
    keys,
    note,
    layout: () => twoRows(queries.length, keys.length, { letters }),
    direction: () => "attends",
    threshold: () => model.get("threshold"),
    state: () => exampleState(model, example),
  });
}

export default mount(
  (model, el) => new ExamplesFigure(model, el),
  {
    choose: ["example"],
    redraw: ["layer", "head_choice", "threshold"],
  },
  { numbers: (model) => exampleState(model, chosenExample(model)) },
);

// What tests compare with course_lib.
export * from "./state.js";
