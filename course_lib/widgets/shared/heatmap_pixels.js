// The cells of a large heatmap: a canvas of one pixel a cell under the drawing.
import { html, svg } from "./drawing.js";

const RGB = 0xffffff; // all but the opacity

/** Takes the place of `Cells` where an element a cell would be too many. */
export class Pixels {
  colours = null; // of values above 0, below 0 and masked; known once the canvas is on a page

  constructor(place) {
    this.place = place;
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
    new ResizeObserver(() => this.refresh()).observe(this.canvas); // it came to a page, or grew
    this.canvas.addEventListener("transitionend", () => this.refresh()); // another theme
  }

  paint(matrix, scale) {
    Object.assign(this, { matrix, scale });
    this.draw();
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
