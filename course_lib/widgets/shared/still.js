// The still that Python sends behind a figure: it stays where the live figure cannot be drawn.
import "./still.css";

const CELL = ".cell_output, .jp-OutputArea, .output_container, section, article, body";

/** The still behind the output that an element is in, or null. */
export function stillOf(el) {
  for (let part = el; part && !part.matches(CELL); part = part.parentElement) {
    let next = part.nextElementSibling;
    while (next?.matches("script, noscript")) next = next.nextElementSibling;
    const still = next?.matches(".course-still") ? next : next?.querySelector(".course-still");
    if (still) return still;
  }
  return null;
}

/** Take the place of the still once it is there; returns the function that gives it back. */
export function takePlace(el) {
  let still = null;
  const box = el.closest(".course-figure-box") ?? el;
  const look = () => {
    still = stillOf(el);
    if (!still) return;
    still.classList.add("replaced");
    box.classList.add("has-still");
    waiting.disconnect();
  };
  const waiting = new MutationObserver(look); // a training sends its still at its end
  const cell = el.closest(CELL);
  if (cell) waiting.observe(cell, { childList: true, subtree: true });
  look();
  return () => {
    waiting.disconnect();
    box.classList.remove("has-still");
    still?.classList.remove("replaced");
  };
}

/** What a figure is called on its page: its kind and which of that kind it is; or null. */
export function figureName(el) {
  const still = stillOf(el);
  if (!still) return el.closest("article[id]")?.id ?? null;
  const kind = still.dataset.figure;
  const all = [...document.querySelectorAll(".course-still")];
  const alike = all.filter(({ dataset }) => dataset.figure === kind);
  return `${kind}-${1 + alike.indexOf(still)}`;
}
