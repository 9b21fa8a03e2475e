// Products of matrices, flat and row by row.
import { ended } from "./turns.js";

/**
 * The product of matrices of shapes (rows, inner) and (inner, columns). Zeros on the left cost
 * nothing. If it is known to be symmetric, its `upper` half, with the diagonal, is enough.
 */
export function product(left, right, sizes) {
  return ended(productInTurns(left, right, sizes));
}

/** The same row after row, for `Turns`. */
export function* productInTurns(left, right, { rows, inner, columns, upper = false }) {
  const all = new Float64Array(rows * columns);
  const places = new Uint32Array(inner);
  for (let i = 0; i < rows; i++) {
    const factors = left.subarray(i * inner, (i + 1) * inner);
    let count = 0;
    for (let k = 0; k < inner; k++) if (factors[k] !== 0) places[count++] = k;
    const skipped = upper ? i : 0;
    const row = all.subarray(i * columns + skipped, (i + 1) * columns);
    addRows(row, upper ? right.subarray(i) : right, columns, factors, places.subarray(0, count));
    yield;
  }
  return all;
}

/** Add rows of `right`, `step` apart, at these places, each as often as `factors` say. */
function addRows(row, right, step, factors, places) {
  const count = places.length;
  let e = 0;
  for (; e + 3 < count; e += 4) addFour(row, right, step, factors, places, e); // in half the time
  for (; e < count; e++) {
    const [factor, first] = [factors[places[e]], places[e] * step];
    for (let j = 0; j < row.length; j++) row[j] += factor * right[first + j];
  }
}

function addFour(row, right, step, factors, places, e) {
  const [p, q, r, s] = [places[e], places[e + 1], places[e + 2], places[e + 3]];
  const [a, b, c, d] = [factors[p], factors[q], factors[r], factors[s]];
  const [first, second, third, fourth] = [p * step, q * step, r * step, s * step];
  for (let j = 0; j < row.length; j++) {
    row[j] +=
      a * right[first + j] + b * right[second + j] + c * right[third + j] + d * right[fourth + j];
  }
}

/** What is left of numbers if others are taken from them. */
export function minus(numbers, others) {
  const left = numbers.slice();
  for (let k = 0; k < left.length; k++) left[k] -= others[k];
  return left;
}

/** The transpose of a square matrix. */
export function transposed(matrix, n) {
  const turned = new Float64Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) turned[j * n + i] = matrix[i * n + j];
  return turned;
}

/** How long the rows of a matrix are. */
export function rowLengths(matrix, rows) {
  const columns = matrix.length / rows;
  return Float64Array.from({ length: rows }, (_, i) => {
    let squares = 0;
    for (let k = i * columns; k < (i + 1) * columns; k++) squares += matrix[k] * matrix[k];
    return Math.sqrt(squares);
  });
}
