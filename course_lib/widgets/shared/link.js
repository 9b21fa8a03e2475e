// A link to a figure as it stands: the page's address, and the choices in its fragment.
import { changed, readLink, restore, writeLink } from "./choices.js";
import { figureName } from "./still.js";

// Pages that are no place to link to: notebooks and slides, which have addresses of their own.
const ELSEWHERE = "[data-jp-theme-light], [data-vscode-theme-kind], .reveal";

/** Whether the page of a figure has an address that others can open. */
export function canBeLinked(el) {
  return window.top === window && !document.querySelector(ELSEWHERE) && figureName(el) !== null;
}

/** Bring the address of a figure as it stands into the address bar, and return it. */
export function addressOf(model, el) {
  const fragment = writeLink(figureName(el), changed(model));
  history.replaceState(history.state, "", fragment);
  return location.href;
}

/** Follow a link to this figure, now and whenever one is opened; returns what ends that. */
export function followLinks(model, el) {
  const follow = () => {
    const link = readLink(location.hash, model.get("limits"));
    if (!link || link.name !== figureName(el)) return;
    restore(model, { ...model.get("start"), ...link.traits });
    (el.closest(".course-figure-box") ?? el).scrollIntoView({ block: "center" });
  };
  window.addEventListener("hashchange", follow);
  follow();
  return () => window.removeEventListener("hashchange", follow);
}
