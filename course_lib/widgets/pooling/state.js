// What the figure of a bag computes: weights over the members that are left, and the answer.
import { range, softmax, sum } from "../shared/numbers.js";
import { number, percent, signed } from "../shared/texts.js";
import { say } from "../shared/words.js";

/** Weights by member, 0 for those that are taken away; nobody left gives no weights. */
export function poolingWeights(scores, removed, uniform) {
  const left = scores.flatMap((_, i) => (removed.includes(i) ? [] : [i]));
  const weights = scores.map(() => 0);
  if (!left.length) return weights;
  const found = softmax(left.map((i) => (uniform ? 0 : scores[i])));
  left.forEach((i, k) => {
    weights[i] = found[k];
  });
  return weights;
}

/** Everything the figure shows, as plain numbers: what a test compares with NumPy. */
export function poolingState({ scores, votes }, bias, removed, uniform) {
  const weights = poolingWeights(scores, removed, uniform);
  const all = poolingWeights(scores, [], uniform);
  const parts = weights.map((weight, i) => weight * votes[i]);
  const logit = sum(parts) + bias;
  const answer = 1 / (1 + Math.exp(-logit));
  const held = sum(removed.map((i) => all[i])); // by those that are taken away, before
  const order = range(scores.length);
  order.sort((i, j) => weights[j] - weights[i] || all[j] - all[i] || i - j);
  return { weights, parts, logit, answer, held, order, empty: removed.length === scores.length };
}

/** What weights, votes and bias make of the bag, and what was taken away, in sentences. */
export function describeBag({ logit, answer, held, empty }, label, removed) {
  const share = number(answer);
  if (empty) {
    return say(
      "Nobody is left, and nothing was pooled. The bias alone would say {share}: an answer about " +
        "nobody.",
      { share },
    );
  }
  const values = { logit: signed(logit), answer: yesOrNo(answer > 0.5), share };
  const told = [
    say("Weights times votes, plus the bias: {logit}, so {answer}, with {share} for yes.", values),
  ];
  if (label !== null) {
    told.push(
      say("The right answer for the whole bag: {answer}.", { answer: yesOrNo(label === 1) }),
    );
  }
  if (removed === 1) {
    told.push(say("Without 1 member that held {held} of the attention.", { held: percent(held) }));
  } else if (removed > 1) {
    const gone = { count: removed, held: percent(held) };
    told.push(say("Without {count} members that held {held} of the attention.", gone));
  }
  return told.join(" ");
}

function yesOrNo(is) {
  return is ? say("yes") : say("no");
}

/** What one member adds to the answer, in a sentence. */
export function describeMember({ weights, parts }, { names, votes }, i, gone) {
  const values = {
    member: names[i],
    weight: number(weights[i]),
    vote: signed(votes[i]),
    part: signed(parts[i]),
  };
  return gone
    ? say("{member}: away. Its vote would be {vote}.", values)
    : say("{member}: weight {weight} times vote {vote} adds {part}.", values);
}
