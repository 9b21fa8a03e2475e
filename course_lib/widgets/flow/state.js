// What the flow figure shows, as plain numbers and sentences.
import { residualLayersInTurns } from "../shared/layers.js";
import { decodeWeights, range, sum } from "../shared/numbers.js";
import { number } from "../shared/texts.js";
import { ended } from "../shared/turns.js";
import { say } from "../shared/words.js";
import { maxFlowInTurns } from "./max_flow.js";

const MET = 1e-7; // bounds closer than this have met, as in course_lib.flow

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function flowState(model) {
  return ended(flowInTurns(model));
}

/** The same, for `Turns`. */
export function* flowInTurns(model) {
  const [output, input] = [model.get("output"), model.get("input")];
  const layers = yield* chosenLayers(model);
  const found = yield* maxFlowInTurns(layers, output, input);
  const capacity = sum(found.cut.map((e) => layers.data[e]));
  const columnSum = sum(firstColumn(layers, input));
  const bound = Math.min(1, columnSum);
  return { layers, ...found, capacity, columnSum, bound, met: found.value > bound - MET };
}

const CHOSEN = new WeakMap(); // the layers of another pair of ends are the same

function* chosenLayers(model) {
  const ends = [model.get("first_layer"), model.get("last_layer")]; // in either order
  const [first, last, residual] = [Math.min(...ends), Math.max(...ends), model.get("residual")];
  const [bytes, name] = [model.get("weights"), `${first} ${last} ${residual}`];
  if (CHOSEN.get(bytes)?.name !== name) {
    const weights = decodeWeights(bytes, model.get("shape"));
    const layers = yield* residualLayersInTurns(weights, { first, last, fusion: "mean", residual });
    CHOSEN.set(bytes, { name, layers });
  }
  return CHOSEN.get(bytes).layers;
}

/** What the first layer lets into an input, from each position. */
function firstColumn({ n, data }, input) {
  return range(n).map((i) => data[i * n + input]);
}

/** How many edges of the cut lie in each layer of the range, the first layer first. */
export function cutByLayer({ layers: { n, count }, cut }) {
  const counts = new Array(count).fill(0);
  for (const e of cut) counts[Math.floor(e / (n * n))]++;
  return counts;
}

/** The flow, the cut and the bound, a sentence each. */
export function describeFlow(state, names, { output, input }) {
  const ends = { output: names[output], input: names[input] };
  if (state.cut.length === 0) {
    const flow = say(
      "There is no flow from output “{output}” to input “{input}”: " +
        "no path of edges leads from one to the other.",
      ends,
    );
    return { flow, cut: "", bound: "" };
  }
  return {
    flow: say("Flow from output “{output}” to input “{input}”: {value}.", {
      ...ends,
      value: number(state.value),
    }),
    cut: describeCut(state),
    bound: describeBound(state, names[input]),
  };
}

function describeCut(state) {
  const count = state.cut.length;
  const places = cutByLayer(state)
    .map((edges, p) => ({ edges, layer: state.layers.first + p }))
    .filter(({ edges }) => edges > 0)
    .reverse(); // from the output down
  const values = { count, layer: places[0].layer, capacity: number(state.capacity) };
  if (count === 1) {
    return say("The cut has 1 edge, in layer {layer}; its capacity is {capacity}.", values);
  }
  if (places.length === 1) {
    return say(
      "The cut has {count} edges, all in layer {layer}; their capacities sum to {capacity}.",
      values,
    );
  }
  const where = places.map((place) => say("{edges} in layer {layer}", place)).join(", ");
  return say("The cut has {count} edges, {where}; their capacities sum to {capacity}.", {
    ...values,
    where,
  });
}

function describeBound({ layers: { first }, columnSum, bound, met }, name) {
  const limit = say(
    "Layer {layer} lets {sum} into “{input}”, so at most min(1, {sum}) = {bound} can arrive;",
    { layer: first, sum: number(columnSum), input: name, bound: number(bound) },
  );
  return `${limit} ${describeVerdict(columnSum, met, name)}`;
}

function describeVerdict(columnSum, met, name) {
  if (!met) return say("not met: the bottleneck lies elsewhere.");
  if (columnSum < 1) return say("met: no output can send “{input}” more.", { input: name });
  return say("met: all that leaves arrives.");
}
