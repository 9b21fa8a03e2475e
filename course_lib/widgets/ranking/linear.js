// Two pieces of linear algebra, written for matrices of at most some two hundred rows. A matrix is a flat
// array, row by row.

// Columns whose product is below this share of all squares are not rotated any more. Only the
// largest value is asked for, so small columns need not be orthogonal among themselves.
const DONE = 1e-15;
const MOST_SWEEPS = 60;

/**
 * Where a walk among n states is found in the long run; each of them must lead to every other. The
 * twin of `_long_run` in course_lib.centrality: states are eliminated from the last to the second
 * (Grassmann, Taksar and Heyman 1985). Nothing is subtracted, so that every share is exact.
 */
export function longRun(matrix, n) {
  const chain = Float64Array.from(matrix);
  const leaves = new Float64Array(n);
  for (let k = n - 1; k > 0; k--) {
    const row = chain.subarray(k * n, k * n + k); // where a walk goes from k, but for k itself
    leaves[k] = row.reduce((total, weight) => total + weight, 0);
    for (let j = 0; j < k; j++) row[j] /= leaves[k];
    for (let i = 0; i < k; i++) addTimes(chain.subarray(i * n, i * n + k), row, chain[i * n + k]);
  }
  const shares = new Float64Array(n).fill(1);
  for (let k = 1; k < n; k++) {
    let arrives = 0;
    for (let i = 0; i < k; i++) arrives += shares[i] * chain[i * n + k];
    // The largest share stays 1: none can leave the range of numbers.
    if (arrives <= leaves[k]) shares[k] = arrives / leaves[k];
    else for (let i = 0; i < k; i++) shares[i] *= leaves[k] / arrives;
  }
  const total = shares.reduce((sum, share) => sum + share, 0);
  return Array.from(shares, (share) => share / total);
}

/**
 * The two largest singular values of a square matrix, and the left and right singular vectors of
 * the first. One-sided Jacobi rotations make the columns orthogonal; their lengths are the values.
 */
export function largestSingular(matrix, n) {
  const columns = Array.from({ length: n }, (_, j) =>
    Float64Array.from({ length: n }, (_, i) => matrix[i * n + j]),
  );
  const turned = columns.map((_, j) => Float64Array.from(columns, (_, k) => (k === j ? 1 : 0)));
  const enough = DONE * columns.reduce((sum, column) => sum + dot(column, column), 0);
  for (let sweep = 0; sweep < MOST_SWEEPS && sweepOnce(columns, turned, enough); sweep++);
  const values = columns.map((column) => Math.sqrt(dot(column, column)));
  const order = values.map((_, j) => j).sort((j, k) => values[k] - values[j]);
  const [first] = order;
  return {
    values: order.slice(0, 2).map((j) => values[j]),
    left: Array.from(columns[first], (x) => x / values[first]),
    right: Array.from(turned[first]),
  };
}

/** Make every pair of columns orthogonal once; true if any had to be rotated. */
function sweepOnce(columns, turned, enough) {
  let rotated = false;
  for (let j = 0; j < columns.length; j++) {
    for (let k = j + 1; k < columns.length; k++) {
      const [p, q] = [columns[j], columns[k]];
      const [pp, qq, pq] = [dot(p, p), dot(q, q), dot(p, q)];
      if (Math.abs(pq) <= enough) continue;
      rotated = true;
      const zeta = (qq - pp) / (2 * pq);
      const tangent = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
      rotate(p, q, tangent);
      rotate(turned[j], turned[k], tangent);
    }
  }
  return rotated;
}

function rotate(p, q, tangent) {
  const cosine = 1 / Math.sqrt(1 + tangent * tangent);
  const sine = cosine * tangent;
  for (let i = 0; i < p.length; i++) {
    const was = p[i];
    p[i] = cosine * was - sine * q[i];
    q[i] = sine * was + cosine * q[i];
  }
}

function addTimes(values, others, factor) {
  for (let i = 0; i < values.length; i++) values[i] += factor * others[i];
}

function dot(p, q) {
  let total = 0;
  for (let i = 0; i < p.length; i++) total += p[i] * q[i];
  return total;
}
