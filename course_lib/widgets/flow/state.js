// What the flow figure shows, as plain numbers and sentences.
import { brief } from "../shared/drawing.js";
import { residualLayers } from "../shared/layers.js";
import { maxFlow } from "./max_flow.js";
import { decodeWeights } from "../shared/numbers.js";

const MET = 1e-7; // bounds closer than this have met, as in course_lib.flow

/** Everything the figure shows, as plain numbers: what a test compares with course_lib. */
export function flowState(model) {
  const ends = [model.get("first_layer"), model.get("last_layer")]; // in either order
  const layers = residualLayers(decodeWeights(model.get("weights"), model.get("shape")), {
    first: Math.min(...ends),
    last: Math.max(...ends),
    fusion: "mean",
    residual: model.get("residual"),
  });
  const input = model.get("input");
  const found = maxFlow(layers, model.get("output"), input);
  const capacity = found.cut.reduce((total, e) => total + layers.data[e], 0);
  const columnSum = firstColumn(layers, input).reduce((total, weight) => total + weight, 0);
  const bound = Math.min(1, columnSum);
  return { layers, ...found, capacity, columnSum, bound, met: found.value > bound - MET };
}

/** What the first layer lets into an input, from each position. */
function firstColumn({ n, data }, input) {
  return Array.from({ length: n }, (_, i) => data[i * n + input]);
}

/** How many edges of the cut lie in each layer of the range, the first layer first. */
export function cutByLayer({ layers: { n, count }, cut }) {
  const counts = new Array(count).fill(0);
  for (const e of cut) counts[Math.floor(e / (n * n))]++;
  return counts;
}

/** The flow, the cut and the bound, a sentence each. */
export function describeFlow(state, names, { output, input }) {
  const [from, to] = [`output “${names[output]}”`, `input “${names[input]}”`];
  if (state.cut.length === 0) {
    const why = `There is no flow from ${from} to ${to}:`;
    return { flow: `${why} no path of edges leads from one to the other.`, cut: "", bound: "" };
  }
  return {
    flow: `Flow from ${from} to ${to}: ${brief(state.value)}.`,
    cut: describeCut(state),
    bound: describeBound(state, names[input]),
  };
}

function describeCut(state) {
  const { cut, capacity, layers } = state;
  const one = cut.length === 1;
  const edges = one ? "1 edge" : `${cut.length} edges`;
  const places = cutByLayer(state)
    .map((count, p) => [count, `in layer ${layers.first + p}`])
    .filter(([count]) => count > 0)
    .reverse(); // from the output down
  const where =
    places.length === 1
      ? `${one ? "" : "all "}${places[0][1]}`
      : places.map(([count, place]) => `${count} ${place}`).join(", ");
  const sum = one ? "its capacity is" : "their capacities sum to";
  return `The cut has ${edges}, ${where}; ${sum} ${brief(capacity)}.`;
}

function describeBound({ layers: { first }, columnSum, bound, met }, name) {
  const sum = `Layer ${first} lets ${brief(columnSum)} into “${name}”`;
  const limit = `so at most min(1, ${brief(columnSum)}) = ${brief(bound)} can arrive`;
  const most = columnSum < 1 ? `no output can send “${name}” more` : "all that leaves arrives";
  const verdict = met ? `met: ${most}` : "not met: the bottleneck lies elsewhere";
  return `${sum}, ${limit}; ${verdict}.`;
}
