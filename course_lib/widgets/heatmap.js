// An n by n heatmap with named axes: queries down, keys across.
import { html, roving, setAll, shortTokens, svg } from "./drawing.js";
import { shade } from "./numbers.js";

const WIDTH = 400;
const LEFT = 92;
const TOP = 8;
const TICKS = [0, 0.1, 0.25, 0.5, 1];

/** The distance between tokens on an axis, and what follows from it for their labels. */
export function labelStyle(spacing) {
  return { "font-size": Math.max(8, Math.min(13, 0.92 * spacing)), every: Math.ceil(8 / spacing) };
}

/**
 * Draw the map's frame; `paint(matrix)` colours its cells.
 *
 * `onPick(k, by)` is called with a cell's index when it is hovered or focused (`by` is "hover" or
 * "focus"), with null when it is left. `names(k)` is what a screen reader says of a cell.
 */
export function heatmap(tokens, { label, signed = false, onPick, names }) {
  const n = tokens.length;
  const cell = Math.min((WIDTH - LEFT - 6) / n, 76);
  const side = n * cell;
  const picture = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${TOP + side + 140}`,
    role: "group",
    "aria-label": label,
    class: "heatmap",
  });
  const cells = Array.from({ length: n * n }, (_, k) =>
    svg("rect", {
      class: "cell",
      role: "img",
      "data-query": Math.floor(k / n),
      "data-key": k % n,
      x: LEFT + (k % n) * cell,
      y: TOP + Math.floor(k / n) * cell,
      width: cell,
      height: cell,
    }),
  );
  const row = svg("rect", { class: "band row", x: LEFT, width: side, height: cell, rx: 2 });
  const column = svg("rect", { class: "band column", y: TOP, width: cell, height: side, rx: 2 });
  const paper = svg("rect", { class: "paper", x: LEFT, y: TOP, width: side, height: side });
  const grid = svg("g", { class: "cells" }, ...cells);
  picture.append(paper, grid, row, column, ...axes(tokens, cell), legend(TOP + side + 98, signed));

  const root = html("div", {}, picture);
  const pick = (by) => (event) => {
    const k = cells.indexOf(event.target);
    event.target.setAttribute("aria-label", names(k));
    onPick(k, by);
  };
  grid.addEventListener("pointerover", pick("hover"));
  root.addEventListener("focusin", pick("focus"));
  root.addEventListener("focusout", () => onPick(null, "focus"));
  grid.addEventListener("pointerleave", (event) => {
    if (event.pointerType !== "touch") onPick(null, "hover"); // a finger lifts, the cell stays lit
  });
  roving(root)(cells, (k, dx, dy) => {
    const [i, j] = [Math.floor(k / n) + dy, (k % n) + dx];
    return i < 0 || j < 0 || i >= n || j >= n ? k : i * n + j;
  });

  return {
    root,
    /** Colour every cell by its value; a negative one takes the second colour. */
    paint(matrix) {
      for (let k = 0; k < cells.length; k++) {
        cells[k].setAttribute("fill-opacity", shade(matrix[k]).toFixed(3));
        if (signed) cells[k].setAttribute("class", matrix[k] < 0 ? "cell minus" : "cell");
      }
    },
    /** Outline row `i` and column `j`, or the one cell where they cross; null for neither. */
    light(i, j, crossing) {
      const bands = [
        [row, i, { x: crossing ? LEFT + j * cell : LEFT, y: TOP + i * cell }, "width"],
        [column, j, { x: LEFT + j * cell, y: crossing ? TOP + i * cell : TOP }, "height"],
      ];
      for (const [band, at, place, extent] of bands) {
        band.classList.toggle("lit", at !== null);
        if (at !== null) setAll(band, { ...place, [extent]: crossing ? cell : side });
      }
    },
  };
}

function axes(tokens, cell) {
  const n = tokens.length;
  const { every, ...font } = labelStyle(cell);
  const names = shortTokens(tokens);
  const labels = [];
  for (let p = 0; p < n; p += every) {
    const middle = (p + 0.5) * cell;
    const below = TOP + n * cell + 6;
    labels.push(
      svg("text", { class: "label", x: LEFT - 5, y: TOP + middle, ...font, "text-anchor": "end", dy: "0.35em" }, names[p]),
      svg(
        "text",
        { class: "label", ...font, "text-anchor": "end", dy: "0.35em", transform: `translate(${LEFT + middle} ${below}) rotate(-90)` },
        names[p],
      ),
    );
  }
  const centre = TOP + (n * cell) / 2;
  return [
    ...labels,
    svg("text", { class: "axis", transform: `translate(11 ${centre}) rotate(-90)` }, "query (attends)"),
    svg("text", { class: "axis", x: LEFT + (n * cell) / 2, y: TOP + n * cell + 84 }, "key (attended to)"),
  ];
}

/** A colour bar made of thin strips, painted exactly as the cells are. */
function legend(y, signed) {
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
  group.append(svg("text", { class: "tick end", x: x - 8, y: y + 8 }, signed ? "difference" : "weight"));
  return group;
}
