// Edges of the layered graph as lines: how wide and how strong, by what they stand for.
import { html, setChanged, svg } from "./drawing.js";
import "./strokes.css";

// Weights, drawn quietly behind everything, in few steps.
const WEIGHTS = [
  { above: 0.02, width: 0.6, opacity: 0.13 },
  { above: 0.1, width: 0.9, opacity: 0.24 },
  { above: 0.2, width: 1.2, opacity: 0.36 },
  { above: 0.4, width: 1.7, opacity: 0.5 },
  { above: 0.7, width: 2.4, opacity: 0.65 },
];
// What is carried: a line's width is in proportion to it, in steps too small to be seen.
const CARRIED = Array.from({ length: 22 }, (_, step) => {
  const above = 0.002 * 1.34 ** step;
  return { above, ...strokeOf(1.16 * above) }; // the middle of the bin
});
// Every edge of a cut is drawn, and wide enough for its dashes to be seen.
const CUT = [{ above: 0, width: 1.2, opacity: 1 }, ...CARRIED.filter(({ width }) => width > 1.2)];
const BINS = { weights: WEIGHTS, carried: CARRIED, cut: CUT };

function strokeOf(share) {
  return { width: 0.5 + 13 * share, opacity: Math.min(1, 0.3 + 1.6 * Math.sqrt(share)) };
}

/** Edges as a few paths, one a bin of values: thousands of edges stay a handful of elements. */
export class Strokes {
  constructor(kind) {
    this.bins = BINS[kind];
    this.paths = this.bins.map(({ width, opacity }) =>
      svg("path", { "stroke-width": width.toFixed(2), "stroke-opacity": opacity.toFixed(3) }),
    );
    this.root = svg("g", { class: `strokes ${kind}` }, ...this.paths);
  }

  /** An edge of a value that is not above this one is not drawn. */
  get least() {
    return this.bins[0].above;
  }

  /** Draw `edges`, of whom each has one of the `values`; `line(p, i, j)` says how one runs. */
  draw({ edges, values }, { n }, line) {
    const lines = this.bins.map(() => "");
    edges.forEach((e, k) => {
      let bin = 0;
      while (bin + 1 < this.bins.length && values[k] > this.bins[bin + 1].above) bin++;
      const row = Math.floor(e / n);
      lines[bin] += line(Math.floor(row / n), row % n, e % n);
    });
    this.paths.forEach((path, bin) => setChanged(path, { d: lines[bin] }));
  }
}

/** Those of all edges with values above the least, by a value for each, and with `test(e)`. */
export function edgesOf(all, least, test = () => true) {
  const found = { edges: [], values: [] };
  for (let e = 0; e < all.length; e++) {
    if (!(all[e] > least && test(e))) continue; // most of them
    found.edges.push(e);
    found.values.push(all[e]);
  }
  return found;
}

/** What the widths of lines mean, and `cut` as the meaning of the dashed ones. */
export function widthKey(words, cut = "") {
  const shares = [0.02, 0.1, 0.3].map((share) => keyEntry("carried", strokeOf(share), share));
  const dashed = cut ? [keyEntry("cut", CUT[0], cut)] : [];
  return html("p", { class: "key" }, words, ...shares, ...dashed);
}

function keyEntry(kind, { width, opacity }, words) {
  const line = svg("path", { d: "M1 5H21", "stroke-width": width, "stroke-opacity": opacity });
  const group = svg("g", { class: `strokes ${kind}` }, line);
  const picture = svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, group);
  return html("span", {}, picture, words);
}
