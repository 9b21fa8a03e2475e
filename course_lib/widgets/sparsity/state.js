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
import { number, percent } from "../shared/texts.js";
import { say } from "../shared/words.js";

const OUTPUTS = new WeakMap(); // A V by A, which the threshold does not change

/** The positions of a row that are kept: above the cutoff, or the k largest; never none. */
export function keptPositions(row, { method, cutoff, k }, all = null) {
  if (method === 1) return strongest(row, all ?? range(row.length), k);
  const above = [];
  for (let j = 0; j < row.length; j++) if (row[j] > cutoff) above.push(j);
  return above.length ? above : strongest(row, range(row.length), 1);
}

/** The matrix with rows that sum to 1 again, and how much of each row was kept. */
export function sparsened(matrix, n, options) {
  const sparse = new Float64Array(n * n);
  const [kept, all] = [new Float64Array(n), range(n)];
  for (let i = 0; i < n; i++) {
    const row = matrix.subarray(i * n, (i + 1) * n);
    const positions = keptPositions(row, options, all);
    for (const j of positions) kept[i] += row[j];
    for (const j of positions) sparse[i * n + j] = row[j] / kept[i];
  }
  return { sparse, kept };
}

/** How far each output moves when `matrix` becomes `sparse`: lengths of rows of A V - A' V. */
export function outputErrors(matrix, sparse, values, n, features) {
  return lengthsApart(mixed(matrix, values, n, features), mixed(sparse, values, n, features), n);
}

function lengthsApart(outputs, others, n) {
  const [moved, features] = [others.slice(), others.length / n];
  for (let k = 0; k < moved.length; k++) moved[k] -= outputs[k];
  return rowLengths(moved, n, features);
}

/** What the tokens mix of the values: A V, flat (n, features). Zeros cost nothing. */
function mixed(matrix, values, n, features) {
  const outputs = new Float64Array(n * features);
  for (let i = 0; i < n; i++) {
    const output = outputs.subarray(i * features, (i + 1) * features);
    for (let j = 0; j < n; j++) {
      const weight = matrix[i * n + j];
      if (weight === 0) continue;
      const start = j * features;
      for (let f = 0; f < features; f++) output[f] += weight * values[start + f];
    }
  }
  return outputs;
}

function rowLengths(rows, n, features) {
  const lengths = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    lengths[i] = Math.hypot(...rows.subarray(i * features, (i + 1) * features));
  }
  return lengths;
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
  if (OUTPUTS.get(dense)?.given !== model.get("values")) {
    OUTPUTS.set(dense, {
      given: model.get("values"),
      outputs: mixed(dense, values, n, features),
    });
  }
  const errors = lengthsApart(OUTPUTS.get(dense).outputs, mixed(sparse, values, n, features), n);
  const longest = Math.max(...rowLengths(values, n, features));
  const bounds = kept.map((mass) => 2 * Math.max(1 - mass, 0) * longest);
  const edges = edgesAbove(sparse, 0);
  const mass = sum(kept) / n;
  return { matrix: sparse, edges, mass, kept, errors, bounds, ...connection(sparse, n) };
}

/** How many pairs of different tokens are joined by some way, and the most steps of any. */
function connection(sparse, n) {
  const layers = reachLayers(sparse, n);
  let [joined, most] = [0, 0];
  for (let e = 0; e < n * n; e++) {
    if (layers[e] === 0 || e % (n + 1) === 0) continue; // never, or from a token to itself
    joined++;
    if (layers[e] > most) most = layers[e];
  }
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
      moved: number(Math.max(...errors), 3),
      bound: number(Math.max(...bounds), 3),
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
