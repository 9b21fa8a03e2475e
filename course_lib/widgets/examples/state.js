// Which example is shown, and its weights: pure functions of the traits.
import { chosenMatrix, decodeMatrices, drawnEdges, sum } from "../shared/numbers.js";

/** The chosen example's texts and weights, cut from the numbers of all examples. */
export function chosenExample(model) {
  const [layers, heads] = model.get("shape");
  const examples = model.get("examples");
  const [chosen, all] = [model.get("example"), model.get("weights")];
  const { queries, keys, length } = examples[chosen];
  const first = sum(examples.slice(0, chosen).map((each) => each.length));
  const bytes = new DataView(all.buffer ?? all, (all.byteOffset ?? 0) + first, length);
  const weights = decodeMatrices(bytes, layers, heads, queries.length * keys.length);
  return { ...examples[chosen], weights };
}

/** The matrix of the chosen layer and head, its drawn edges and what they hold. */
export function exampleState(model, { weights }) {
  return drawnEdges(chosenMatrix(weights, model), model.get("threshold"));
}
