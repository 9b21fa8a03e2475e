// A heatmap with named axes: queries down, keys across.
import { html, setAll, svg } from "./drawing.js";
import { Cells } from "./heatmap_cells.js";
import { Pixels } from "./heatmap_pixels.js";
import { labelStyle } from "./label_spacing.js";
import { Matrix } from "./matrix.js";
import { weightScale } from "./scales.js";
import { shortTokens } from "./texts.js";
import { say } from "./words.js";
import "./heatmap.css";

const WIDTH = 400;
const LEFT = 92;
const TOP = 8;
const MOST_ELEMENTS = 32; // rows or columns; the cells of more are painted on a canvas
const SEEN = 4; // so wide is what an outline leaves to be seen, at least

/**
 * A heatmap in an HTML element, `root`; `paint(matrix)` colours it, `light(i, j)` marks places.
 *
 * The keys are the same tokens as the queries, unless `keys` names others.
 * `picks` are told of cells that are pointed at, as `pickOf(k)`; `names(k)` is a cell in words. `titles` may name its rows, columns and colours otherwise, `scale` is one of
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
    const sheet = { width: WIDTH, height: TOP + this.side + 140 };
    const { rows, columns, cell, down } = this;
    const kind = Math.max(rows, columns) > MOST_ELEMENTS ? Pixels : Cells;
    const where = { rows, columns, cell, down, left: LEFT, top: TOP, sheet };
    this.cells = new kind(where);
    this.matrix = new Matrix(this.cells.root, where, { names, label });
    this.row = svg("rect", { class: "band row", rx: 2 });
    this.column = svg("rect", { class: "band column", rx: 2 });
    const place = { x: LEFT, y: TOP, width: this.width, height: this.side };
    const viewBox = `0 0 ${sheet.width} ${sheet.height}`;
    const attributes = { viewBox, role: "group", class: "heatmap" };
    const picture = svg("svg", { ...attributes, "aria-label": label });
    picture.append(
      svg("rect", { class: "paper", ...place }),
      this.cells.root,
      svg("rect", { class: "frame", ...place }), // seen while the matrix has the focus
      this.row,
      this.column,
    );
    this.labels = svg("g");
    [this.bar, this.ticks] = [svg("g"), svg("g")];
    const legend = svg("g", { class: "legend" }, this.bar, this.ticks);
    picture.append(this.labels, ...axisTitles(query, key, this), legend);
    this.colourTitle = colour;
    this.relabel(shortTokens(tokens), shortTokens(keys ?? tokens));
    this.rescale(scale);
    this.root = html("div", { class: "map" }, ...this.cells.under, picture);
    this.matrix.listen(this.root, picks, pickOf);
  }

  /** Name the rows and the columns by short names. */
  relabel(queries, keys) {
    const named = JSON.stringify([queries, keys]);
    if (named === this.named) return; // new texts take long to lay out
    this.named = named;
    const below = TOP + this.side + 6;
    this.labels.replaceChildren(
      ...tickLabels(queries, this.down, (y) => ({ x: LEFT - 5, y: TOP + y })),
      ...tickLabels(keys, this.cell, (x) => ({
        transform: `translate(${LEFT + x} ${below}) rotate(-90)`,
      })),
    );
  }

  /** Change what the colours mean, before the next painting. */
  rescale(scale) {
    const y = TOP + this.side + 98;
    if (this.scale?.signed !== scale.signed) this.bar.replaceChildren(...colourBar(y, scale));
    this.ticks.replaceChildren(...colourTicks(y, scale, this.colourTitle));
    this.scale = scale;
  }

  /** Colour every cell by its value; a negative one takes the second colour. */
  paint(matrix) {
    this.cells.paint(matrix, this.scale);
    this.describe(matrix);
  }

  /** Say in the matrix's name what it holds. */
  describe(matrix) {
    this.matrix.describe(matrix);
  }

  /** Outline row `i` and column `j`, or the one cell where they cross; null for neither. */
  light(i, j, crossing) {
    const [x, y] = [LEFT + j * this.cell, TOP + i * this.down];
    this.row.classList.toggle("lit", i !== null);
    this.column.classList.toggle("lit", j !== null);
    const across = crossing ? { x, width: this.cell } : { x: LEFT, width: this.width };
    const down = crossing ? { y, height: this.down } : { y: TOP, height: this.side };
    setAll(this.row, around({ ...across, y, height: this.down }));
    setAll(this.column, around({ ...down, x, width: this.cell }));
  }
}

/** The outline of a band: around it if it is so narrow that its own stroke would cover it. */
function around({ x, y, width, height }) {
  const [aside, above] = [width, height].map((size) => Math.max(0, (SEEN - size) / 2));
  return { x: x - aside, y: y - above, width: width + 2 * aside, height: height + 2 * above };
}

function tickLabels(names, spacing, placeAt) {
  const labelAt = labelStyle(spacing);
  return names.flatMap((name, position) => {
    const font = labelAt(position);
    const style = { ...font, ...placeAt((position + 0.5) * spacing) };
    return font ? [svg("text", { ...style, "text-anchor": "end", dy: "0.35em" }, name)] : [];
  });
}

function attentionTitles() {
  return { query: say("query (attends)"), key: say("key (attended to)"), colour: say("weight") };
}

function axisTitles(rows, columns, { width, side }) {
  const aside = { class: "axis", transform: `translate(11 ${TOP + side / 2}) rotate(-90)` };
  const below = { class: "axis", x: LEFT + width / 2, y: TOP + side + 84 };
  return [svg("text", aside, rows), svg("text", below, columns)];
}

const BAR = { x: LEFT + 10, width: 220, strips: 60 };

/** A colour bar made of thin strips, painted exactly as the cells are. */
function colourBar(y, { signed }) {
  const { x, width, strips } = BAR;
  const least = signed ? -1 : 0;
  return Array.from({ length: strips }, (_, s) => {
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
}

/** What the colours of the bar stand for, and its title. */
function colourTicks(y, { signed, strength, ticks }, title) {
  const { x, width } = BAR;
  const least = signed ? -1 : 0;
  const labels = ticks.map(([value, text]) => {
    const place = x + ((strength(value) - least) / (1 - least)) * width;
    return svg("text", { class: "tick", x: place, y: y + 22 }, text);
  });
  return [...labels, svg("text", { class: "tick end", x: x - 8, y: y + 8 }, title)];
}
