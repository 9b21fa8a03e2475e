// What the attention figure shows, as plain numbers and sentences.
import { decodeWeights, edgesAbove, headMatrix, isAbove, massKept } from "./numbers.js";

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function attentionState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const choice = model.get("head_choice"); // 0 is the mean, k + 1 is head k
  const matrix = headMatrix(weights, model.get("layer"), choice === 0 ? null : choice - 1);
  return { n: weights.n, ...drawnEdges(matrix, model.get("threshold")) };
}

/** The edges above a threshold, and the share of the attention that they hold. */
export function drawnEdges(matrix, threshold) {
  const edges = edgesAbove(matrix, threshold);
  return { matrix, edges, mass: massKept(matrix, edges) };
}

/**
 * What is lit, in sentences [class, text]: one cell, or a row of queries and a column of keys.
 * `queries` and `keys` are the names of the rows and columns of `matrix`.
 */
export function describe({ row, column, crossing }, matrix, { queries, keys }, drawn) {
  const columns = keys.length;
  const value = (k) => matrix[k].toFixed(2);
  if (crossing) {
    const k = row * columns + column;
    const ends = [queries[row], keys[column]];
    const [from, to] = drawn.direction === "flow" ? ends.toReversed() : ends;
    const hidden = isAbove(matrix[k], drawn.threshold) ? "" : (drawn.hidden ?? HIDDEN);
    const who = `(“${queries[row]}” attends to “${keys[column]}”).`;
    return [["", `${from} → ${to}: ${value(k)} ${who}${hidden}`]];
  }
  const strongest = (indices, name) =>
    indices
      .sort((a, b) => matrix[b] - matrix[a])
      .slice(0, 3)
      .map((k) => `${name(k)} ${value(k)}`)
      .join(", ");
  const sentences = [];
  if (row !== null) {
    const most = strongest(
      keys.map((_, j) => row * columns + j),
      (k) => keys[k % columns],
    );
    sentences.push(["first", `“${queries[row]}” attends most to: ${most}. `]);
  }
  if (column !== null) {
    const most = strongest(
      queries.map((_, i) => i * columns + column),
      (k) => queries[Math.floor(k / columns)],
    );
    sentences.push(["second", `“${keys[column]}” gets most attention from: ${most}.`]);
  }
  return sentences;
}

const HIDDEN = " Not above the threshold, so not drawn.";
