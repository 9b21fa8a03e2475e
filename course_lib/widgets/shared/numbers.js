// What the figures compute: pure functions, each the twin of one in course_lib. A test compares
// them in a browser. A matrix is a flat array of n * n numbers; entry i * n + j says how much
// query i attends to key j.

// What is not made anew as long as nobody asks for another. Whoever gets it must not write to it.
const CHOSEN = new WeakMap(); // the matrix chosen last, by the message that the weights came in
const DIVIDED = new WeakMap(); // rows that sum to 1, by the matrix that they were made of

/**
 * Numbers of a message from Python, little-endian, such as Float64Array: `count` of them from the
 * `first` on. Copied, because a message may begin at an odd byte.
 */
export function numbersOf(bytes, Numbers, first = 0, count = null) {
  const size = Numbers.BYTES_PER_ELEMENT;
  const start = (bytes.byteOffset ?? 0) + first * size; // a DataView in Jupyter, or an ArrayBuffer
  const length = count === null ? bytes.byteLength - first * size : count * size;
  return new Numbers((bytes.buffer ?? bytes).slice(start, start + length));
}

/** Weights as Python sends them: layers, heads, n, n. */
export function decodeWeights(bytes, [layers, heads, n]) {
  return { n, ...decodeMatrices(bytes, layers, heads, n * n) };
}

/**
 * The weights of layers of heads, whose matrices have `size` entries each. `matrix(m)` is matrix m,
 * counted through the heads of all layers. In 4 or 8 bytes each they are floating-point numbers.
 * In 1 or 2 they are quantised, as course_lib/widgets/shared/weights.py says, and a matrix is
 * decoded when it is asked for: into a Float32Array that may be given, for heads that are not kept.
 */
export function decodeMatrices(bytes, layers, heads, size) {
  const count = layers * heads;
  const each = bytes.byteLength / (count * size);
  const isPlain = each === 4 || each === 8;
  const matrix = isPlain ? plain(bytes, each, size) : quantised(bytes, count, size);
  return { bytes, layers, heads, size, matrix, isPlain };
}

function plain(bytes, each, size) {
  const Numbers = each === 8 ? Float64Array : Float32Array;
  return (m) => numbersOf(bytes, Numbers, m * size, size);
}

function quantised(bytes, count, size) {
  const each = (bytes.byteLength - 4 * count) / (count * size);
  const Steps = each === 2 ? Uint16Array : Uint8Array;
  const scales = numbersOf(bytes, Float32Array, 0, count);
  const first = (4 * count) / each; // the integers come after the scales
  const top = 2 ** (8 * each) - 1;
  return (m, decoded = new Float32Array(size)) => {
    const unit = scales[m] / top ** 2;
    const steps = numbersOf(bytes, Steps, first + m * size, size);
    for (let k = 0; k < size; k++) decoded[k] = unit * steps[k] * steps[k];
    return decoded;
  };
}

/** One head of one layer, or the mean over the heads of the layer if `head` is null. */
export function headMatrix(weights, layer, head) {
  const { heads, size, matrix } = weights;
  if (head !== null) return matrix(layer * heads + head);
  const mean = new Float64Array(size);
  for (const one of headsInTurn(weights, layer)) {
    for (let k = 0; k < size; k++) mean[k] += one[k];
  }
  for (let k = 0; k < size; k++) mean[k] /= heads;
  return mean;
}

/** The heads of a layer one after the other, each in the memory of the one before if it can be. */
export function* headsInTurn({ heads, size, matrix }, layer) {
  const memory = new Float32Array(size);
  for (let h = 0; h < heads; h++) yield matrix(layer * heads + h, memory);
}

/** The matrix with rows that sum to 1 again, if quantising has changed their sums. */
export function withRowSums(matrix, { n, isPlain }) {
  if (isPlain) return matrix;
  if (DIVIDED.has(matrix)) return DIVIDED.get(matrix);
  const rows = new Float64Array(matrix);
  for (let i = 0; i < n; i++) {
    const row = rows.subarray(i * n, (i + 1) * n);
    const total = sum(row);
    for (let j = 0; j < n; j++) row[j] /= total;
  }
  DIVIDED.set(matrix, rows);
  return rows;
}

/**
 * The matrix that the controls for layer and head have chosen: 0 is the mean, k + 1 is head k.
 */
export function chosenMatrix(weights, model) {
  const [layer, choice] = [model.get("layer"), model.get("head_choice")];
  const last = CHOSEN.get(weights.bytes);
  if (last?.layer === layer && last.choice === choice) return last.matrix;
  const matrix = headMatrix(weights, layer, choice === 0 ? null : choice - 1);
  CHOSEN.set(weights.bytes, { layer, choice, matrix });
  return matrix;
}

/** Is this weight an edge? Rounded to float32 as the weights are: 0.05 is not above 0.05. */
export function isAbove(weight, threshold) {
  return Math.fround(weight) > Math.fround(threshold);
}

/** Flat indices i * n + j of the weights above the threshold. */
export function edgesAbove(matrix, threshold) {
  const least = Math.fround(threshold);
  let count = 0; // first: a list that grows to a quarter of a million is copied again and again
  for (let k = 0; k < matrix.length; k++) if (Math.fround(matrix[k]) > least) count++;
  const edges = new Array(count);
  for (let k = 0, e = 0; e < count; k++) if (Math.fround(matrix[k]) > least) edges[e++] = k;
  return edges;
}

/** The share of all attention that lies on these edges. */
export function massKept(matrix, edges) {
  let kept = 0;
  for (let e = 0; e < edges.length; e++) kept += matrix[edges[e]];
  return kept / sum(matrix);
}

/** The edges above a threshold, and the share of the attention that they hold. */
export function drawnEdges(matrix, threshold) {
  const edges = edgesAbove(matrix, threshold);
  return { matrix, edges, mass: massKept(matrix, edges) };
}

/** Source and target of the edge between query i and key j. */
export function edgeEnds(i, j, direction) {
  return direction === "flow" ? [j, i] : [i, j];
}

/** Positive weights that sum to 1; subtracting the maximum keeps the exponentials finite. */
export function softmax(logits) {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const total = sum(exponentials);
  return exponentials.map((value) => value / total);
}

/** Shannon entropy in nats; a weight of 0 adds nothing. */
export function entropy(weights) {
  let total = 0;
  for (let k = 0; k < weights.length; k++) {
    if (weights[k] > 0) total -= weights[k] * Math.log(weights[k]);
  }
  return total;
}

/** Jensen-Shannon distance (base 2) between two heads, averaged over the n queries. */
export function headDistance(first, second, n) {
  let total = 0;
  const middle = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const [p, q] = [first, second].map((head) => head.subarray(i * n, (i + 1) * n));
    for (let j = 0; j < n; j++) middle[j] = (p[j] + q[j]) / 2;
    const nats = entropy(middle) - (entropy(p) + entropy(q)) / 2;
    total += Math.sqrt(Math.max(nats, 0) / Math.LN2);
  }
  return total / n;
}

/** How strongly a weight (or a difference) from 0 to 1 is painted: the same in every figure. */
export function shade(value) {
  return Math.sqrt(Math.min(Math.abs(value), 1));
}

export function sum(values) {
  let total = 0;
  for (let k = 0; k < values.length; k++) total += values[k];
  return total;
}

/** The integers from 0 to n - 1. */
export function range(n) {
  return Array.from({ length: n }, (_, k) => k);
}
