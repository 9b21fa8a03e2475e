// The bar below every figure: start again, save, copy a link to it, full screen.
import { changed, restore } from "./choices.js";
import { html } from "./drawing.js";
import { asJson, asSvg, svgText, svgToPng } from "./export.js";
import { addressOf, canBeLinked } from "./link.js";
import { presentable } from "./presenting.js";
import { figureName } from "./still.js";
import { say } from "./words.js";
import "./bar.css";

const TOLD = 2500; // milliseconds that a button tells what it has done

/** Give a figure its bar; `numbers()` is what it shows. Returns the function that ends it. */
export function barOf(model, el, numbers) {
  const { button, stop } = presentable(el);
  const parts = [saveMenu(model, el, numbers), button];
  if (Object.keys(model.get("start") ?? {}).length) parts.unshift(resetButton(model));
  const bar = html("div", { class: "course-bar" }, ...parts);
  el.append(bar);
  return () => {
    stop();
    bar.remove();
  };
}

/** Add a button that copies a link, where a link makes sense; the figure is on its page now. */
export function offerLink(model, el) {
  if (!canBeLinked(el)) return;
  const copy = async (button) => {
    const address = addressOf(model, el);
    const copied = await write(address);
    tell(button, copied ? say("Link copied") : say("Link is in the address bar"));
  };
  el.querySelector(".course-bar").lastChild.before(buttonOf("course-link", say("Copy link"), copy));
}

function resetButton(model) {
  const again = () => restore(model, model.get("start"));
  return buttonOf("course-reset", say("Start again"), again);
}

function saveMenu(model, el, numbers) {
  const menu = html("details", { class: "course-save" }, html("summary", {}, say("Save")));
  const asFile = (text, type) => new Blob([text], { type });
  const drawing = () => asSvg(el.querySelector(".course-figure"));
  const json = () => asJson(model, changed(model), numbers());
  const files = {
    svg: () => asFile(svgText(drawing()), "image/svg+xml"),
    png: () => svgToPng(drawing()),
    json: () => asFile(json(), "application/json"),
  };
  const buttons = Object.entries(files).map(([ending, make]) => {
    const format = ending.toUpperCase();
    const button = buttonOf("", format, async () => {
      save(`${figureName(el) ?? "figure"}.${ending}`, await make());
      menu.open = false;
      menu.firstChild.focus();
    });
    button.setAttribute("aria-label", say("Save this figure as {format}", { format }));
    return button;
  });
  menu.append(html("div", {}, ...buttons));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.firstChild.focus();
  });
  menu.addEventListener("focusout", ({ relatedTarget }) => {
    if (relatedTarget && !menu.contains(relatedTarget)) menu.open = false;
  });
  return menu;
}

function buttonOf(name, words, press) {
  const button = html("button", { type: "button", class: name }, words);
  button.addEventListener("click", () => press(button));
  return button;
}

function save(download, blob) {
  const href = URL.createObjectURL(blob);
  html("a", { download, href }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}

/** Write to the clipboard, if the browser lets us. */
async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

/** Let a button tell what it has done; a screen reader, too. */
function tell(button, words) {
  const before = button.dataset.words ?? button.textContent;
  button.dataset.words = before;
  button.setAttribute("aria-live", "polite");
  button.textContent = words;
  setTimeout(() => (button.textContent = before), TOLD);
}
