// The edges of a graph of attention: an element each, or a few paths for very many of them.
import { setAll, setChanged, svg } from "./drawing.js";
import { shade } from "./numbers.js";

const CLASSES = 12; // of strength, where edges share a path

/** Every edge is an element that can be pointed at. `outline(k)` says how edge k runs. */
export class EdgeElements {
  paths = []; // by cell; made when first drawn, in the document only while drawn
  edges = [];

  constructor(columns, outline) {
    Object.assign(this, { columns, outline });
    this.root = svg("g", { class: "edges" });
  }

  draw(edges, matrix) {
    const drawn = new Set(edges);
    for (const k of this.edges) if (!drawn.has(k)) this.paths[k].remove();
    for (const k of edges) {
      this.paths[k] ??= this.makePath(k);
      setAll(this.paths[k], strokeOf(matrix[k]));
      if (!this.paths[k].isConnected) this.root.append(this.paths[k]);
    }
    this.edges = edges;
  }

  makePath(k) {
    const ends = { "data-query": Math.floor(k / this.columns), "data-key": k % this.columns };
    return svg("path", { class: "edge", d: this.outline(k), ...ends });
  }

  /** Nodes have moved. */
  rearrange() {
    this.paths.forEach((path, k) => path.setAttribute("d", this.outline(k)));
  }

  /** Light up the edges for which `toneOf(k)` is "lit" or "lit incoming", not "". */
  light(toneOf) {
    for (const k of this.edges) {
      setChanged(this.paths[k], { class: `edge ${toneOf(k)}`.trim() });
    }
  }
}

/** Edges of like strength share a path, and those that are lit another one above it. */
export class EdgeClasses {
  edges = [];

  constructor(_, outline) {
    this.outline = outline;
    this.all = pathsOf("edge");
    this.lit = ["lit", "lit incoming"].map((tone) => ({ tone, paths: pathsOf(`edge ${tone}`) }));
    const paths = [...this.all, ...this.lit.flatMap((layer) => layer.paths)];
    this.root = svg("g", { class: "edges grouped" }, ...paths);
  }

  draw(edges, matrix) {
    Object.assign(this, { edges, matrix });
    this.rearrange();
  }

  rearrange() {
    this.lines = this.edges.map((k) => this.outline(k));
    this.join(this.all, () => true);
  }

  light(toneOf) {
    const tones = this.edges.map(toneOf);
    for (const { tone, paths } of this.lit) this.join(paths, (e) => tones[e] === tone);
  }

  /** Make paths of the edges for which `test(e)` holds. */
  join(paths, test) {
    const joined = paths.map(() => "");
    this.edges.forEach((k, e) => {
      const strength = Math.floor(CLASSES * shade(this.matrix[k]));
      if (test(e)) joined[Math.min(strength, CLASSES - 1)] += this.lines[e];
    });
    paths.forEach((path, c) => path.setAttribute("d", joined[c]));
  }
}

/** A path a class of strength, as wide and strong as an edge in the middle of the class. */
function pathsOf(name) {
  return Array.from({ length: CLASSES }, (_, c) =>
    svg("path", { class: name, ...strokeOf(((c + 0.5) / CLASSES) ** 2) }),
  );
}

function strokeOf(weight) {
  return {
    "stroke-width": (0.6 + 4.4 * weight).toFixed(2),
    "stroke-opacity": (0.06 + 0.94 * shade(weight)).toFixed(3),
  };
}
