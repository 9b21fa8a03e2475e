// What the attention figure shows, as plain numbers and sentences.
import { decodeWeights, edgeEnds, edgesAbove, headMatrix, isAbove, massKept } from "./numbers.js";

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function attentionState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const choice = model.get("head_choice"); // 0 is the mean, k + 1 is head k
  const matrix = headMatrix(weights, model.get("layer"), choice === 0 ? null : choice - 1);
  const edges = edgesAbove(matrix, model.get("threshold"));
  return { n: weights.n, matrix, edges, mass: massKept(matrix, edges) };
}

/** What is lit, in sentences [class, text]: one cell, or a row of queries and a column of keys. */
export function describe(
  { row, column, crossing },
  { n, matrix },
  names,
  { direction, threshold },
) {
  const value = (k) => matrix[k].toFixed(2);
  if (crossing) {
    const k = row * n + column;
    const [from, to] = edgeEnds(names[row], names[column], direction);
    const hidden = isAbove(matrix[k], threshold) ? "" : " Not above the threshold, so not drawn.";
    const who = `(“${names[row]}” attends to “${names[column]}”).`;
    return [["", `${from} → ${to}: ${value(k)} ${who}${hidden}`]];
  }
  const strongest = (indices, name) =>
    indices
      .sort((a, b) => matrix[b] - matrix[a])
      .slice(0, 3)
      .map((k) => `${name(k)} ${value(k)}`)
      .join(", ");
  const all = Array.from({ length: n }, (_, p) => p);
  const sentences = [];
  if (row !== null) {
    const keys = strongest(
      all.map((j) => row * n + j),
      (k) => names[k % n],
    );
    sentences.push(["first", `“${names[row]}” attends most to: ${keys}. `]);
  }
  if (column !== null) {
    const queries = strongest(
      all.map((i) => i * n + column),
      (k) => names[Math.floor(k / n)],
    );
    sentences.push(["second", `“${names[column]}” gets most attention from: ${queries}.`]);
  }
  return sentences;
}
