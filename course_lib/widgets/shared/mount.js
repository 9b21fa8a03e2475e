// How a figure lives: made once, drawn anew when a trait changes, deaf when it is taken away.
import { barOf, offerLink } from "./bar.js";
import { change } from "./choices.js";
import { mendControls } from "./controls.js";
import { followLinks } from "./link.js";
import { printed } from "./paper.js";
import { takePlace } from "./still.js";
import { speak } from "./words.js";

export { change };

/**
 * What anywidget asks of a figure's module.
 *
 * `make(model, el)` returns the figure. `redraws` names its methods that draw, and the traits
 * that each is called for: { redraw: ["layer", "threshold"], show: ["node"] }. The first one
 * draws everything, so it is called at the start too. `numbers(model)` is what the figure shows,
 * for whoever saves it as JSON, by default its `state`; `clear` are the choices that Escape makes.
 */
export function mount(make, redraws, { numbers, clear } = {}) {
  function render({ model, el }) {
    speak(model.get("words"));
    const figure = make(model, el);
    const stops = Object.entries(redraws).map(([method, traits]) =>
      watch(model, traits, () => figure[method]()),
    );
    figure[Object.keys(redraws)[0]]();
    stops.push(barOf(model, el, () => (numbers ? numbers(model) : figure.state)));
    if (clear)
      el.addEventListener("keydown", ({ key }) => {
        const leaves = el.closest(".presenting") !== null; // Escape leaves full screen first
        if (key === "Escape" && !leaves) change(model, clear);
      });
    stops.push(
      onPage(el, () => {
        stops.push(takePlace(el), followLinks(model, el), printed(model, el));
        offerLink(model, el);
      }),
    );
    stops.push(mendControls(el));
    return () => {
      for (const stop of stops) stop();
    };
  }
  return { render };
}

/** Call `act` once an element is seen on its page: not every host puts it there at once. */
function onPage(el, act) {
  const seen = new ResizeObserver(() => {
    if (!el.isConnected) return;
    seen.disconnect();
    act();
  });
  seen.observe(el);
  return () => seen.disconnect();
}

/** Call `draw` whenever one of the traits changes; returns the function that stops it. */
function watch(model, traits, draw) {
  for (const trait of traits) model.on(`change:${trait}`, draw);
  return () => {
    for (const trait of traits) model.off(`change:${trait}`, draw);
  };
}
