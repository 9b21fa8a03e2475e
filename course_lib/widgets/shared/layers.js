// The layers of a model as rollout and flow see them. Each function is the twin of one in
// course_lib.rollout. Layers are { n, count, first, data }: `count` matrices in one flat array,
// the first layer first; entry (p * n + i) * n + j is the edge (p + 1, i) -> (p, j).
import { headMatrix, range, sum } from "./numbers.js";

export const FUSIONS = ["mean", "max", "min"];
// Rows are divided by their sums afterwards, so that a sum over the heads is as good as a mean.
const COMBINE = { mean: (a, b) => a + b, max: Math.max, min: Math.min };

/**
 * The layers `first` to `last` with heads fused and the residual mixed in. `empty` names the first
 * row that the fusion leaves without any weight above 0: { layer, row }, or null.
 */
export function residualLayers(weights, { first, last, fusion, residual }) {
  const { n } = weights;
  const [count, size] = [last - first + 1, n * n];
  const layers = { n, count, first, data: new Float64Array(count * size), empty: null };
  for (let p = 0; p < count; p++) {
    const { matrix, empty } = fusedLayer(weights, first + p, fusion);
    if (empty !== null) layers.empty ??= { layer: first + p, row: empty };
    for (let k = 0; k < size; k++) layers.data[p * size + k] = (1 - residual) * matrix[k];
    for (let i = 0; i < n; i++) layers.data[p * size + i * (n + 1)] += residual;
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
    const matrix = new Float64Array(weights.size);
    fuseHeads(
      range(weights.heads).map((h) => headMatrix(weights, layer, h)),
      matrix,
      COMBINE[fusion],
    );
    kept.set(name, { matrix, empty: divideRows(matrix, weights.n) });
  }
  return kept.get(name);
}

function fuseHeads([head, ...others], matrix, combine) {
  matrix.set(head);
  for (const other of others) {
    for (let k = 0; k < matrix.length; k++) matrix[k] = combine(matrix[k], other[k]);
  }
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
  let last;
  for (last of eachRolloutStep(layers));
  return last;
}

/** The same after each layer: a caller may do other things between them. */
export function* eachRolloutStep({ n, count, data }) {
  const size = n * n;
  let product = data.subarray(0, size);
  const distances = [distanceFromRankOne(product, n)];
  yield { product, distances };
  for (let p = 1; p < count; p++) {
    product = multiply(data.subarray(p * size, (p + 1) * size), product, n);
    distances.push(distanceFromRankOne(product, n));
    yield { product, distances };
  }
}

function multiply(left, right, n) {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = product.subarray(i * n, (i + 1) * n);
    const weights = left.subarray(i * n, (i + 1) * n);
    let k = 0;
    for (; k + 3 < n; k += 4) addFour(row, weights, right, k); // in half the time of one by one
    for (; k < n; k++) for (let j = 0; j < n; j++) row[j] += weights[k] * right[k * n + j];
  }
  return product;
}

/** Add four rows of `right`, from row k on, as often as `weights` say. */
function addFour(row, weights, right, k) {
  const n = row.length;
  const [a, b, c, d] = [weights[k], weights[k + 1], weights[k + 2], weights[k + 3]];
  if (a === 0 && b === 0 && c === 0 && d === 0) return; // half of them, if the model is causal
  const [first, second, third, fourth] = [k * n, (k + 1) * n, (k + 2) * n, (k + 3) * n];
  for (let j = 0; j < n; j++) {
    row[j] +=
      a * right[first + j] + b * right[second + j] + c * right[third + j] + d * right[fourth + j];
  }
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

/** The probability that the walk takes each edge, flat as the layers are. */
export function edgeMasses({ n, count, data }, masses) {
  const carried = new Float64Array(data.length);
  for (let row = 0; row < count * n; row++) {
    const mass = masses[n + row];
    if (mass > 0) for (let e = row * n; e < (row + 1) * n; e++) carried[e] = mass * data[e];
  }
  return carried;
}
