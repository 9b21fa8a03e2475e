// What a graph of attention and its heatmap tell of a place that is lit.
import { isAbove, range } from "./numbers.js";
import { number, percent } from "./texts.js";
import { say } from "./words.js";

const TOLD = 3; // so many tokens are named in a sentence

/**
 * What is lit, in sentences [class, text]: one cell, or a row of queries and a column of keys.
 * `queries` and `keys` are the names of the rows and columns of `matrix`.
 */
export function describe({ row, column, crossing }, matrix, { queries, keys }, drawn) {
  const columns = keys.length;
  if (crossing) {
    const k = row * columns + column;
    const ends = [queries[row], keys[column]];
    const [from, to] = drawn.direction === "flow" ? ends.toReversed() : ends;
    const hidden = drawn.hidden ?? say("Not above the threshold, so not drawn.");
    const told = say("{from} → {to}: {weight} (“{query}” attends to “{key}”).", {
      from,
      to,
      weight: number(matrix[k]),
      query: queries[row],
      key: keys[column],
    });
    return [["", isAbove(matrix[k], drawn.threshold) ? told : `${told} ${hidden}`]];
  }
  const strongest = (cells, name) =>
    cells
      .sort((a, b) => matrix[b] - matrix[a])
      .slice(0, TOLD)
      .map((k) => `${name(k)} ${number(matrix[k])}`)
      .join(", ");
  const sentences = [];
  if (row !== null) {
    const cells = range(columns).map((j) => row * columns + j);
    const names = strongest(cells, (k) => keys[k % columns]);
    const told = say("“{query}” attends most to: {names}.", { query: queries[row], names });
    sentences.push(["first", `${told} `]);
  }
  if (column !== null) {
    const cells = range(queries.length).map((i) => i * columns + column);
    const names = strongest(cells, (k) => queries[Math.floor(k / columns)]);
    const told = say("“{key}” gets most attention from: {names}.", { key: keys[column], names });
    sentences.push(["second", told]);
  }
  return sentences;
}

/** How many edges are drawn, or could be, and what they hold of the attention. */
export function describeDrawn({ matrix, edges, mass }, drawn = edges) {
  const values = { count: edges.length, all: matrix.length, share: percent(mass) };
  return drawn.length === edges.length
    ? say("{count} of {all} edges drawn; they hold {share} of the attention.", values)
    : say(
        "{count} of {all} edges are above the threshold; they hold {share} of the attention.",
        values,
      );
}

/** A list of one sentence that says how many edges are drawn, or of none if all are. */
export function describeLeftOut({ edges }, drawn) {
  const told = say("The strongest {drawn} of these are drawn.", { drawn: drawn.length });
  return drawn.length === edges.length ? [] : [told];
}
