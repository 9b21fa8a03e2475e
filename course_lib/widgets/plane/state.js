// What the figure of the plane shows, as plain numbers.
import { entropy, softmax, sum } from "../shared/numbers.js";

const DIMENSIONS = 2;

/** Logits, weights, their entropy and the output for a query; points are both keys and values. */
export function planeState({ points, query, temperature, scaled }) {
  const scale = (scaled ? 1 / Math.sqrt(DIMENSIONS) : 1) / temperature;
  const logits = points.map(([x, y]) => scale * (query[0] * x + query[1] * y));
  const weights = softmax(logits);
  const mean = (axis) => sum(weights.map((weight, j) => weight * points[j][axis]));
  return { logits, weights, entropy: entropy(weights), output: [mean(0), mean(1)] };
}

/** The corners of the convex hull, in order (Andrew's monotone chain). */
export function convexHull(points) {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const turn = (o, a, b) => (a[0] - o[0]) * (b[1] - o[1]) - (a[1] - o[1]) * (b[0] - o[0]);
  const half = (ordered) => {
    const chain = [];
    for (const p of ordered) {
      while (chain.length > 1 && turn(chain.at(-2), chain.at(-1), p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return sorted.length < 3 ? sorted : [...half(sorted), ...half(sorted.reverse())];
}
