// A matrix is one thing to a keyboard, a finger and a screen reader, however many cells it has: one
// tab stop with a name and a summary, in which arrow keys lead from cell to cell.
import { setAll } from "./drawing.js";
import { arrowStep, handled } from "./pointing.js";
import { say } from "./words.js";

const LEAP = 10; // so many cells goes an arrow key with Shift

/**
 * `root` is the SVG element that holds the cells, which lie as `place` says: rows, columns, and in
 * units of the sheet their left and top edge and the size of a cell. `names(k)` is a cell in words.
 */
export class Matrix {
  current = 0; // the cell that has the focus, if the matrix has it

  constructor(root, place, { label, names }) {
    Object.assign(this, { root, place, label, names });
    setAll(root, { role: "application", tabindex: 0 }); // it takes the arrow keys itself
  }

  /** Tell `picks` of the cell that is pointed at, or has the focus, inside `element`. */
  listen(element, picks, pickOf) {
    let over = null;
    const move = (event) => {
      const k = this.root.contains(event.target) ? this.cellAt(event) : null;
      if (k !== over) picks.set(k === null ? null : pickOf(k), "hover");
      over = k;
    };
    element.addEventListener("pointermove", move);
    picks.listen(element, (target, event) => {
      if (!this.root.contains(target)) over = null;
      else if (event.type === "pointerover") over = this.cellAt(event);
      else return pickOf(this.current); // the focus came
      return over === null ? null : pickOf(over);
    });
    this.root.addEventListener("keydown", (event) => {
      const to = this.keyed(event);
      if (to === null) return;
      this.current = to;
      picks.set(pickOf(to), "focus");
    });
  }

  /** The cell to which a key leads, or null if it is another key. */
  keyed(event) {
    const { rows, columns } = this.place;
    const [i, j] = [Math.floor(this.current / columns), this.current % columns];
    const step = arrowStep(event);
    const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
    if (step) {
      const [dx, dy] = step.map((d) => (event.shiftKey ? LEAP : 1) * d);
      return within(i + dy, rows) * columns + within(j + dx, columns);
    }
    if (event.key === " ") handled(event); // nothing to press, nothing to scroll
    if (event.key !== "Home" && event.key !== "End") return null;
    handled(event);
    const row = event.ctrlKey || event.metaKey ? (event.key === "Home" ? 0 : rows - 1) : i;
    return row * columns + (event.key === "Home" ? 0 : columns - 1);
  }

  cellAt({ clientX, clientY }) {
    const { rows, columns, left, top, cell, down, sheet } = this.place;
    const box = this.root.ownerSVGElement.getBoundingClientRect();
    const unit = sheet.width / box.width;
    const index = (value, count) => Math.min(Math.max(Math.floor(value), 0), count - 1);
    const i = index(((clientY - box.top) * unit - top) / down, rows);
    return i * columns + index(((clientX - box.left) * unit - left) / cell, columns);
  }

  /** Say what the matrix holds now. */
  describe(matrix) {
    let [strongest, largest] = [0, 0];
    for (let k = 0; k < matrix.length; k++) {
      const size = Math.abs(matrix[k]);
      if (size > largest) [strongest, largest] = [k, size];
    }
    const { rows, columns } = this.place;
    const values = { label: this.label, rows, columns, cell: this.names(strongest) };
    const told = say(
      "{label}, {rows} rows and {columns} columns. Arrow keys lead from cell to cell, with Shift " +
        "ten cells on. The strongest cell: {cell}",
      values,
    );
    this.root.setAttribute("aria-label", told);
  }
}
