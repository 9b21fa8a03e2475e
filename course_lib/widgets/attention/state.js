// What the attention figure shows, as plain numbers.
import { chosenMatrix, decodeWeights, drawnEdges } from "../shared/numbers.js";

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function attentionState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  return { n: weights.n, ...drawnEdges(chosenMatrix(weights, model), model.get("threshold")) };
}
