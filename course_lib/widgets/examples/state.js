// Which example is shown, and its weights: pure functions of the traits.
import { drawnEdges } from "../shared/attention_state.js";
import { headMatrix } from "../shared/numbers.js";

/** The chosen example's texts and weights, cut from the numbers of all examples. */
export function chosenExample(model) {
  const [layers, heads] = model.get("shape");
  const examples = model.get("examples");
  const chosen = model.get("example");
  const sizeOf = ({ queries, keys }) => queries.length * keys.length;
  const before = examples.slice(0, chosen).reduce((total, each) => total + sizeOf(each), 0);
  const [start, size] = [layers * heads * before, sizeOf(examples[chosen])];
  const bytes = model.get("weights");
  const first = (bytes.byteOffset ?? 0) + 4 * start;
  const last = first + 4 * layers * heads * size;
  const data = new Float32Array((bytes.buffer ?? bytes).slice(first, last));
  return { ...examples[chosen], weights: { layers, heads, size, data } };
}

/** The matrix of the chosen layer and head, its drawn edges and what they hold. */
export function exampleState(model, { weights }) {
  const choice = model.get("head_choice"); // 0 is the mean, k + 1 is head k
  const matrix = headMatrix(weights, model.get("layer"), choice === 0 ? null : choice - 1);
  return drawnEdges(matrix, model.get("threshold"));
}
