// What the figure of one edge computes: every number between two vectors and a share of the output.
import { range, sum } from "../shared/numbers.js";
import { tokenNames } from "../shared/texts.js";
import { headVectors } from "./vectors.js";

export { describeStep, formulaOf, stepNames, told } from "./steps.js";
export { half, headVectors } from "./vectors.js";

/** Products of two vectors, entry by entry. */
function products(a, b) {
  return a.map((value, m) => value * b[m]);
}

function dot(a, b) {
  return sum(products(a, b));
}

/** A row of the head: its logits, before the mask and with it, exponentials, sum and weights. */
export function rowState({ query, key, allowed, d, n }, i) {
  const logits = range(n).map((j) => dot(query[i], key[j]) / Math.sqrt(d));
  const masked = logits.map((logit, j) => (allowed[i][j] ? logit : -Infinity));
  const largest = Math.max(...masked);
  const exponentials = masked.map((logit) => Math.exp(logit - largest));
  const total = sum(exponentials);
  return {
    logits,
    masked,
    largest,
    exponentials,
    total,
    weights: exponentials.map((value) => value / total),
  };
}

/** The head with the weights of all its rows: what the graph shows. */
export function headState(model) {
  const head = headVectors(model);
  const rows = range(head.n).map((i) => rowState(head, i));
  return { ...head, names: tokenNames(head.tokens), rows };
}

/** Everything that is told of the chosen edge; a test compares it with NumPy. */
export function edgeState(model, head = headState(model)) {
  const [i, j] = ["query", "key"].map((end) => Math.min(model.get(end), head.n - 1));
  const row = head.rows[i];
  const [q, k, v] = [head.query[i], head.key[j], head.value[j]];
  const output = v.map((_, m) => sum(row.weights.map((weight, t) => weight * head.value[t][m])));
  const weight = row.weights[j];
  const brought = v.map((value) => weight * value);
  const size = dot(output, output);
  return {
    ...row,
    head,
    i,
    j,
    q,
    k,
    v,
    products: products(q, k),
    dot: dot(q, k),
    logit: row.logits[j],
    isAllowed: head.allowed[i][j],
    exponential: row.exponentials[j],
    weight,
    brought,
    output,
    length: Math.sqrt(dot(v, v)),
    share: size > 0 ? dot(brought, output) / size : null,
    step: model.get("step"),
    entry: model.get("entry"),
  };
}
