// What the figure of the heads shows, as plain numbers and sentences.
import { minus } from "../shared/matrices.js";
import { decodeWeights, edgesAbove, headDistance, headMatrix, range } from "../shared/numbers.js";
import { numbersAlike } from "../shared/texts.js";
import { say } from "../shared/words.js";

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function headsState(model) {
  const layer = layerState(model);
  return { ...layer, ...comparison(model, layer) };
}

/** The heads of the chosen layer, and the edges of each. */
export function layerState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const heads = range(weights.heads).map((h) => headMatrix(weights, model.get("layer"), h));
  return { heads, edges: heads.map((matrix) => edgesAbove(matrix, model.get("threshold"))) };
}

/** The difference and the distance between the two heads that are compared. */
export function comparison(model, { heads }) {
  const [first, second] = [heads[model.get("first")], heads[model.get("second")]];
  return {
    difference: minus(first, second),
    distance: headDistance(first, second, Math.sqrt(first.length)),
  };
}

/** What two heads give one cell, in a sentence. */
export function describeCell({ heads }, { first, second }, names, k) {
  const n = names.length;
  const [a, b] = [heads[first][k], heads[second][k]];
  const [one, other, size] = numbersAlike([a, b, Math.abs(a - b)]);
  return say(
    "“{query}” attends to “{key}”: head {first} {a}, head {second} {b}, difference {difference}.",
    {
      query: names[Math.floor(k / n)],
      key: names[k % n],
      first,
      second,
      a: one,
      b: other,
      difference: `${a < b ? "−" : "+"}${size}`,
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
