// The cells of a large heatmap: a canvas of one pixel a cell under the drawing, and one tab stop.
import { html, setAll, svg } from "./drawing.js";
import { arrowStep } from "./pointing.js";
import { say } from "./words.js";

const RGB = 0xffffff; // all but the opacity
const LEAP = 10; // so many cells goes an arrow key with Shift

/**
 * Takes the place of `Cells` where an element a cell would be too many. A screen reader hears the
 * matrix once, in a summary, and the cells as the arrow keys come to them, from the readout.
 */
export class Pixels {
  current = 0; // the cell that has the focus, if the matrix has it
  colours = null; // of values above 0, below 0 and masked; known once the canvas is on a page

  constructor(place, { names, label }) {
    Object.assign(this, { place, names, label });
    const { rows, columns, left, top, cell, down } = place;
    const [width, height] = [columns * cell, rows * down];
    const share = (part, whole) => `${(100 * part) / whole}%`;
    this.canvas = html("canvas", { class: "pixels", width: columns, height: rows });
    Object.assign(this.canvas.style, {
      left: share(left, place.sheet.width),
      top: share(top, place.sheet.height),
      width: share(width, place.sheet.width),
      height: share(height, place.sheet.height),
    });
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
    this.image = this.context.createImageData(columns, rows);
    this.under = [this.canvas];
    this.root = svg("rect", { class: "cells", x: left, y: top, width, height });
    setAll(this.root, { role: "application", tabindex: 0 }); // it takes the arrow keys itself
    new ResizeObserver(() => this.refresh()).observe(this.canvas); // it came to a page, or grew
    this.canvas.addEventListener("transitionend", () => this.refresh()); // another theme
  }

  listen(element, picks, pickOf) {
    const { rows, columns } = this.place;
    let over = null;
    const move = (event) => {
      const k = event.target === this.root ? this.cellAt(event) : null;
      if (k !== over) picks.set(k === null ? null : pickOf(k), "hover");
      over = k;
    };
    element.addEventListener("pointermove", move);
    picks.listen(element, (target, event) => {
      if (target !== this.root) over = null;
      else if (event.type === "pointerover") over = this.cellAt(event);
      else return pickOf(this.current); // the focus came
      return over === null ? null : pickOf(over);
    });
    this.root.addEventListener("keydown", (event) => {
      const [dx, dy] = arrowStep(event) ?? [0, 0];
      const step = event.shiftKey ? LEAP : 1;
      const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
      const i = within(Math.floor(this.current / columns) + step * dy, rows);
      const j = within((this.current % columns) + step * dx, columns);
      this.current = i * columns + j;
      if (dx || dy) picks.set(pickOf(this.current), "focus");
    });
  }

  cellAt({ clientX, clientY }) {
    const { rows, columns } = this.place;
    const { left, top, width, height } = this.canvas.getBoundingClientRect();
    const i = Math.min(Math.max(Math.floor((rows * (clientY - top)) / height), 0), rows - 1);
    const j = Math.min(Math.max(Math.floor((columns * (clientX - left)) / width), 0), columns - 1);
    return i * columns + j;
  }

  paint(matrix, scale) {
    Object.assign(this, { matrix, scale });
    this.draw();
    let [place, largest] = [0, 0];
    for (let k = 0; k < matrix.length; k++) {
      const size = Math.abs(matrix[k]);
      if (size > largest) [place, largest] = [k, size];
    }
    const { rows, columns } = this.place;
    const values = { label: this.label, rows, columns, cell: this.names(place) };
    const told = say(
      "{label}, {rows} rows and {columns} columns. Arrow keys lead from cell to cell, with Shift " +
        "ten cells on. The strongest cell: {cell}",
      values,
    );
    this.root.setAttribute("aria-label", told);
  }

  draw() {
    const { matrix, scale, colours } = this;
    if (!matrix || !colours) return;
    const [positive, negative, masked] = colours;
    const cells = new Uint32Array(this.image.data.buffer);
    for (let k = 0; k < matrix.length; k++) {
      const strength = scale.strength(matrix[k]);
      const opacity = (255 * Math.abs(strength) + 0.5) | 0;
      if (strength === null) cells[k] = masked;
      else cells[k] = ((matrix[k] < 0 ? negative : positive) & RGB) | (opacity << 24);
    }
    this.context.putImageData(this.image, 0, 0);
  }

  /** Draw again in the colours of the page's theme. */
  refresh() {
    if (!this.canvas.isConnected) return;
    const { color, outlineColor, caretColor } = getComputedStyle(this.canvas); // see heatmap.css
    this.colours = [color, outlineColor, caretColor].map((name) => this.channels(name));
    // Cells smaller than the screen's own pixels are averaged: else some would not be seen at all.
    const fine = this.canvas.clientWidth * devicePixelRatio >= this.place.columns;
    this.canvas.classList.toggle("sharp", fine);
    this.draw();
  }

  /** A colour as the canvas keeps it: red in the lowest byte, opacity in the highest. */
  channels(name) {
    this.context.clearRect(0, 0, 1, 1);
    this.context.fillStyle = name;
    this.context.fillRect(0, 0, 1, 1);
    return new Uint32Array(this.context.getImageData(0, 0, 1, 1).data.buffer)[0];
  }
}
