// The cells of a small heatmap, an element each.
import { svg } from "./drawing.js";

/** `place` says where rows and columns lie. */
export class Cells {
  under = []; // what lies under the drawing: nothing

  constructor(place) {
    this.place = place;
    const { rows, columns } = place;
    this.cells = Array.from({ length: rows * columns }, (_, k) => this.makeCell(k));
    this.root = svg("g", { class: "cells" }, ...this.cells);
  }

  makeCell(k) {
    const { columns, left, top, cell, down } = this.place;
    const [i, j] = [Math.floor(k / columns), k % columns];
    const place = { x: left + j * cell, y: top + i * down, width: cell, height: down };
    return svg("rect", { class: "cell", "data-query": i, "data-key": j, ...place });
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
