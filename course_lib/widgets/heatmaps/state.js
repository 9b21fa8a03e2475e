// What the linked heatmaps show, as plain numbers and sentences.
import { minus } from "../shared/matrices.js";
import { decodeWeights, headMatrix, range } from "../shared/numbers.js";
import { linearScale, logScale, signedLinearScale } from "../shared/scales.js";
import { numbersAlike } from "../shared/texts.js";
import { say } from "../shared/words.js";

const SMALLEST = 1e-4; // where the log scale begins, as in course_lib.plots
export const SCALES = ["own", "shared", "unit", "log"];

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function linkedState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const { heads, n } = weights;
  const order = model.get("order_choice") ? model.get("orders")[model.get("first")] : range(n);
  const [first, second] = ["first", "second"].map((name) => {
    const choice = model.get(name);
    const matrix = headMatrix(weights, Math.floor(choice / heads), choice % heads);
    return ordered(matrix, order);
  });
  return { n, order, first, second, difference: minus(first, second) };
}

function ordered(matrix, order) {
  const n = order.length;
  const rows = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const start = order[i] * n;
    for (let j = 0; j < n; j++) rows[i * n + j] = matrix[start + order[j]];
  }
  return rows;
}

/** The scales of the three maps, in their order. */
export function scalesOf({ first, second, difference }, choice) {
  const own = [largestSize(first), largestSize(second)];
  const shared = Math.max(...own);
  if (SCALES[choice] === "log") {
    return [logScale(SMALLEST), logScale(SMALLEST), signedLinearScale(1)];
  }
  if (SCALES[choice] === "unit") return [linearScale(1), linearScale(1), signedLinearScale(1)];
  const widest = signedLinearScale(largestSize(difference) || 1); // equal heads: all white
  if (SCALES[choice] === "own") return [...own.map(linearScale), widest];
  return [linearScale(shared), linearScale(shared), signedLinearScale(shared)];
}

function largestSize(values) {
  let largest = 0;
  for (let k = 0; k < values.length; k++) {
    const size = Math.abs(values[k]);
    if (size > largest) largest = size;
  }
  return largest;
}

/** What a control has chosen, by the number of a head counted through all layers. */
export function headName(choice, [layers, heads]) {
  const [layer, head] = [Math.floor(choice / heads), choice % heads];
  return layers > 1
    ? say("layer {layer}, head {head}", { layer, head })
    : say("head {head}", { head });
}

/** What the two heads give one cell, in a sentence. */
export function describeLinked({ n, order, first, second, difference }, names, cell) {
  const [query, key] = [Math.floor(cell / n), cell % n].map((place) => names[order[place]]);
  const apart = difference[cell];
  const [a, b, size] = numbersAlike([first[cell], second[cell], Math.abs(apart)]);
  const sign = Math.abs(apart) < SMALLEST ? "" : apart < 0 ? "−" : "+";
  return say(
    "“{query}” attends to “{key}”: first {first}, second {second}, difference {difference}.",
    { query, key, first: a, second: b, difference: `${sign}${size}` },
  );
}
