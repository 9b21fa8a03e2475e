// Nodes of the layered graph that are too many for an element each: a few paths of round points.
import { setChanged, svg } from "./drawing.js";

const SIZES = 8; // radii of points: 0 is not drawn

/** Points in an SVG element, `root`, of radii up to `most`. */
export class Points {
  constructor(most) {
    this.unit = most / SIZES;
    this.paths = Array.from({ length: SIZES }, (_, size) =>
      svg("path", { "stroke-width": (2 * (size + 1) * this.unit).toFixed(2) }),
    );
    this.root = svg("g", { class: "points" }, ...this.paths);
  }

  /** Draw points at `places`, each of one of the `radii`. */
  draw(places, radii) {
    const joined = this.paths.map(() => "");
    places.forEach(([x, y], k) => {
      const size = Math.min(Math.round(radii[k] / this.unit), SIZES);
      if (size > 0) joined[size - 1] += `M${x.toFixed(1)} ${y.toFixed(1)}h0`;
    });
    this.paths.forEach((path, size) => setChanged(path, { d: joined[size] }));
  }
}
