// What the figure of a bag computes: weights over the members that are left, and the answer.
import { softmax } from "../shared/numbers.js";

/** Weights by member, 0 for those that are taken away; nobody left gives no weights. */
export function poolingWeights(scores, removed, uniform) {
  const left = scores.flatMap((_, i) => (removed.includes(i) ? [] : [i]));
  const weights = scores.map(() => 0);
  if (!left.length) return weights;
  const found = softmax(left.map((i) => (uniform ? 0 : scores[i])));
  left.forEach((i, k) => (weights[i] = found[k]));
  return weights;
}

/** Everything the figure shows, as plain numbers: what a test compares with NumPy. */
export function poolingState({ scores, votes }, bias, removed, uniform) {
  const weights = poolingWeights(scores, removed, uniform);
  const all = poolingWeights(scores, [], uniform);
  const parts = weights.map((weight, i) => weight * votes[i]);
  const total = (values) => values.reduce((sum, value) => sum + value, 0);
  const logit = total(parts) + bias;
  const answer = 1 / (1 + Math.exp(-logit));
  const held = total(removed.map((i) => all[i])); // by those that are taken away, before
  const order = scores.map((_, i) => i);
  order.sort((i, j) => weights[j] - weights[i] || all[j] - all[i] || i - j);
  return { weights, parts, logit, answer, held, order, empty: removed.length === scores.length };
}
