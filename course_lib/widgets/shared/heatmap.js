// A heatmap with named axes: queries down, keys across.
import { html, setAll, svg } from "./drawing.js";
import { labelStyle } from "./label_spacing.js";
import { roving } from "./pointing.js";
import { weightScale } from "./scales.js";
import { shortTokens } from "./texts.js";
import { say } from "./words.js";
import "./heatmap.css";

const WIDTH = 400;
const LEFT = 92;
const TOP = 8;

/**
 * A heatmap in an HTML element, `root`; `paint(matrix)` colours it, `light(i, j)` marks places.
 *
 * The keys are the same tokens as the queries, unless `keys` names others.
 * `picks` are told of cells that are pointed at, as `pickOf(k)`; `names(k)` is what a screen reader
 * says of a cell. `titles` may name its rows, columns and colours otherwise, `scale` is one of
 * scales.js.
 */
export class Heatmap {
  constructor(tokens, options) {
    const { keys, label, titles, scale = weightScale, picks, pickOf = (k) => k, names } = options;
    const { query, key, colour } = { ...attentionTitles(), ...titles };
    [this.rows, this.columns] = [tokens.length, (keys ?? tokens).length];
    this.cell = Math.min((WIDTH - LEFT - 6) / this.columns, 76);
    // As high as wide, unless few rows have many columns: then a row has room for its name.
    this.down = Math.max(this.cell, Math.min(18, 300 / this.rows));
    [this.width, this.side] = [this.columns * this.cell, this.rows * this.down];
    this.cells = Array.from({ length: this.rows * this.columns }, (_, k) => this.makeCell(k));
    this.grid = svg("g", { class: "cells" }, ...this.cells);
    this.row = svg("rect", { class: "band row", height: this.down, rx: 2 });
    this.column = svg("rect", { class: "band column", width: this.cell, rx: 2 });
    const place = { x: LEFT, y: TOP, width: this.width, height: this.side };
    const height = TOP + this.side + 140;
    const attributes = { viewBox: `0 0 ${WIDTH} ${height}`, role: "group", class: "heatmap" };
    const picture = svg("svg", { ...attributes, "aria-label": label });
    picture.append(svg("rect", { class: "paper", ...place }), this.grid, this.row, this.column);
    this.labels = svg("g");
    this.legend = svg("g", { class: "legend" });
    picture.append(this.labels, ...axisTitles(query, key, this), this.legend);
    this.colourTitle = colour;
    this.relabel(tokens, keys);
    this.rescale(scale);
    this.root = html("div", {}, picture);
    picks.listen(this.root, (target) => {
      const k = this.cells.indexOf(target);
      if (k < 0) return null;
      target.setAttribute("aria-label", names(k));
      return pickOf(k);
    });
    this.walk();
  }

  makeCell(k) {
    const [i, j] = [Math.floor(k / this.columns), k % this.columns];
    const place = { x: LEFT + j * this.cell, y: TOP + i * this.down };
    const size = { width: this.cell, height: this.down };
    const data = { "data-query": i, "data-key": j };
    return svg("rect", { class: "cell", role: "img", ...data, ...place, ...size });
  }

  walk() {
    const { rows, columns } = this;
    roving(this.root)(this.cells, (k, dx, dy) => {
      const [i, j] = [Math.floor(k / columns) + dy, (k % columns) + dx];
      return i < 0 || j < 0 || i >= rows || j >= columns ? k : i * columns + j;
    });
  }

  /** Name the rows and the columns. */
  relabel(tokens, keys = tokens) {
    const below = TOP + this.side + 6;
    this.labels.replaceChildren(
      ...tickLabels(tokens, this.down, (y) => ({ x: LEFT - 5, y: TOP + y })),
      ...tickLabels(keys, this.cell, (x) => ({
        transform: `translate(${LEFT + x} ${below}) rotate(-90)`,
      })),
    );
  }

  /** Change what the colours mean, before the next painting. */
  rescale(scale) {
    this.scale = scale;
    this.legend.replaceChildren(...colourBar(TOP + this.side + 98, scale, this.colourTitle));
  }

  /** Colour every cell by its value; a negative one takes the second colour. */
  paint(matrix) {
    this.cells.forEach((cell, k) => {
      const strength = this.scale.strength(matrix[k]);
      cell.setAttribute("fill-opacity", Math.abs(strength ?? 1).toFixed(3));
      if (this.scale.signed) cell.setAttribute("class", matrix[k] < 0 ? "cell minus" : "cell");
      else cell.classList.toggle("masked", strength === null);
    });
  }

  /** Outline row `i` and column `j`, or the one cell where they cross; null for neither. */
  light(i, j, crossing) {
    const [x, y] = [LEFT + j * this.cell, TOP + i * this.down];
    this.row.classList.toggle("lit", i !== null);
    this.column.classList.toggle("lit", j !== null);
    setAll(this.row, { x: crossing ? x : LEFT, y, width: crossing ? this.cell : this.width });
    setAll(this.column, { x, y: crossing ? y : TOP, height: crossing ? this.down : this.side });
  }
}

function tickLabels(tokens, spacing, placeAt) {
  const { every, ...font } = labelStyle(spacing);
  const style = { class: "label", ...font, "text-anchor": "end", dy: "0.35em" };
  return shortTokens(tokens).flatMap((name, position) =>
    position % every
      ? []
      : [svg("text", { ...style, ...placeAt((position + 0.5) * spacing) }, name)],
  );
}

function attentionTitles() {
  return { query: say("query (attends)"), key: say("key (attended to)"), colour: say("weight") };
}

function axisTitles(rows, columns, { width, side }) {
  const aside = { class: "axis", transform: `translate(11 ${TOP + side / 2}) rotate(-90)` };
  const below = { class: "axis", x: LEFT + width / 2, y: TOP + side + 84 };
  return [svg("text", aside, rows), svg("text", below, columns)];
}

/** A colour bar made of thin strips, painted exactly as the cells are. */
function colourBar(y, { signed, strength, ticks }, title) {
  const strips = 60;
  const width = 220;
  const x = LEFT + 10;
  const least = signed ? -1 : 0;
  const bar = Array.from({ length: strips }, (_, s) => {
    const shown = least + ((s + 0.5) / strips) * (1 - least);
    return svg("rect", {
      class: shown < 0 ? "cell minus" : "cell",
      x: x + (s * width) / strips,
      y,
      width: width / strips,
      height: 9,
      "shape-rendering": "crispEdges",
      "fill-opacity": Math.abs(shown).toFixed(3),
    });
  });
  const labels = ticks.map(([value, text]) => {
    const place = x + ((strength(value) - least) / (1 - least)) * width;
    return svg("text", { class: "tick", x: place, y: y + 22 }, text);
  });
  return [...bar, ...labels, svg("text", { class: "tick end", x: x - 8, y: y + 8 }, title)];
}
