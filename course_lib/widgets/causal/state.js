// What the figure of causal heads shows, as plain numbers and sentences.
import { numbersOf, range, sum } from "../shared/numbers.js";
import { number, tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";

const TOP = 65535; // what a score of 1 is sent as
const MOST_TOLD = 4; // edges in a sentence

/** Everything the figure shows, as plain numbers: what a test compares with NumPy. */
export function causalState(model) {
  const text = textState(model);
  return { ...text, ...edgesState(model, text), scores: headScores(model), ...lossState(model) };
}

/** The chosen text: its tokens, and the weights of all heads in whole percent. */
export function textState(model) {
  const texts = model.get("texts");
  const k = model.get("text");
  const start = sum(texts.slice(0, k).map(({ length }) => length));
  const { tokens, length } = texts[k];
  const [layers, heads] = model.get("shape");
  const n = tokens.length;
  const bytes = numbersOf(model.get("weights"), Uint8Array, start, length);
  const percents = decodePercents(bytes, ((n * (n + 1)) / 2) * layers * heads);
  return { n, tokens, names: tokenNames(tokens), layers, heads, percents };
}

/** Percents of all pairs (query, key up to it) and heads: bits, and then the bytes of those set. */
export function decodePercents(bytes, count) {
  const percents = new Uint8Array(count);
  let next = Math.ceil(count / 8);
  for (let k = 0; k < count; k++) {
    if (bytes[k >> 3] & (128 >> (k & 7))) percents[k] = bytes[next++];
  }
  return percents;
}

/** The chosen position's edges by the chosen head, and the earlier copies of its token. */
export function edgesState(model, { n, tokens, layers, heads, percents }) {
  const position = Math.min(model.get("position"), n - 1); // another text may be shorter
  const head = model.get("layer") * heads + model.get("head");
  const row = (position * (position + 1)) / 2;
  const weights = range(position + 1).map((j) => percents[(row + j) * layers * heads + head]);
  const copies = range(position).filter((j) => tokens[j] === tokens[position]);
  const after = copies.map((j) => j + 1);
  return { position, weights, copies, after };
}

/** The chosen score of each head, from 0 to 1. */
export function headScores(model) {
  const [layers, heads] = model.get("shape");
  const count = layers * heads;
  const first = (4 * model.get("text") + model.get("score_choice")) * count;
  return Array.from(numbersOf(model.get("scores"), Uint16Array, first, count), (q) => q / TOP);
}

/**
 * Losses with all heads and with some switched off: `rows` of { title, loss, draws }, of which the
 * first is all heads, the second the chosen head alone, and the others are the recorded sets; and
 * the loss of each token, `whole` and `without` what is switched off. Null if none were recorded.
 */
export function lossState(model) {
  const count = model.get("positions");
  if (!count) return { losses: null };
  const [layers, heads] = model.get("shape");
  const [way, off] = [model.get("way_choice"), model.get("off_choice")];
  const single = 1 + way * layers * heads + model.get("layer") * heads + model.get("head");
  const curve = (k) => {
    const bytes = numbersOf(model.get("loss_curves"), Uint8Array, k * count, count);
    return Array.from(bytes, (q) => model.get("most_loss") * (q / 255) ** 2);
  };
  const means = numbersOf(model.get("copy_losses"), Float32Array);
  const sets = model.get("sets");
  const rows = [
    { title: say("all heads on"), loss: means[0], draws: [] },
    { title: headName(model), loss: means[single], draws: [] },
    ...sets.map(({ title, losses }) => {
      const draws = losses[way].length > 1 ? losses[way] : [];
      return { title, loss: sum(losses[way]) / losses[way].length, draws };
    }),
  ];
  const without = off > 1 ? sets[off - 2].curves[way] : curve(off && single);
  return { losses: { rows, whole: curve(0), without } };
}

/** The heads that are switched off, as numbers: one head or a set; none of a set of many draws. */
export function headsOff(model) {
  const heads = model.get("shape")[1];
  const off = model.get("off_choice");
  if (off < 2) return [];
  const drawn = model.get("sets")[off - 2].heads;
  return drawn.length > 1 ? [] : drawn[0].map(([layer, head]) => layer * heads + head);
}

export function headName(model) {
  return say("layer {layer}, head {head}", { layer: model.get("layer"), head: model.get("head") });
}

/** A head of the grid as a screen reader names it. */
export function describeHead(layer, head, score) {
  return say("layer {layer}, head {head}: {score}", { layer, head, score: number(score) });
}

/** Where the head looks from the position, in a sentence. */
export function describeEdges({ names, position, weights }, head) {
  const drawn = range(weights.length).filter((j) => weights[j] > 0);
  const best = drawn.sort((a, b) => weights[b] - weights[a] || a - b).slice(0, MOST_TOLD);
  const values = { head, token: names[position], position };
  if (best.length === 0) {
    return say("From “{token}”, {head} gives 5 % to no token.", values);
  }
  const listed = best.map((j) => `“${names[j]}” ${weights[j]} %`).join(", ");
  return say("From “{token}”, {head} attends to {listed}.", { ...values, listed });
}

/** What an earlier copy of the token means for the head, in a sentence. */
export function describeCopies({ names, position, weights, copies, after }) {
  const token = names[position];
  if (copies.length === 0) return say("“{token}” did not stand before.", { token });
  const share = (places) => {
    const percent = sum(places.map((j) => weights[j]));
    return percent ? `${percent} %` : say("less than 5 %");
  };
  const values = { copies: share(copies), after: share(after) };
  return say(
    "What came after the earlier copy gets {after}, the earlier copy itself {copies}.",
    values,
  );
}

/** What is lost, in a sentence. */
export function describeLoss({ rows }, off) {
  const [all, { title, loss }] = [number(rows[0].loss), rows[off]];
  if (off === 0)
    return say("Loss on the second copy of random words: {all} with all heads on.", { all });
  const values = { all, without: number(loss), title };
  return say(
    "Loss on the second copy of random words: {all} with all heads on, {without} with {title} switched off.",
    values,
  );
}
