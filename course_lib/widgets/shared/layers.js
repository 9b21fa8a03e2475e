// The layers of a model as rollout and flow see them. Each function is the twin of one in
// course_lib.rollout. Layers are { n, count, first, data }: `count` matrices in one flat array,
// the first layer first; entry (p * n + i) * n + j is the edge (p + 1, i) -> (p, j).
import { headMatrix, range } from "./numbers.js";

export const FUSIONS = ["mean", "max", "min"];
// Rows are divided by their sums afterwards, so that a sum over the heads is as good as a mean.
const COMBINE = { mean: (a, b) => a + b, max: Math.max, min: Math.min };

/**
 * The layers `first` to `last` with heads fused and the residual mixed in. `empty` names the first
 * row that the fusion leaves without any weight above 0: { layer, row }, or null.
 */
export function residualLayers(weights, { first, last, fusion, residual }) {
  const { heads, n } = weights;
  const [count, size] = [last - first + 1, n * n];
  const layers = { n, count, first, data: new Float64Array(count * size), empty: null };
  for (let p = 0; p < count; p++) {
    const matrix = layers.data.subarray(p * size, (p + 1) * size);
    const all = range(heads).map((h) => headMatrix(weights, first + p, h));
    fuseHeads(all, matrix, COMBINE[fusion]);
    const row = mixResidual(matrix, n, residual);
    if (row !== null) layers.empty ??= { layer: first + p, row };
  }
  return layers;
}

function fuseHeads([head, ...others], matrix, combine) {
  matrix.set(head);
  for (const other of others) {
    for (let k = 0; k < matrix.length; k++) matrix[k] = combine(matrix[k], other[k]);
  }
}

/** Make `matrix` (1 - r) * matrix + r * I, rows divided by their sums; returns an empty row. */
function mixResidual(matrix, n, residual) {
  let empty = null;
  for (let i = 0; i < n; i++) {
    const row = matrix.subarray(i * n, (i + 1) * n);
    const total = row.reduce((sum, weight) => sum + weight, 0);
    if (total === 0) empty ??= i;
    for (let j = 0; j < n; j++) row[j] = total > 0 ? ((1 - residual) * row[j]) / total : 0;
    row[i] += residual;
  }
  return empty;
}

/** The product of the layers, later ones from the left, and its distance from rank one by layer. */
export function rolloutSteps({ n, count, data }) {
  const size = n * n;
  let product = data.subarray(0, size);
  const distances = [distanceFromRankOne(product, n)];
  for (let p = 1; p < count; p++) {
    product = multiply(data.subarray(p * size, (p + 1) * size), product, n);
    distances.push(distanceFromRankOne(product, n));
  }
  return { product, distances };
}

function multiply(left, right, n) {
  const product = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = product.subarray(i * n, (i + 1) * n);
    for (let k = 0; k < n; k++) {
      const weight = left[i * n + k];
      if (weight === 0) continue; // half of them, if the model is causal
      const start = k * n;
      for (let j = 0; j < n; j++) row[j] += weight * right[start + j];
    }
  }
  return product;
}

/** ||R - 1 x^T|| / ||R|| with x the mean of the rows: 0 where all rows are the same. */
export function distanceFromRankOne(matrix, n) {
  const mean = new Float64Array(n);
  for (let k = 0; k < n * n; k++) mean[k % n] += matrix[k] / n;
  let [off, all] = [0, 0];
  for (let k = 0; k < n * n; k++) {
    off += (matrix[k] - mean[k % n]) ** 2;
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
      const row = ((p - 1) * n + i) * n;
      for (let j = 0; j < n; j++) masses[(p - 1) * n + j] += mass * data[row + j];
    }
  }
  return masses;
}

/** The probability that the walk takes each edge, flat as the layers are. */
export function edgeMasses({ n, data }, masses) {
  return data.map((weight, e) => masses[n + Math.floor(e / n)] * weight);
}
