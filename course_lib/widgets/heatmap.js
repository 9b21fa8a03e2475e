// An n by n heatmap with named axes: queries down, keys across.
import { html, roving, setAll, shortTokens, svg } from "./drawing.js";
import { shade } from "./numbers.js";

const WIDTH = 400;
const LEFT = 92;
const TOP = 8;
const TICKS = [0, 0.1, 0.25, 0.5, 1];
const TITLES = ["query (attends)", "key (attended to)", "weight"];

/** The distance between tokens on an axis, and what follows from it for their labels. */
export function labelStyle(spacing) {
  return { "font-size": Math.max(8, Math.min(13, 0.92 * spacing)), every: Math.ceil(8 / spacing) };
}

/**
 * A heatmap in an HTML element, `root`; `paint(matrix)` colours it, `light(i, j)` marks places.
 *
 * `onPick(k, by)` is called with a cell's index when it is hovered or focused (`by` is "hover" or
 * "focus"), with null when it is left. `names(k)` is what a screen reader says of a cell;
 * `titles` are those of the rows, of the columns and of the colours.
 */
export class Heatmap {
  constructor(tokens, { label, titles = TITLES, signed = false, onPick, names }) {
    this.n = tokens.length;
    this.cell = Math.min((WIDTH - LEFT - 6) / this.n, 76);
    this.side = this.n * this.cell;
    this.signed = signed;
    this.cells = Array.from({ length: this.n ** 2 }, (_, k) => this.makeCell(k));
    this.grid = svg("g", { class: "cells" }, ...this.cells);
    this.row = svg("rect", { class: "band row", height: this.cell, rx: 2 });
    this.column = svg("rect", { class: "band column", width: this.cell, rx: 2 });
    const place = { x: LEFT, y: TOP, width: this.side, height: this.side };
    const height = TOP + this.side + 140;
    const attributes = { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", class: "heatmap" };
    const picture = svg("svg", { ...attributes, "aria-label": label });
    picture.append(svg("rect", { class: "paper", ...place }), this.grid, this.row, this.column);
    picture.append(...axes(tokens, titles, this.cell));
    picture.append(legend(TOP + this.side + 98, signed, titles[2]));
    this.root = html("div", {}, picture);
    this.listen(onPick, names);
  }

  makeCell(k) {
    const [i, j] = [Math.floor(k / this.n), k % this.n];
    const place = { x: LEFT + j * this.cell, y: TOP + i * this.cell };
    const size = { width: this.cell, height: this.cell };
    const data = { "data-query": i, "data-key": j };
    return svg("rect", { class: "cell", role: "img", ...data, ...place, ...size });
  }

  listen(onPick, names) {
    const pick = (by) => (event) => {
      const k = this.cells.indexOf(event.target);
      event.target.setAttribute("aria-label", names(k));
      onPick(k, by);
    };
    this.grid.addEventListener("pointerover", pick("hover"));
    this.grid.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") onPick(null, "hover"); // a lifted finger changes nothing
    });
    this.root.addEventListener("focusin", pick("focus"));
    this.root.addEventListener("focusout", () => onPick(null, "focus"));
    const n = this.n;
    roving(this.root)(this.cells, (k, dx, dy) => {
      const [i, j] = [Math.floor(k / n) + dy, (k % n) + dx];
      return i < 0 || j < 0 || i >= n || j >= n ? k : i * n + j;
    });
  }

  /** Colour every cell by its value; a negative one takes the second colour. */
  paint(matrix) {
    this.cells.forEach((cell, k) => {
      cell.setAttribute("fill-opacity", shade(matrix[k]).toFixed(3));
      if (this.signed) cell.setAttribute("class", matrix[k] < 0 ? "cell minus" : "cell");
    });
  }

  /** Outline row `i` and column `j`, or the one cell where they cross; null for neither. */
  light(i, j, crossing) {
    const [x, y] = [LEFT + j * this.cell, TOP + i * this.cell];
    const length = crossing ? this.cell : this.side;
    this.row.classList.toggle("lit", i !== null);
    this.column.classList.toggle("lit", j !== null);
    setAll(this.row, { x: crossing ? x : LEFT, y, width: length });
    setAll(this.column, { x, y: crossing ? y : TOP, height: length });
  }
}

function axes(tokens, [rows, columns], cell) {
  const { every, ...font } = labelStyle(cell);
  const style = { class: "label", ...font, "text-anchor": "end", dy: "0.35em" };
  const labels = shortTokens(tokens).flatMap((name, position) => {
    if (position % every) return [];
    const middle = (position + 0.5) * cell;
    const below = `translate(${LEFT + middle} ${TOP + tokens.length * cell + 6}) rotate(-90)`;
    return [
      svg("text", { ...style, x: LEFT - 5, y: TOP + middle }, name),
      svg("text", { ...style, transform: below }, name),
    ];
  });
  const half = (tokens.length * cell) / 2;
  const aside = { class: "axis", transform: `translate(11 ${TOP + half}) rotate(-90)` };
  const below = { class: "axis", x: LEFT + half, y: TOP + 2 * half + 84 };
  return [
    ...labels,
    svg("text", aside, rows),
    svg("text", below, columns),
  ];
}

/** A colour bar made of thin strips, painted exactly as the cells are. */
function legend(y, signed, title) {
  const strips = 60;
  const width = 220;
  const x = LEFT + 10;
  const least = signed ? -1 : 0;
  const group = svg("g", { class: "legend" });
  // Along the bar the shade changes evenly, so the value is the shade's square.
  const place = (value) => x + ((Math.sign(value) * shade(value) - least) / (1 - least)) * width;
  for (let s = 0; s < strips; s++) {
    const strength = least + ((s + 0.5) / strips) * (1 - least);
    group.append(
      svg("rect", {
        class: strength < 0 ? "cell minus" : "cell",
        x: x + (s * width) / strips,
        y,
        width: width / strips,
        height: 9,
        "shape-rendering": "crispEdges",
        "fill-opacity": Math.abs(strength).toFixed(3),
      }),
    );
  }
  const ticks = signed ? [-1, -0.25, 0, 0.25, 1] : TICKS;
  for (const tick of ticks) {
    const text = signed && tick > 0 ? `+${tick}` : `${tick}`.replace("-", "−");
    group.append(svg("text", { class: "tick", x: place(tick), y: y + 22 }, text));
  }
  group.append(svg("text", { class: "tick end", x: x - 8, y: y + 8 }, title));
  return group;
}
