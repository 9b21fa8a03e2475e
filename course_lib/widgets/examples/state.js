// Which example is shown, and its weights: pure functions of the traits.
import { chosenMatrix, drawnEdges, numbersOf, sum } from "../shared/numbers.js";

/** The chosen example's texts and weights, cut from the numbers of all examples. */
export function chosenExample(model) {
  const [layers, heads] = model.get("shape");
  const examples = model.get("examples");
  const chosen = model.get("example");
  const sizes = examples.map(({ queries, keys }) => queries.length * keys.length);
  const size = sizes[chosen];
  const first = layers * heads * sum(sizes.slice(0, chosen));
  const data = numbersOf(model.get("weights"), Float32Array, first, layers * heads * size);
  const matrix = (m) => data.subarray(m * size, (m + 1) * size);
  return { ...examples[chosen], weights: { layers, heads, size, matrix } };
}

/** The matrix of the chosen layer and head, its drawn edges and what they hold. */
export function exampleState(model, { weights }) {
  return drawnEdges(chosenMatrix(weights, model), model.get("threshold"));
}
