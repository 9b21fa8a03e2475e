// One of the two pictures: its grid, the chosen place and the one that is pointed at.
import { html, setAll, svg } from "../shared/drawing.js";

const SIDE = 400; // the longer side of a picture in units of its drawing
const LEAST_CELL = 8; // smaller places get no grid
const FEW_PIXELS = 160; // a picture with fewer in a row shows them as squares

/** A picture with its grid, the chosen place and the one pointed at; both panels are one. */
export class Panel {
  constructor(kind, [rows, columns], ...layers) {
    Object.assign(this, { rows, columns });
    this.image = html("div", { class: "photo" }); // no img: the book's dark theme repaints these
    this.lines = svg("path", { class: "gridlines", d: gridLines(rows, columns) });
    this.hovered = svg("rect", { class: "hovered", width: 1, height: 1 });
    this.outlines = ["halo", "chosen"].map((name) =>
      svg("rect", { class: name, width: 1, height: 1 }),
    );
    // One unit a place, so that a picture of another size changes one attribute.
    this.units = svg(
      "g",
      { class: "units" },
      ...layers,
      this.lines,
      this.hovered,
      ...this.outlines,
    );
    this.drawing = svg("svg", { role: "img" }, this.units);
    this.box = html("div", { class: `picture ${kind}` }, this.image, this.drawing);
    this.heading = html("p", { class: "heading" });
    this.root = html("div", {}, this.heading, this.box);
  }

  /** Show a picture; returns width and height of one place in units of the drawing. */
  show(address, { height, width }) {
    const scale = SIDE / Math.max(height, width);
    const [wide, high] = [width * scale, height * scale];
    const cell = [wide / this.columns, high / this.rows];
    this.image.style.backgroundImage = `url("${address}")`;
    this.image.classList.toggle("squares", Math.max(height, width) < FEW_PIXELS);
    this.drawing.setAttribute("viewBox", `0 0 ${wide} ${high}`);
    this.box.style.aspectRatio = `${wide} / ${high}`;
    this.box.style.maxWidth = `${(100 * wide) / SIDE}%`;
    this.units.setAttribute("transform", `scale(${cell.join(" ")})`);
    this.lines.classList.toggle("fine", Math.min(...cell) < LEAST_CELL);
    return cell;
  }

  choose(place) {
    const at = { x: place % this.columns, y: Math.floor(place / this.columns) };
    for (const outline of this.outlines) setAll(outline, at);
  }

  hover(place) {
    this.hovered.classList.toggle("lit", place !== null);
    if (place === null) return;
    setAll(this.hovered, { x: place % this.columns, y: Math.floor(place / this.columns) });
  }

  /** The place under the pointer; beyond the edge of the picture, the one that is nearest. */
  placeAt({ clientX, clientY }) {
    const { left, top, width, height } = this.drawing.getBoundingClientRect();
    const index = (share, count) => Math.min(Math.max(Math.floor(share * count), 0), count - 1);
    const column = index((clientX - left) / width, this.columns);
    return index((clientY - top) / height, this.rows) * this.columns + column;
  }
}

/** The lines between places, in units of a place. */
function gridLines(rows, columns) {
  const across = Array.from({ length: rows - 1 }, (_, r) => `M0 ${r + 1}H${columns}`);
  const down = Array.from({ length: columns - 1 }, (_, c) => `M${c + 1} 0V${rows}`);
  return [...across, ...down].join("");
}
