// What the rollout figure shows, as plain numbers and sentences.
import { FUSIONS, residualLayers, rolloutSteps } from "../shared/layers.js";
import { decodeWeights, range, sum } from "../shared/numbers.js";
import { number } from "../shared/texts.js";
import { say } from "../shared/words.js";

const TOLD = 5; // so many inputs are named in a sentence

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function rolloutState(model) {
  const layers = residualLayers(decodeWeights(model.get("weights"), model.get("shape")), {
    first: 0,
    last: model.get("depth") - 1,
    fusion: FUSIONS[model.get("fusion_choice")],
    residual: model.get("residual"),
  });
  return { layers, ...rolloutSteps(layers) };
}

/** The inputs that an output draws on most, the strongest first. */
export function strongestInputs({ layers: { n }, product }, output) {
  const share = (j) => product[output * n + j];
  const inputs = range(n).filter((j) => share(j) > 0);
  return inputs.sort((a, b) => share(b) - share(a)).slice(0, TOLD);
}

/** What an output draws on, in a sentence; about one input first if `input` is given. */
export function describeRollout(state, names, { output, input }) {
  const { n } = state.layers;
  const row = state.product.subarray(output * n, (output + 1) * n);
  const strongest = strongestInputs(state, output);
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
