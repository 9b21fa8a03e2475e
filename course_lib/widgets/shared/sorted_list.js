// A list of what can be clicked, in an order that changes.
import { html } from "./drawing.js";
import { roving } from "./pointing.js";
import "./sorted_list.css";

/**
 * A list in an HTML element, `root`, whose rows hold a button each and are one tab stop.
 * `show(rows, ...above)` puts rows { element, button } in order, below what stands above them;
 * whoever has the focus keeps it, though a move takes it away.
 */
export function sortedList(attributes) {
  const root = html("ol", attributes);
  root.classList.add("sorted");
  const walk = roving(root);
  let shown = [];
  const show = (rows, ...above) => {
    if (rows.length === shown.length && rows.every((row, k) => row === shown[k])) return;
    shown = rows;
    const focused = root.contains(document.activeElement) ? document.activeElement : null;
    root.replaceChildren(...above, ...rows.map(({ element }) => element));
    walk(
      rows.map(({ button }) => button),
      (k, dx, dy) => k + dx + dy,
    );
    focused?.focus({ preventScroll: true });
  };
  return { root, show };
}

/** A row of the list: its button holds `parts`, and `data` says what the row stands for. */
export function sortedRow(data, ...parts) {
  const button = html("button", { type: "button", ...data }, ...parts);
  return { element: html("li", {}, button), button };
}
