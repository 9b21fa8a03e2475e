// What the rollout figure shows, as plain numbers and sentences.
import { FUSIONS, residualLayersInTurns, rolloutSteps, walkMasses } from "../shared/layers.js";
import { decodeWeights, range, sum } from "../shared/numbers.js";
import { number } from "../shared/texts.js";
import { ended } from "../shared/turns.js";
import { say } from "../shared/words.js";

const TOLD = 5; // so many inputs are named in a sentence

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function rolloutState(model) {
  const layers = ended(rolloutLayers(model));
  return { layers, ...rolloutSteps(layers) };
}

/** What is multiplied, for `Turns`. */
export function rolloutLayers(model) {
  return residualLayersInTurns(decodeWeights(model.get("weights"), model.get("shape")), {
    first: 0,
    last: model.get("depth") - 1,
    fusion: FUSIONS[model.get("fusion_choice")],
    residual: model.get("residual"),
  });
}

/** The row of an output, which its walk down the layers gives without the whole product. */
export function rolloutRow(layers, output) {
  return walkMasses(layers, output).subarray(0, layers.n);
}

/** The inputs that an output draws on most, the strongest first. */
export function strongestInputs(row) {
  const inputs = range(row.length).filter((j) => row[j] > 0);
  return inputs.sort((a, b) => row[b] - row[a]).slice(0, TOLD);
}

/** What an output draws on by its row, in a sentence; about one input first if `input` is given. */
export function describeRollout(row, names, { output, input }) {
  const strongest = strongestInputs(row);
  const inputs = strongest.map((j) => `“${names[j]}” ${number(row[j])}`).join(", ");
  const rest = row.filter((share, j) => share > 0 && !strongest.includes(j));
  const values = {
    output: names[output],
    inputs,
    count: rest.length,
    rest: number(sum(rest)),
  };
  const told = rest.length
    ? say("“{output}” draws on {inputs}; {count} more hold {rest}.", values)
    : say("“{output}” draws on {inputs}.", values);
  if (input === null) return told;
  return `“${names[output]}” → “${names[input]}”: ${number(row[input])}. ${told}`;
}

/** Why there is nothing to multiply, in plain words. */
export function describeEmpty({ layer, row }, names) {
  return say(
    "There is no rollout: in layer {layer} the minimum over the heads leaves “{query}” no weight " +
      "above 0, and a row of zeros cannot be divided by its sum. Choose another fusion.",
    { layer, query: names[row] },
  );
}
