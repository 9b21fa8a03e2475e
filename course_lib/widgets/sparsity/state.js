// What is left of attention without its weak edges: the twin of course_lib/sparsity.py.
import { minus, product, rowLengths } from "../shared/matrices.js";
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
const VALUES = new WeakMap(); // V and its longest row, by the message that it came in

/** The positions of a row that are kept: above the cutoff, or the k largest; never none. */
export function keptPositions(row, { method, cutoff, k }, all = range(row.length)) {
  if (method === 1) return strongest(row, all, k);
  const above = all.filter((j) => row[j] > cutoff);
  return above.length ? above : strongest(row, all, 1);
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
  const outputs = mixed(matrix, values, n, features);
  return rowLengths(minus(outputs, mixed(sparse, values, n, features)), n);
}

/** What the tokens mix of the values: A V, flat (n, features). */
function mixed(matrix, values, n, features) {
  return product(matrix, values, { rows: n, inner: n, columns: features });
}

/** Everything the figure shows: what a test compares with course_lib. */
export function sparsityState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const dense = withRowSums(chosenMatrix(weights, model), weights);
  const names = ["method_choice", "threshold", "k"];
  const [method, cutoff, k] = names.map((name) => model.get(name));
  const [n, features] = [weights.n, model.get("features")];
  const { sparse, kept } = sparsened(dense, n, { method, cutoff, k });
  const { values, longest } = decodedValues(model.get("values"), n);
  if (OUTPUTS.get(dense)?.values !== values) {
    OUTPUTS.set(dense, { values, outputs: mixed(dense, values, n, features) });
  }
  const { outputs } = OUTPUTS.get(dense);
  const errors = rowLengths(minus(outputs, mixed(sparse, values, n, features)), n);
  const bounds = kept.map((mass) => 2 * Math.max(1 - mass, 0) * longest);
  const edges = edgesAbove(sparse, 0);
  const mass = sum(kept) / n;
  return { matrix: sparse, edges, mass, kept, errors, bounds, ...connection(sparse, n) };
}

function decodedValues(bytes, n) {
  if (!VALUES.has(bytes)) {
    const values = numbersOf(bytes, Float64Array);
    VALUES.set(bytes, { values, longest: Math.max(...rowLengths(values, n)) });
  }
  return VALUES.get(bytes);
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
