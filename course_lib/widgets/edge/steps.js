// The steps from an edge down to its numbers: a name, a formula and sentences for each.
import { sum } from "../shared/numbers.js";
import { capital, number } from "../shared/texts.js";
import { say } from "../shared/words.js";

export const LAST = 8;

/** A number of the arithmetic, in three decimals. */
export function told(value) {
  if (value === null) return "–";
  if (!Number.isFinite(value)) return value < 0 ? "−∞" : "∞";
  return number(value, 3);
}

/** What something comes to: " = 0.123", or " < 0.0001" where only this is told. */
export function is(value) {
  const text = told(value);
  return /^[<>]/.test(text) ? ` ${text[0]} ${text.slice(1)}` : ` = ${text}`;
}

/** The names of all steps. */
export function stepNames() {
  return [
    say("the edge"),
    say("query and key"),
    say("their dot product"),
    say("the logit"),
    say("the row of logits"),
    say("the exponential"),
    say("the weight"),
    say("the value"),
    say("share of the output"),
  ];
}

/**
 * The formula of a step, as parts: a text, or [letter, index] or [letter, index, exponent]. What
 * it comes to is the last part; some steps have no single number.
 */
export function formulaOf(state, step) {
  const { i, j, head, logit, exponential, weight, largest, total } = state;
  const [q, k, z, A, v, o] = [
    ["q", i],
    ["k", j],
    ["z", `${i},${j}`],
    ["A", `${i},${j}`],
    ["v", j],
    ["o", i],
  ];
  const most = ["z", say("max")];
  return [
    () => [A, is(weight)],
    () => [q, ", ", k],
    () => [q, " · ", k, is(state.dot)],
    () => [z, " = ", q, " · ", k, ` / √${head.d}${is(logit)}`],
    () => [most, is(largest)],
    () => ["e", ["", "", z, " − ", most], is(exponential)],
    () => [A, ` = ${told(exponential)} / ${told(total)}${is(weight)}`],
    () => [A, " ", v],
    () => [A, " ", v, " · ", o, " / ‖", o, `‖²${is(state.share)}`],
  ][step]();
}

/** What a step does, in sentences that fit the chosen edge. */
export function describeStep(state, step = state.step) {
  const { head, i, j } = state;
  const values = {
    query: head.names[i],
    key: head.names[j],
    d: head.d,
    n: head.n,
    weight: told(state.weight),
  };
  return capital(SENTENCES[step](state, values));
}

const SENTENCES = [
  (_, values) =>
    say(
      "“{query}” attends to “{key}” with weight {weight}. Press “next step” to see where this " +
        "number comes from, and what it brings.",
      values,
    ),
  (_, values) =>
    say(
      "Each end of the edge brings a vector of {d} numbers: “{query}” its query (blue), “{key}” " +
        "its key (orange).",
      values,
    ),
  ({ products, dot }, values) => {
    const plus = sum(products.filter((product) => product > 0));
    return say(
      "The two are multiplied entry by entry, and the {d} products added: {plus} above zero and " +
        "{minus} below make {dot}.",
      { ...values, plus: told(plus), minus: told(dot - plus), dot: told(dot) },
    );
  },
  ({ dot, logit }, values) =>
    say("The dot product {dot} is divided by the square root of {d}: the logit {logit}.", {
      ...values,
      dot: told(dot),
      logit: told(logit),
    }),
  ({ head, i, isAllowed, largest }, values) => {
    const most = { ...values, largest: told(largest) };
    if (!head.masked) {
      return say(
        "“{query}” has a logit for each of the {n} keys, and no mask forbids any. The largest is " +
          "{largest}.",
        most,
      );
    }
    const allowed = head.allowed[i].filter(Boolean).length;
    const seen = say(
      "“{query}” has a logit for each of the {n} keys. The mask leaves {allowed} of them and puts " +
        "−∞ in place of the others. The largest left is {largest}.",
      { ...most, allowed },
    );
    return isAllowed ? seen : [seen, say("“{key}” is masked.", values)].join(" ");
  },
  ({ exponential, largest }, values) =>
    say(
      "The largest logit of the row, {largest}, is subtracted, which changes no weight, and the " +
        "exponential taken: {exponential}. The largest logit itself gives 1.",
      { ...values, largest: told(largest), exponential: told(exponential) },
    ),
  ({ exponential, total, weight }, values) =>
    say(
      "Divided by the sum of the row’s exponentials, {total}, it is the weight: {exponential} / " +
        "{total}{is}. The weights of the row sum to 1.",
      { ...values, exponential: told(exponential), total: told(total), is: is(weight) },
    ),
  ({ length }, values) =>
    say(
      "The edge brings the value of “{key}”, a vector of length {length}, times the weight " +
        "{weight}.",
      { ...values, length: told(length) },
    ),
  ({ share }, values) => {
    if (share === null)
      return say("The output of “{query}” is zero, so no edge has a share.", values);
    return say(
      "The output of “{query}” is the sum of what its edges bring. Along its direction this edge " +
        "brings {share} of it, with weight {weight}; the shares of all keys sum to 1, and some may " +
        "be below 0.",
      { ...values, share: told(share) },
    );
  },
];
