// What is left of attention without its weak edges: the twin of course_lib/sparsity.py.
import { decodeWeights, headMatrix } from "../shared/numbers.js";
import { reachLayers } from "../patterns/state.js";

/** Positions of a row by falling weight; of equal ones the lower first. */
function byRank(row) {
  return Array.from(row.keys()).sort((a, b) => row[b] - row[a] || a - b);
}

/** The positions of a row that are kept: above the cutoff, or the k largest; never none. */
export function keptPositions(row, { method, cutoff, k }) {
  const order = byRank(row);
  if (method === 1) return order.slice(0, k);
  const above = order.filter((j) => row[j] > cutoff);
  return above.length ? above : order.slice(0, 1);
}

/** The matrix with rows that sum to 1 again, and how much of each row was kept. */
export function sparsened(matrix, n, options) {
  const sparse = new Float64Array(n * n);
  const kept = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const row = matrix.subarray(i * n, (i + 1) * n);
    const positions = keptPositions(row, options);
    for (const j of positions) kept[i] += row[j];
    for (const j of positions) sparse[i * n + j] = row[j] / kept[i];
  }
  return { sparse, kept };
}

/** How far each output moves when `matrix` becomes `sparse`: lengths of rows of (A - A') V. */
export function outputErrors(matrix, sparse, values, n, features) {
  return Float64Array.from({ length: n }, (_, i) => {
    const moved = new Float64Array(features);
    for (let j = 0; j < n; j++) {
      const change = matrix[i * n + j] - sparse[i * n + j];
      if (change === 0) continue;
      for (let f = 0; f < features; f++) moved[f] += change * values[j * features + f];
    }
    return Math.hypot(...moved);
  });
}

/** Everything the figure shows: what a test compares with course_lib. */
export function sparsityState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const choice = model.get("head_choice"); // 0 is the mean, k + 1 is head k
  const dense = headMatrix(weights, model.get("layer"), choice === 0 ? null : choice - 1);
  const names = ["method_choice", "threshold", "k"];
  const [method, cutoff, k] = names.map((name) => model.get(name));
  const [n, features] = [weights.n, model.get("features")];
  const { sparse, kept } = sparsened(dense, n, { method, cutoff, k });
  const bytes = model.get("values");
  const first = bytes.byteOffset ?? 0;
  const values = new Float64Array((bytes.buffer ?? bytes).slice(first, first + bytes.byteLength));
  const errors = outputErrors(dense, sparse, values, n, features);
  const lengths = Array.from({ length: n }, (_, j) =>
    Math.hypot(...values.subarray(j * features, (j + 1) * features)),
  );
  const bounds = kept.map((mass) => 2 * Math.max(1 - mass, 0) * Math.max(...lengths));
  const edges = Array.from(sparse.keys()).filter((e) => sparse[e] > 0);
  const mass = kept.reduce((total, share) => total + share, 0) / n;
  return { matrix: sparse, edges, mass, kept, errors, bounds, ...connection(sparse, n) };
}

/** How many pairs of different tokens are joined by some way, and the most steps of any. */
function connection(sparse, n) {
  const layers = reachLayers(Uint8Array.from(sparse, (weight) => (weight > 0 ? 1 : 0)), n);
  const apart = layers.filter((_, e) => Math.floor(e / n) !== e % n);
  return { joined: apart.filter((steps) => steps > 0).length, steps: Math.max(0, ...apart) };
}
