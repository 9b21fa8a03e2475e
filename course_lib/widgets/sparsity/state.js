// What is left of attention without its weak edges: the twin of course_lib/sparsity.py.
import {
  chosenMatrix,
  decodeWeights,
  edgesAbove,
  numbersOf,
  range,
  sum,
  withRowSums,
} from "../shared/numbers.js";
import { reachLayers } from "../shared/reach.js";
import { strongest } from "../shared/strongest.js";
import { percent } from "../shared/texts.js";
import { say } from "../shared/words.js";

/** The positions of a row that are kept: above the cutoff, or the k largest; never none. */
export function keptPositions(row, { method, cutoff, k }) {
  if (method === 1) return strongest(row, range(row.length), k);
  const above = [];
  for (let j = 0; j < row.length; j++) if (row[j] > cutoff) above.push(j);
  return above.length ? above : strongest(row, range(row.length), 1);
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
  const [errors, moved] = [new Float64Array(n), new Float64Array(features)];
  for (let i = 0; i < n; i++) {
    moved.fill(0);
    for (let j = 0; j < n; j++) {
      const change = matrix[i * n + j] - sparse[i * n + j];
      if (change === 0) continue;
      for (let f = 0; f < features; f++) moved[f] += change * values[j * features + f];
    }
    errors[i] = Math.hypot(...moved);
  }
  return errors;
}

/** Everything the figure shows: what a test compares with course_lib. */
export function sparsityState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const dense = withRowSums(chosenMatrix(weights, model), weights);
  const names = ["method_choice", "threshold", "k"];
  const [method, cutoff, k] = names.map((name) => model.get(name));
  const [n, features] = [weights.n, model.get("features")];
  const { sparse, kept } = sparsened(dense, n, { method, cutoff, k });
  const values = numbersOf(model.get("values"), Float64Array);
  const errors = outputErrors(dense, sparse, values, n, features);
  const lengths = range(n).map((j) =>
    Math.hypot(...values.subarray(j * features, (j + 1) * features)),
  );
  const longest = Math.max(...lengths);
  const bounds = kept.map((mass) => 2 * Math.max(1 - mass, 0) * longest);
  const edges = edgesAbove(sparse, 0);
  const mass = sum(kept) / n;
  return { matrix: sparse, edges, mass, kept, errors, bounds, ...connection(sparse, n) };
}

/** How many pairs of different tokens are joined by some way, and the most steps of any. */
function connection(sparse, n) {
  const layers = reachLayers(sparse, n);
  let [joined, most] = [0, 0];
  layers.forEach((steps, e) => {
    if (steps === 0 || e % (n + 1) === 0) return; // never, or from a token to itself
    joined++;
    most = Math.max(most, steps);
  });
  return { joined, steps: most };
}

/** What is kept, how far the outputs move, and who still reaches whom, in sentences. */
export function describeSparse({ edges, mass, kept, errors, bounds, joined, steps }, n) {
  const price = say(
    "{count} of {all} edges are kept, and {mass} of the attention; at least {least} in every " +
      "row. An output moves by up to {moved}; the bound says at most {bound}.",
    {
      count: edges.length,
      all: n * n,
      mass: percent(mass),
      least: percent(Math.min(...kept)),
      moved: Math.max(...errors).toFixed(3),
      bound: Math.max(...bounds).toFixed(3),
    },
  );
  return `${price} ${describeReach(joined, n * (n - 1), steps)}`;
}

function describeReach(joined, all, steps) {
  if (joined < all) {
    const apart = all - joined;
    return say("{apart} of {all} pairs of tokens are no longer joined by any way.", { apart, all });
  }
  return steps === 1
    ? say("Every token still reaches every other, in at most 1 step.")
    : say("Every token still reaches every other, in at most {steps} steps.", { steps });
}
