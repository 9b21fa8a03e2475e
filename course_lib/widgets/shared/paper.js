// On paper a figure is its still, or, once a reader has changed it, what it shows now.
import { changed } from "./choices.js";
import { asSvg } from "./export.js";
import { stillOf } from "./still.js";

/** Print a figure as it stands; returns the function that ends it. */
export function printed(model, el) {
  let shipped = null; // what the still holds, while a drawing stands in its place

  function before() {
    const still = stillOf(el);
    if (!still || shipped || Object.keys(changed(model)).length === 0) return;
    const drawing = asSvg(el.querySelector(".course-figure"));
    drawing.setAttribute("style", "max-width: 100%; height: auto");
    shipped = { still, parts: [...still.childNodes] };
    still.replaceChildren(drawing);
  }

  function after() {
    shipped?.still.replaceChildren(...shipped.parts);
    shipped = null;
  }

  window.addEventListener("beforeprint", before);
  window.addEventListener("afterprint", after);
  return () => {
    after();
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
  };
}
