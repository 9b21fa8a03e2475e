// The cells of a small heatmap, an element each: any of them can be pointed at, named and reached.
import { svg } from "./drawing.js";
import { roving } from "./pointing.js";

/** `place` says where rows and columns lie; `names(k)` is what a screen reader says of a cell. */
export class Cells {
  under = []; // what lies under the drawing: nothing

  constructor(place, { names }) {
    Object.assign(this, { place, names });
    const { rows, columns } = place;
    this.cells = Array.from({ length: rows * columns }, (_, k) => this.makeCell(k));
    this.root = svg("g", { class: "cells" }, ...this.cells);
  }

  makeCell(k) {
    const { columns, left, top, cell, down } = this.place;
    const [i, j] = [Math.floor(k / columns), k % columns];
    const place = { x: left + j * cell, y: top + i * down, width: cell, height: down };
    const data = { "data-query": i, "data-key": j };
    return svg("rect", { class: "cell", role: "img", ...data, ...place });
  }

  /** Tell `picks` of the cell that is pointed at, or has the focus, inside `element`. */
  listen(element, picks, pickOf) {
    const { rows, columns } = this.place;
    picks.listen(element, (target) => {
      const k = this.cells.indexOf(target);
      if (k < 0) return null;
      target.setAttribute("aria-label", this.names(k));
      return pickOf(k);
    });
    roving(element)(this.cells, (k, dx, dy) => {
      const [i, j] = [Math.floor(k / columns) + dy, (k % columns) + dx];
      return i < 0 || j < 0 || i >= rows || j >= columns ? k : i * columns + j;
    });
  }

  /** Colour every cell by its value; a negative one takes the second colour. */
  paint(matrix, scale) {
    this.cells.forEach((cell, k) => {
      const strength = scale.strength(matrix[k]);
      cell.setAttribute("fill-opacity", Math.abs(strength ?? 1).toFixed(3));
      if (scale.signed) cell.setAttribute("class", matrix[k] < 0 ? "cell minus" : "cell");
      else cell.classList.toggle("masked", strength === null);
    });
  }
}
