// Presenter mode: one figure with its controls on the whole screen, in large type, without code.
import { html } from "./drawing.js";
import { say } from "./words.js";
import "./presenting.css";

const [LEAST, MOST] = [0.5, 4];

/** A button that lets a figure fill the screen, and the function `stop` that ends it all. */
export function presentable(el) {
  const button = html("button", { type: "button", class: "course-present" });
  const tell = (on) => {
    button.textContent = on ? say("Leave full screen (Escape)") : say("Full screen");
    button.setAttribute("aria-pressed", on);
  };
  let leave = null;
  button.addEventListener("click", () => {
    if (leave) leave();
    else leave = present(el.closest(".course-figure-box") ?? el, tell, () => (leave = null));
  });
  tell(false);
  return { button, stop: () => leave?.() };
}

/** Show a box alone; returns the function that takes it back, which Escape does, too. */
function present(box, tell, ended) {
  const stop = new AbortController();
  const listen = (target, name, act) => target.addEventListener(name, act, { signal: stop.signal });
  const leave = () => {
    if (stop.signal.aborted) return;
    stop.abort();
    box.classList.remove("presenting");
    box.style.removeProperty("zoom");
    if (document.fullscreenElement === box) document.exitFullscreen();
    if (box.popover) box.removeAttribute("popover"); // which hides it, too
    tell(false);
    ended();
  };
  const shown = () => {
    if (stop.signal.aborted) return;
    box.classList.add("presenting");
    enlarge(box);
    tell(true);
  };
  listen(document, "fullscreenchange", () => document.fullscreenElement !== box && leave());
  listen(window, "resize", () => enlarge(box));
  listen(box, "keydown", (event) => event.key === "Escape" && leave());
  // Where full screen is not allowed, as in some editors, the figure fills the page.
  box.requestFullscreen().then(shown, () => {
    if (stop.signal.aborted) return;
    box.popover = "manual";
    box.showPopover();
    shown();
  });
  return leave;
}

/** Choose the largest zoom at which all of a box is seen. */
function enlarge(box) {
  let [low, high] = [LEAST, MOST];
  for (let step = 0; step < 8; step++) {
    const zoom = (low + high) / 2;
    box.style.zoom = zoom;
    const fits = box.scrollHeight <= box.clientHeight + 1 && box.scrollWidth <= box.clientWidth + 1;
    if (fits) low = zoom;
    else high = zoom;
  }
  box.style.zoom = low;
}
