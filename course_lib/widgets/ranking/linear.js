// Two pieces of linear algebra, for matrices of some hundred rows; generators, for `Turns`. A matrix is
// a flat array, row by row.
import { productInTurns, transposed } from "../shared/matrices.js";

/**
 * Where a walk among n states is found in the long run; each of them must lead to every other. The
 * twin of `_long_run` in course_lib.centrality: states are eliminated from the last to the second
 * (Grassmann, Taksar and Heyman 1985). Nothing is subtracted, so that every share is exact.
 */
export function* longRun(matrix, n) {
  const chain = new Float64Array(matrix);
  const leaves = new Float64Array(n);
  for (let k = n - 1; k > 0; k--) {
    const row = chain.subarray(k * n, k * n + k); // where a walk goes from k, but for k itself
    leaves[k] = row.reduce((total, weight) => total + weight, 0);
    for (let j = 0; j < k; j++) row[j] /= leaves[k];
    for (let i = 0; i < k; i++) addTimes(chain.subarray(i * n, i * n + k), row, chain[i * n + k]);
    yield;
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
 * The two largest singular values of a square matrix A (one, if it has one row), and the left and
 * right singular vectors of the first. They are the roots of the eigenvalues of A'A, and its
 * eigenvector: mirrors make A'A tridiagonal (Householder 1958), signs count its eigenvalues (Givens
 * 1954). So they are exact to rounding, relative to the largest, which is all that is asked here.
 */
export function* largestSingular(matrix, n) {
  const { diagonal, beside, mirrors } = yield* tridiagonal(yield* gram(matrix, n), n);
  const squares = [1, 2].slice(0, n).map((count) => eigenvalue(diagonal, beside, count));
  const right = eigenvector(diagonal, beside, squares[0]);
  for (const { first, mirror, times } of mirrors.reverse()) {
    const rest = right.subarray(first);
    addTimes(rest, mirror, -times * dot(mirror, rest));
  }
  const values = squares.map(Math.sqrt);
  const rows = Array.from({ length: n }, (_, i) => matrix.slice(i * n, (i + 1) * n));
  return { values, left: rows.map((row) => dot(row, right) / values[0]), right: Array.from(right) };
}

/** The upper half of A'A. */
function* gram(matrix, n) {
  const [numbers, sizes] = [Float64Array.from(matrix), { rows: n, inner: n, columns: n }];
  return yield* productInTurns(transposed(numbers, n), numbers, { ...sizes, upper: true });
}

/**
 * A symmetric matrix, mirrored until only its diagonal and the entries beside it are left. What is
 * below the diagonal is neither read nor written.
 */
function* tridiagonal(matrix, n) {
  const beside = new Float64Array(Math.max(n - 1, 0));
  const mirrors = [];
  for (let k = 0; k + 1 < n; k++) {
    const first = k + 1;
    const mirror = matrix.slice(k * n + first, first * n);
    const length = Math.sqrt(dot(mirror, mirror));
    beside[k] = mirror[0] > 0 ? -length : length;
    mirror[0] -= beside[k];
    const square = dot(mirror, mirror);
    if (square === 0) continue;
    const times = 2 / square;
    const turned = timesSymmetric(matrix, n, first, mirror).map((x) => times * x);
    addTimes(turned, mirror, (-times / 2) * dot(turned, mirror));
    for (let i = 0; i < mirror.length; i++) {
      const [a, b, row] = [mirror[i], turned[i], (first + i) * n + first];
      for (let j = i; j < mirror.length; j++) matrix[row + j] -= a * turned[j] + b * mirror[j];
    }
    mirrors.push({ first, mirror, times });
    yield;
  }
  return {
    diagonal: Float64Array.from({ length: n }, (_, i) => matrix[i * (n + 1)]),
    beside,
    mirrors,
  };
}

/** A symmetric matrix from row and column `first` on, of which the upper half is read, times x. */
function timesSymmetric(matrix, n, first, x) {
  const y = new Float64Array(x.length);
  for (let i = 0; i < x.length; i++) {
    const [row, xi] = [(first + i) * n + first, x[i]];
    let total = matrix[row + i] * xi;
    for (let j = i + 1; j < x.length; j++) {
      total += matrix[row + j] * x[j];
      y[j] += matrix[row + j] * xi;
    }
    y[i] += total;
  }
  return y;
}

/** The largest number that at least `count` eigenvalues are not below; none is negative. */
function eigenvalue(diagonal, beside, count) {
  const side = (i) => Math.abs(beside[i] ?? 0);
  let [low, high] = [0, 0];
  diagonal.forEach((value, i) => {
    high = Math.max(high, value + side(i) + side(i - 1));
  });
  for (let step = 0; step < 70; step++) {
    const middle = (low + high) / 2;
    let [above, pivot] = [0, 1];
    for (let i = 0; i < diagonal.length; i++) {
      pivot = diagonal[i] - middle - side(i - 1) ** 2 / (pivot || Number.EPSILON * high);
      if (pivot > 0) above++;
    }
    if (above >= count) low = middle;
    else high = middle;
  }
  return low;
}

/** The eigenvector of an eigenvalue, of length 1, by inverse iteration. */
function eigenvector(diagonal, beside, value) {
  let vector = Float64Array.from(diagonal, (_, i) => 1 + ((i * 7919) % 101) / 101); // as good as any
  for (let step = 0; step < 3; step++) {
    vector = solved(diagonal, beside, value, vector);
    const length = Math.sqrt(dot(vector, vector));
    vector = vector.map((x) => x / length);
  }
  return vector;
}

/** Solve (T - value I) x = right by elimination; the larger of two rows is the pivot. */
function solved(diagonal, beside, value, right) {
  const n = right.length;
  const [x, rows] = [Float64Array.from(right), []];
  const tiny = Number.EPSILON * diagonal.reduce((most, entry) => Math.max(most, entry), 0);
  let row = [diagonal[0] - value, beside[0] ?? 0, 0];
  for (let i = 0; i + 1 < n; i++) {
    let next = [beside[i], diagonal[i + 1] - value, beside[i + 1] ?? 0];
    if (Math.abs(next[0]) > Math.abs(row[0])) {
      [row, next] = [next, row];
      [x[i], x[i + 1]] = [x[i + 1], x[i]];
    }
    row[0] ||= tiny;
    const share = next[0] / row[0];
    x[i + 1] -= share * x[i];
    rows.push(row);
    row = [next[1] - share * row[1], next[2] - share * row[2], 0];
  }
  row[0] ||= tiny; // the matrix is singular, which is why this works
  rows.push(row);
  for (let i = n - 1; i >= 0; i--) {
    const known = rows[i][1] * (x[i + 1] ?? 0) + rows[i][2] * (x[i + 2] ?? 0);
    x[i] = (x[i] - known) / rows[i][0];
  }
  return x;
}

function addTimes(values, others, factor) {
  for (let i = 0; i < values.length; i++) values[i] += factor * others[i];
}

function dot(p, q) {
  let total = 0;
  for (let i = 0; i < p.length; i++) total += p[i] * q[i];
  return total;
}
