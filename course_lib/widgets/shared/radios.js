// One of many: a group of buttons of which one is chosen, as radio buttons are.
import { arrowStep } from "./pointing.js";

/**
 * Make radio buttons of the `items` in an HTML element, in their order: one tab stop, which is the
 * chosen one. Arrow keys choose the index that `next(k, dx, dy)` gives, Home and End the first and
 * the last, Escape calls `clear()` if there is one; a click, Enter or Space chooses what it is on.
 * None of these keys scrolls the page. Returns `mark(k)`, which shows what is chosen; null is none.
 */
export function radios(root, items, { next, choose, clear }) {
  for (const item of items) item.setAttribute("role", "radio");
  const go = (k) => {
    if (!items[k]) return;
    items[k].focus();
    choose(k);
  };
  const keys = {
    Home: () => go(0),
    End: () => go(items.length - 1),
    Enter: choose,
    " ": choose,
    Escape: clear,
  };
  root.onclick = ({ target }) => {
    const k = items.findIndex((item) => item.contains(target));
    if (k >= 0) choose(k);
  };
  root.onkeydown = (event) => {
    const k = items.indexOf(event.target);
    if (k < 0) return;
    const step = arrowStep(event);
    if (step) go(next(k, ...step));
    if (!keys[event.key]) return;
    event.preventDefault();
    event.stopPropagation();
    keys[event.key](k);
  };
  return (chosen) => {
    items.forEach((item, k) => {
      item.setAttribute("aria-checked", k === chosen);
      item.setAttribute("tabindex", k === (chosen ?? 0) ? 0 : -1);
    });
  };
}

/** The step from one of `n` items in a row to another; it stops at the ends. */
export function alongRow(n) {
  return (k, dx, dy) => Math.min(Math.max(k + dx + dy, 0), n - 1);
}
