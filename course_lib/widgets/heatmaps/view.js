// Two heads and the difference between them as three linked heatmaps.
import { frame, html, tokenNames, watch } from "../shared/drawing.js";
import { Heatmap } from "../shared/heatmap.js";
import { decodeWeights, headMatrix } from "../shared/numbers.js";
import { linearScale, logScale, signedLinearScale } from "../shared/scales.js";
import "./style.css";

const SMALLEST = 1e-4; // where the log scale begins, as in course_lib.plots
const SCALES = ["own", "shared", "unit", "log"];
const HINT = "Point at a cell, or use Tab and the arrow keys, to read it in all three.";
const CAPTION =
  "Rows attend, columns are attended to. In the difference, blue says that the first head gives " +
  "more, orange the second. Mind the ends of the colour bars: they are what the scale changes.";
const GREY = " A grey cell is a weight of 0, which has no logarithm.";

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function linkedState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const { heads, n } = weights;
  const order = model.get("order_choice") ? model.get("orders")[model.get("first")] : range(n);
  const [first, second] = ["first", "second"].map((name) => {
    const matrix = headMatrix(weights, Math.floor(model.get(name) / heads), model.get(name) % heads);
    return order.flatMap((i) => order.map((j) => matrix[i * n + j]));
  });
  const difference = first.map((value, k) => value - second[k]);
  return { n, order, first, second, difference };
}

/** The scales of the three maps, in their order. */
export function scalesOf({ first, second, difference }, choice) {
  const most = (values) => Math.max(...values.map(Math.abs));
  const own = [most(first), most(second)];
  const shared = Math.max(...own);
  if (SCALES[choice] === "log") {
    return [logScale(SMALLEST), logScale(SMALLEST), signedLinearScale(1)];
  }
  if (SCALES[choice] === "unit") return [linearScale(1), linearScale(1), signedLinearScale(1)];
  const widest = signedLinearScale(most(difference) || 1); // equal heads: all white
  if (SCALES[choice] === "own") return [...own.map(linearScale), widest];
  return [linearScale(shared), linearScale(shared), signedLinearScale(shared)];
}

class LinkedFigure {
  picks = { hover: null, focus: null };

  constructor(model, el) {
    this.model = model;
    this.tokens = model.get("tokens");
    this.names = tokenNames(this.tokens);
    this.maps = ["first head", "second head", "first minus second"].map((label, k) => {
      const colour = k === 2 ? "difference" : "weight";
      return new Heatmap(this.tokens, {
        label,
        titles: ["query (attends)", "key (attended to)", colour],
        names: (cell) => this.tell(cell),
        onPick: (cell, by) => this.point(cell, by),
      });
    });
    this.headings = this.maps.map(() => html("p", { class: "heading" }));
    const panels = this.maps.map((map, k) => html("div", {}, this.headings[k], map.root));
    this.readout = html("p", { class: "readout", "aria-live": "polite" });
    this.caption = html("figcaption");
    const text = html("div", {}, this.readout, this.caption);
    this.root = frame(el, "linked-heatmaps", html("div", { class: "panels" }, ...panels, text));
  }

  redraw() {
    this.state = linkedState(this.model);
    const { first, second, difference, order } = this.state;
    const choice = this.model.get("scale_choice");
    const scales = scalesOf(this.state, choice);
    const tokens = order.map((position) => this.tokens[position]);
    [first, second, difference].forEach((matrix, k) => {
      this.maps[k].relabel(tokens);
      this.maps[k].rescale(scales[k]);
      this.maps[k].paint(matrix);
    });
    const [one, other] = ["first", "second"].map((name) => this.head(name));
    this.headings[0].textContent = one;
    this.headings[1].textContent = other;
    this.headings[2].textContent = `${one}, minus ${other}`;
    this.caption.textContent = CAPTION + (SCALES[choice] === "log" ? GREY : "");
    this.light();
  }

  head(name) {
    const [layers, heads] = this.model.get("shape");
    const choice = this.model.get(name);
    const head = `head ${choice % heads}`;
    return layers > 1 ? `layer ${Math.floor(choice / heads)}, ${head}` : head;
  }

  point(cell, by) {
    this.picks[by] = cell;
    this.light();
  }

  light() {
    const cell = this.picks.hover ?? this.picks.focus;
    const { n } = this.state;
    const place = cell === null ? [null, null] : [Math.floor(cell / n), cell % n];
    for (const map of this.maps) map.light(...place, true);
    this.root.classList.toggle("picked", cell !== null);
    this.readout.textContent = cell === null ? HINT : this.tell(cell);
  }

  tell(cell) {
    const { n, order, first, second, difference } = this.state;
    const [query, key] = [Math.floor(cell / n), cell % n].map((place) => this.names[order[place]]);
    const apart = difference[cell];
    const [a, b, size] = alikeTexts([first[cell], second[cell], Math.abs(apart)]);
    const sign = Math.abs(apart) < SMALLEST ? "" : apart < 0 ? "−" : "+";
    return `“${query}” attends to “${key}”: first ${a}, second ${b}, difference ${sign}${size}.`;
  }
}

/** Two decimals; four for all if one would read as 0.00, so that they are seen to add up. */
function alikeTexts(values) {
  const decimals = values.some((value) => value > 0 && value < 0.01) ? 4 : 2;
  return values.map((value) =>
    value > 0 && value < SMALLEST ? `below ${SMALLEST}` : value.toFixed(decimals),
  );
}

function range(n) {
  return Array.from({ length: n }, (_, k) => k);
}

function render({ model, el }) {
  const figure = new LinkedFigure(model, el);
  figure.redraw();
  const traits = ["first", "second", "scale_choice", "order_choice"];
  return watch(model, traits, () => figure.redraw());
}

export default { render };
