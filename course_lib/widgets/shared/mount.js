// How a figure lives: made once, drawn anew when a trait changes, deaf when it is taken away.
import { mendControls } from "./controls.js";
import { presentable } from "./presenting.js";
import { speak } from "./words.js";

/**
 * What anywidget asks of a figure's module.
 *
 * `make(model, el)` returns the figure. `redraws` names its methods that draw, and the traits
 * that each is called for: { redraw: ["layer", "threshold"], show: ["node"] }. The first one
 * draws everything, so it is called at the start too.
 */
export function mount(make, redraws) {
  function render({ model, el }) {
    speak(model.get("words"));
    const figure = make(model, el);
    const stops = Object.entries(redraws).map(([method, traits]) =>
      watch(model, traits, () => figure[method]()),
    );
    figure[Object.keys(redraws)[0]]();
    stops.push(presentable(el), mendControls(el));
    return () => {
      for (const stop of stops) stop();
    };
  }
  return { render };
}

/** Change traits, and tell Python and the controls of it. */
export function change(model, traits) {
  for (const [name, value] of Object.entries(traits)) model.set(name, value);
  model.save_changes();
}

/** Call `draw` whenever one of the traits changes; returns the function that stops it. */
function watch(model, traits, draw) {
  for (const trait of traits) model.on(`change:${trait}`, draw);
  return () => {
    for (const trait of traits) model.off(`change:${trait}`, draw);
  };
}
