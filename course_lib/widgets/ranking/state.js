// What the ranking figure shows, as plain numbers and sentences.
import { chosenMatrix, decodeWeights, sum, withRowSums } from "../shared/numbers.js";
import { number } from "../shared/texts.js";
import { ended } from "../shared/turns.js";
import { say } from "../shared/words.js";
import {
  betweenness,
  closeness,
  hits,
  inStrength,
  pagerank,
  removeTokens,
  stationaryDistribution,
} from "./centrality.js";

const NEGLIGIBLE = 1e-12; // what rounding leaves of a score of 0
const FIGURES = 9; // scores that agree in so many figures share a rank
const TOLD = 4; // so many tokens are named in a sentence

// In the order of the names in view.py. `score` is a computation for `Turns`: it gives scores,
// or null and the reason.
const MEASURES = [
  {
    name: () => say("In-strength"),
    meaning: () => say("how much attention a token receives, the sum of its column."),
    *score(matrix, n) {
      yield;
      return { scores: inStrength(matrix, n) };
    },
  },
  {
    name: () => say("PageRank"),
    meaning: () => say("how often a walk is at a token, if now and then it jumps to any token."),
    *score(matrix, n, damping) {
      return { scores: yield* pagerank(matrix, n, damping) };
    },
    damped: true,
  },
  {
    name: () => say("TokenRank"),
    meaning: () => say("how often a walk along the arrows is at a token in the long run."),
    *score(matrix, n) {
      const { parts, scores } = yield* stationaryDistribution(matrix, n);
      return { scores, problem: { parts } };
    },
  },
  {
    name: () => say("Authority"),
    meaning: () => say("how much attention a token gets from good hubs."),
    *score(matrix, n) {
      return { scores: (yield* hubsAndAuthorities(matrix, n))?.authorities ?? null };
    },
  },
  {
    name: () => say("Hub"),
    meaning: () => say("how much attention a token gives to good authorities."),
    *score(matrix, n) {
      return { scores: (yield* hubsAndAuthorities(matrix, n))?.hubs ?? null };
    },
    outgoing: true,
  },
  {
    name: () => say("Betweenness"),
    meaning: () =>
      say(
        "the share of pairs of others whose shortest way leads through the token; " +
          "an arrow is −ln w long.",
      ),
    *score(matrix, n) {
      return { scores: yield* betweenness(matrix, n) };
    },
  },
  {
    name: () => say("Closeness"),
    meaning: () => say("how near a token is to those that can reach it; an arrow is −ln w long."),
    *score(matrix, n) {
      return { scores: yield* closeness(matrix, n) };
    },
  },
];

/** What the tokens are ranked by. */
export function chosenMeasure(model) {
  return MEASURES[model.get("measure_choice")];
}

/**
 * Everything the figure shows, as plain numbers: what a test compares with course_lib. `now` is
 * the ranking without the removed tokens, `before` the one of all.
 */
export function rankingState(model) {
  return ended(rankingInTurns(model));
}

/** The same, for `Turns`. */
export function* rankingInTurns(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const matrix = withRowSums(chosenMatrix(weights, model), weights);
  const [measure, damping] = [chosenMeasure(model), model.get("damping")];
  const without = (removed) => rankWithout(matrix, weights.n, removed, measure, damping);
  const removed = model.get("removed");
  const choice = measure.damped ? damping : null;
  const before = yield* remembered(matrix, measure.name, choice, () => without([]));
  const now = removed.length ? yield* without(removed) : before;
  yield;
  return { n: weights.n, removed, measure, now, before };
}

const FOUND = new WeakMap(); // by matrix and name: many removals and controls ask for it again

/** What `find()` computes from a matrix, unless that has been done for the same choice. */
function* remembered(matrix, name, choice, find) {
  if (!FOUND.has(matrix)) FOUND.set(matrix, new Map());
  const all = FOUND.get(matrix);
  if (all.get(name)?.choice !== choice) all.set(name, { choice, found: yield* find() });
  return all.get(name).found;
}

/** Two measures of one computation. */
function* hubsAndAuthorities(matrix, n) {
  return yield* remembered(matrix, hits, null, () => hits(matrix, n));
}

/** Scores and ranks by position: null for removed tokens, and for all if there is no ranking. */
function* rankWithout(matrix, n, removed, measure, damping) {
  const rest = removeTokens(matrix, n, removed);
  const { kept, stranded } = rest;
  const size = kept.length;
  const { scores, problem = {} } = stranded.length
    ? { scores: null, problem: { stranded } }
    : yield* measure.score(rest.matrix, size, damping);
  if (scores) return { ...rest, ...spread(kept, scores, n), problem: null };
  const parts = problem.parts?.map((part) => part.map((k) => kept[k]));
  const nothing = { scores: new Array(n).fill(null), ranks: new Array(n).fill(null) };
  return { ...rest, ...nothing, order: kept, problem: { ...problem, parts } };
}

/** Scores by old position, their ranks, and the order of the ranking; equal scores share a rank. */
function spread(kept, found, n) {
  const [scores, ranks] = [new Array(n).fill(null), new Array(n).fill(null)];
  kept.forEach((position, k) => {
    scores[position] = found[k];
  });
  const rounded = scores.map((score) => (score < NEGLIGIBLE ? 0 : +score.toPrecision(FIGURES)));
  const order = [...kept].sort((i, j) => rounded[j] - rounded[i]); // equal ones by position
  order.forEach((position, k) => {
    const tied = k > 0 && rounded[position] === rounded[order[k - 1]];
    ranks[position] = tied ? ranks[order[k - 1]] : k + 1;
  });
  const shared = new Array(n + 1).fill(0); // how many hold a rank
  for (const position of order) shared[ranks[position]]++;
  return { scores, ranks, order, shared };
}

/** Each token's share of the sum of all scores; 0 for all if nobody scores. */
export function scoreShares({ scores }) {
  const total = sum(scores);
  return scores.map((score) => (total > 0 ? score / total : 0));
}

/** A score as it is written; what rounding leaves of none is none. */
export function scoreText(score) {
  return number(score < NEGLIGIBLE ? 0 : score, 3);
}

/** The rank of a token as it stands in the list: with "=" if it is shared. */
export function rankText({ ranks, shared }, position) {
  return `${ranks[position]}${shared[ranks[position]] > 1 ? "=" : ""}`;
}

/** One token's score and rank, now and before any was removed, in sentences. */
export function describeToken({ now, before, removed, measure }, names, position) {
  const token = names[position];
  const first = say("With all tokens: {standing}.", { standing: standing(before, position) });
  if (removed.includes(position)) return [say("“{token}” is removed.", { token }), first].join(" ");
  const values = { token, measure: measure.name(), standing: standing(now, position) };
  const told = now.problem
    ? say("“{token}”: {standing}.", values)
    : say("“{token}”: {measure} {standing}.", values);
  return removed.length ? `${told} ${first}` : told;
}

function standing({ scores, ranks, shared: holders, kept, problem }, position) {
  if (problem) return say("no ranking");
  const shared = holders[ranks[position]];
  const values = { score: scoreText(scores[position]), rank: ranks[position], all: kept.length };
  return shared > 1
    ? say("{score}, rank {rank} of {all}, shared by {shared}", { ...values, shared })
    : say("{score}, rank {rank} of {all}", values);
}

/** How many are ranked and who is left out; or why there is no ranking, in plain words. */
export function describeRanking({ n, now, removed }, names) {
  const { kept, problem } = now;
  if (problem?.stranded) return describeStranded(problem.stranded, removed, names);
  const told =
    problem === null
      ? say("{count} of {all} tokens ranked.", { count: kept.length, all: n })
      : describeManyAnswers(problem.parts, names);
  const gone = say("Removed: {tokens}.", { tokens: listed(removed, names) });
  return removed.length ? `${told} ${gone}` : told;
}

function describeStranded(stranded, removed, names) {
  const values = { removed: listed(removed, names), tokens: listed(stranded, names) };
  return stranded.length > 1
    ? say(
        "No ranking: without {removed}, {tokens} attend to nothing. A row of zeros cannot be " +
          "divided by its sum; bring a token back.",
        values,
      )
    : say(
        "No ranking: without {removed}, {tokens} attends to nothing. A row of zeros cannot be " +
          "divided by its sum; bring a token back.",
        values,
      );
}

/** Why a measure has more than one answer: parts that a walk never leaves, or equal values. */
function describeManyAnswers(parts, names) {
  if (!parts) {
    return say(
      "No ranking: hubs and authorities have more than one answer, because the largest singular " +
        "value of the weights occurs more than once.",
    );
  }
  const [first, second] = parts.map(([position]) => names[position]);
  return say(
    "No ranking: a walk can stay for ever in {count} parts, for instance at “{first}” or at " +
      "“{second}”. The answer depends on its start.",
    { count: parts.length, first, second },
  );
}

function listed(positions, names) {
  const tokens = positions
    .slice(0, TOLD)
    .map((position) => `“${names[position]}”`)
    .join(", ");
  const count = positions.length - TOLD;
  return count > 0 ? say("{tokens} and {count} more", { tokens, count }) : tokens;
}
