// What the figure of the heads shows, as plain numbers and sentences.
import { decodeWeights, edgesAbove, headDistance, headMatrix, range } from "../shared/numbers.js";
import { say } from "../shared/words.js";

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function headsState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const heads = range(weights.heads).map((h) => headMatrix(weights, model.get("layer"), h));
  const [first, second] = [heads[model.get("first")], heads[model.get("second")]];
  return {
    heads,
    edges: heads.map((matrix) => edgesAbove(matrix, model.get("threshold"))),
    difference: first.map((value, k) => value - second[k]),
    distance: headDistance(first, second, weights.n),
  };
}

/** What two heads give one cell, in a sentence. */
export function describeCell({ heads }, { first, second }, names, k) {
  const n = names.length;
  const [a, b] = [heads[first][k], heads[second][k]];
  return say(
    "“{query}” attends to “{key}”: head {first} {a}, head {second} {b}, difference {difference}.",
    {
      query: names[Math.floor(k / n)],
      key: names[k % n],
      first,
      second,
      a: a.toFixed(2),
      b: b.toFixed(2),
      difference: `${a < b ? "−" : "+"}${Math.abs(a - b).toFixed(2)}`,
    },
  );
}

/** A head as a screen reader names it: how many edges it has, and what it is compared as. */
export function describeHead(head, edges, { first, second }) {
  const values = { head, edges };
  if (head === first && head === second) {
    return say("head {head}, {edges} edges, compared as first and second", values);
  }
  if (head === first) return say("head {head}, {edges} edges, compared as first", values);
  if (head === second) return say("head {head}, {edges} edges, compared as second", values);
  return say("head {head}, {edges} edges", values);
}
