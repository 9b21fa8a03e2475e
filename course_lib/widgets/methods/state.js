// What the figure of explanations shows, as plain numbers and sentences.
import { numbersOf, range, sum } from "../shared/numbers.js";
import { number, tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";

/**
 * Everything the figure shows, as plain numbers: what a test compares with course_lib. `rows` holds
 * the judge first and then each method: { values, ranks, correlation }; `order` sorts the methods
 * by their correlation with the judge, the highest first, those that rank nothing last. `counted`
 * says which tokens take part; another one has the rank null.
 */
export function methodsState(model) {
  const { tokens, output, special } = model.get("texts")[model.get("text")];
  const n = tokens.length;
  const [skip, signed] = [model.get("skip_special"), model.get("signed")];
  const all = valuesOf(model, n);
  const counted = all[0].map((value, k) => !Number.isNaN(value) && !(skip && special[k]));
  const taken = (values) =>
    values.filter((_, k) => counted[k]).map((value) => (signed ? value : Math.abs(value)));
  const judge = taken(all[0]);
  const rows = all.map((values) => {
    const ranks = averageRanks(taken(values)).reverse();
    return {
      values,
      ranks: counted.map((counts) => (counts ? ranks.pop() : null)),
      correlation: rankCorrelation(taken(values), judge),
    };
  });
  const height = (m) => rows[m + 1].correlation ?? -2;
  const order = range(rows.length - 1).sort((a, b) => height(b) - height(a) || a - b);
  return { n, counted, tokens, names: tokenNames(tokens), output, rows, order };
}

/** The judge's values and then each method's, of the chosen text. */
function valuesOf(model, n) {
  const count = model.get("names").length + 1;
  const before = model.get("texts").slice(0, model.get("text"));
  const start = count * sum(before.map(({ tokens }) => tokens.length));
  const all = numbersOf(model.get("values"), Float32Array, start, count * n);
  return range(count).map((row) => Array.from(all.subarray(row * n, (row + 1) * n)));
}

/** The rank of each value from 1, the least, to n; equal values share their mean rank. */
export function averageRanks(values) {
  const order = range(values.length).sort((a, b) => values[a] - values[b]);
  const ranks = new Array(values.length);
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (const k of order.slice(start, end)) ranks[k] = (start + 1 + end) / 2;
  }
  return ranks;
}

/** Spearman's rank correlation, as course_lib's rank_correlation; null if one ranks nothing. */
export function rankCorrelation(first, second) {
  const middle = (first.length + 1) / 2;
  const [a, b] = [first, second].map((values) => averageRanks(values).map((r) => r - middle));
  const product = (x, y) => sum(x.map((value, k) => value * y[k]));
  const size = Math.sqrt(product(a, a) * product(b, b));
  return size > 0 ? product(a, b) / size : null;
}

/** The height of each token's bar, from -1 to 1: its rank, or its value beside the largest. */
export function barHeights({ values, ranks }, { counted }, asValues) {
  const most = Math.max(...values.map((value, k) => (counted[k] ? Math.abs(value) : 0))) || 1;
  const count = counted.filter(Boolean).length;
  return values.map((value, k) => {
    if (!counted[k]) return 0;
    return asValues ? value / most : ranks[k] / count;
  });
}

/** The share of each token's edge to the output, from 0 to 1; the sum of all is 1. */
export function edgeShares({ values }, { counted }) {
  const sizes = values.map((value, k) => (counted[k] ? Math.abs(value) : 0));
  const total = sum(sizes) || 1;
  return sizes.map((size) => size / total);
}

/** A correlation as it is written. */
export function correlationText(correlation) {
  return correlation === null ? "–" : number(correlation);
}

/** The place of a token in a ranking, 1 for the highest; equal ones share it. */
export function placeOf({ ranks }, token) {
  return 1 + ranks.filter((rank) => rank !== null && rank > ranks[token]).length;
}

/** A method in a sentence: its place among the methods, and the token that it puts first. */
export function describeMethod(state, methods, method) {
  const { rows, order, names } = state;
  const row = rows[method + 1];
  const values = { method: methods[method], count: order.length };
  if (row.correlation === null) {
    return say("{method} gives all tokens the same: it ranks nothing.", values);
  }
  return say(
    "{method}: rank correlation {correlation} with the judge, number {place} of {count} methods. " +
      "It puts “{best}” first, the judge “{judged}”.",
    {
      ...values,
      correlation: correlationText(row.correlation),
      place: order.indexOf(method) + 1,
      best: names[highest(row.ranks)],
      judged: names[highest(rows[0].ranks)],
    },
  );
}

/** A token in a sentence: its place by the judge and by a method. */
export function describeToken({ rows, names, counted }, methods, method, token) {
  const values = { token: names[token], method: methods[method] };
  if (!counted[token]) return say("“{token}” takes no part.", values);
  return say("“{token}”: number {judged} of {count} by the judge, number {place} by {method}.", {
    ...values,
    count: counted.filter(Boolean).length,
    judged: placeOf(rows[0], token),
    place: placeOf(rows[method + 1], token),
  });
}

/** The token of the highest rank, the first of equal ones; null counts less than any. */
function highest(ranks) {
  return ranks.reduce((best, rank, k) => ((rank ?? 0) > (ranks[best] ?? 0) ? k : best), 0);
}
