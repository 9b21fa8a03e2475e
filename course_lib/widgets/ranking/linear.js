// Two pieces of linear algebra, written for matrices of at most some sixty rows. A matrix is a flat
// array, row by row.

// Columns whose product is below this share of all squares are not rotated any more. Only the
// largest value is asked for, so small columns need not be orthogonal among themselves.
const DONE = 1e-15;
const MOST_SWEEPS = 60;

/**
 * The x that makes the equations `matrix` · x = `values` hold best: Householder reflections turn
 * them into triangular ones. `matrix` has at least as many rows as columns.
 */
export function leastSquares(matrix, values, columns) {
  const diagonal = new Float64Array(columns);
  const upper = Array.from({ length: columns }, (_, c) =>
    Float64Array.from(values, (_, r) => matrix[r * columns + c]),
  );
  const right = Float64Array.from(values);
  for (let c = 0; c < columns; c++) {
    const mirror = upper[c].slice(c);
    const length = Math.hypot(...mirror);
    diagonal[c] = mirror[0] > 0 ? -length : length;
    mirror[0] -= diagonal[c];
    const square = dot(mirror, mirror);
    for (const column of [...upper.slice(c + 1), right]) {
      const rest = column.subarray(c);
      addTimes(rest, mirror, (-2 * dot(mirror, rest)) / square);
    }
  }
  for (let c = columns - 1; c >= 0; c--) {
    right[c] /= diagonal[c];
    for (let r = 0; r < c; r++) right[r] -= upper[c][r] * right[c];
  }
  return Array.from(right.subarray(0, columns));
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
