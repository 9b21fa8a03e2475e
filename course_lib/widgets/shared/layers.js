// The layers of a model as rollout and flow see them. Each function is the twin of one in
// course_lib.rollout. Layers are { n, count, first, data }: `count` matrices in one flat array,
// the first layer first; entry (p * n + i) * n + j is the edge (p + 1, i) -> (p, j).
import { productInTurns } from "./matrices.js";
import { headMatrix, headsInTurn, sum } from "./numbers.js";
import { ended } from "./turns.js";

export const FUSIONS = ["mean", "max", "min"];

/**
 * The layers `first` to `last` with heads fused and the residual mixed in. `empty` names the first
 * row that the fusion leaves without any weight above 0: { layer, row }, or null.
 */
export function residualLayers(weights, options) {
  return ended(residualLayersInTurns(weights, options));
}

/** The same layer by layer, for `Turns`. */
export function* residualLayersInTurns(weights, { first, last, fusion, residual }) {
  const { n } = weights;
  const [count, size] = [last - first + 1, n * n];
  const layers = { n, count, first, data: new Float64Array(count * size), empty: null };
  for (let p = 0; p < count; p++) {
    const { matrix, empty } = fusedLayer(weights, first + p, fusion);
    if (empty !== null) layers.empty ??= { layer: first + p, row: empty };
    for (let k = 0; k < size; k++) layers.data[p * size + k] = (1 - residual) * matrix[k];
    for (let i = 0; i < n; i++) layers.data[p * size + i * (n + 1)] += residual;
    yield;
  }
  return layers;
}

// The layers with their heads fused, which the residual does not change, by the message that the
// weights came in.
const FUSED = new WeakMap();

/** A layer with heads fused and rows divided by their sums; `empty` is a row without any weight. */
function fusedLayer(weights, layer, fusion) {
  if (!FUSED.has(weights.bytes)) FUSED.set(weights.bytes, new Map());
  const [kept, name] = [FUSED.get(weights.bytes), `${layer} ${fusion}`];
  if (!kept.has(name)) {
    const isMean = fusion === "mean";
    const matrix = isMean
      ? headMatrix(weights, layer, null)
      : extremes(weights, layer, fusion === "max" ? 1 : -1);
    kept.set(name, { matrix, empty: divideRows(matrix, weights.n) });
  }
  return kept.get(name);
}

/** The largest weights of the heads if `sign` is 1, the smallest if it is -1. */
function extremes(weights, layer, sign) {
  const matrix = new Float64Array(weights.size).fill(-sign * Infinity);
  for (const head of headsInTurn(weights, layer)) {
    for (let k = 0; k < matrix.length; k++) {
      if (sign * head[k] > sign * matrix[k]) matrix[k] = head[k];
    }
  }
  return matrix;
}

/** Divide rows by their sums; returns the first row of zeros, which stays as it is, or null. */
function divideRows(matrix, n) {
  let empty = null;
  for (let i = 0; i < n; i++) {
    const row = matrix.subarray(i * n, (i + 1) * n);
    const total = sum(row);
    if (total === 0) empty ??= i;
    else for (let j = 0; j < n; j++) row[j] /= total;
  }
  return empty;
}

/** The product of the layers, later ones from the left, and its distance from rank one by layer. */
export function rolloutSteps(layers) {
  return ended(rolloutInTurns(layers));
}

/** The same, for `Turns`. */
export function* rolloutInTurns({ n, count, data }) {
  const size = n * n;
  let walks = data.subarray(0, size);
  const distances = [distanceFromRankOne(walks, n)];
  for (let p = 1; p < count; p++) {
    const layer = data.subarray(p * size, (p + 1) * size);
    walks = yield* productInTurns(layer, walks, { rows: n, inner: n, columns: n });
    distances.push(distanceFromRankOne(walks, n));
  }
  yield;
  return { product: walks, distances };
}

/** ||R - 1 x^T|| / ||R|| with x the mean of the rows: 0 where all rows are the same. */
export function distanceFromRankOne(matrix, n) {
  const mean = new Float64Array(n);
  for (let k = 0, j = 0; k < n * n; k++, j = j + 1 === n ? 0 : j + 1) mean[j] += matrix[k] / n;
  let [off, all] = [0, 0];
  for (let k = 0, j = 0; k < n * n; k++, j = j + 1 === n ? 0 : j + 1) {
    off += (matrix[k] - mean[j]) ** 2;
    all += matrix[k] ** 2;
  }
  return Math.sqrt(off / all);
}

/** Where the walk from an output is: its probability at each node, flat (count + 1) * n. */
export function walkMasses({ n, count, data }, output) {
  const masses = new Float64Array((count + 1) * n);
  masses[count * n + output] = 1;
  for (let p = count; p > 0; p--) {
    for (let i = 0; i < n; i++) {
      const mass = masses[p * n + i];
      if (mass === 0) continue;
      const row = ((p - 1) * n + i) * n;
      for (let j = 0; j < n; j++) masses[(p - 1) * n + j] += mass * data[row + j];
    }
  }
  return masses;
}

/** The edges that the walk takes with a probability above the least, and this probability. */
export function walkedEdges({ n, count, data }, masses, least) {
  const walked = { edges: [], values: [] };
  for (let row = 0; row < count * n; row++) {
    const mass = masses[n + row];
    if (!(mass > least)) continue; // an edge has no more than its node
    for (let e = row * n; e < (row + 1) * n; e++) {
      if (!(mass * data[e] > least)) continue;
      walked.edges.push(e);
      walked.values.push(mass * data[e]);
    }
  }
  return walked;
}
