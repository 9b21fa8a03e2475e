// What the ranking figure shows, as plain numbers and sentences.
import { betweenness, closeness, hits, inStrength, pagerank } from "./centrality.js";
import { removeTokens, stationaryDistribution } from "./centrality.js";
import { decodeWeights, headMatrix } from "../shared/numbers.js";

const NEGLIGIBLE = 1e-12; // what rounding leaves of a score of 0
const FIGURES = 9; // scores that agree in so many figures share a rank
const TOLD = 4; // so many tokens are named in a sentence
const LENGTH = "an arrow is −ln w long";

// In the order of the names in ranking.py. `score` gives scores, or null and the reason.
const MEASURES = [
  {
    name: "In-strength",
    meaning: "how much attention a token receives, the sum of its column.",
    score: (matrix, n) => ({ scores: inStrength(matrix, n) }),
  },
  {
    name: "PageRank",
    meaning: "how often a walk is at a token, if now and then it jumps to any token.",
    score: (matrix, n, damping) => ({ scores: pagerank(matrix, n, damping) }),
  },
  {
    name: "TokenRank",
    meaning: "how often a walk along the arrows is at a token in the long run.",
    score: (matrix, n) => {
      const { parts, scores } = stationaryDistribution(matrix, n);
      return { scores, problem: { parts } };
    },
  },
  {
    name: "Authority",
    meaning: "how much attention a token gets from good hubs.",
    score: (matrix, n) => ({ scores: hits(matrix, n)?.authorities ?? null }),
  },
  {
    name: "Hub",
    meaning: "how much attention a token gives to good authorities.",
    score: (matrix, n) => ({ scores: hits(matrix, n)?.hubs ?? null }),
    outgoing: true,
  },
  {
    name: "Betweenness",
    meaning: `the share of pairs of others whose shortest way leads through the token; ${LENGTH}.`,
    score: (matrix, n) => ({ scores: betweenness(matrix, n) }),
  },
  {
    name: "Closeness",
    meaning: `how near a token is to those that can reach it; ${LENGTH}.`,
    score: (matrix, n) => ({ scores: closeness(matrix, n) }),
  },
];

/**
 * Everything the figure shows, as plain numbers: what a test compares with course_lib. `now` is
 * the ranking without the removed tokens, `before` the one of all.
 */
export function rankingState(model) {
  const weights = decodeWeights(model.get("weights"), model.get("shape"));
  const choice = model.get("head_choice"); // 0 is the mean, k + 1 is head k
  const matrix = headMatrix(weights, model.get("layer"), choice === 0 ? null : choice - 1);
  const measure = MEASURES[model.get("measure_choice")];
  const without = (removed) => rankWithout(matrix, weights.n, removed, measure, model);
  const removed = model.get("removed");
  const now = without(removed);
  const before = removed.length ? without([]) : now;
  return { n: weights.n, removed, measure, now, before };
}

/** Scores and ranks by position: null for removed tokens, and for all if there is no ranking. */
function rankWithout(matrix, n, removed, measure, model) {
  const rest = removeTokens(matrix, n, removed);
  const { kept, stranded } = rest;
  const size = kept.length;
  const { scores, problem = {} } = stranded.length
    ? { scores: null, problem: { stranded } }
    : measure.score(rest.matrix, size, model.get("damping"));
  if (scores) return { ...rest, ...spread(kept, scores, n), problem: null };
  const parts = problem.parts?.map((part) => part.map((k) => kept[k]));
  const nothing = { scores: new Array(n).fill(null), ranks: new Array(n).fill(null) };
  return { ...rest, ...nothing, order: kept, problem: { ...problem, parts } };
}

/** Scores by old position, their ranks, and the order of the ranking; equal scores share a rank. */
function spread(kept, found, n) {
  const [scores, ranks] = [new Array(n).fill(null), new Array(n).fill(null)];
  kept.forEach((position, k) => (scores[position] = found[k]));
  const rounded = scores.map((score) => (score < NEGLIGIBLE ? 0 : +score.toPrecision(FIGURES)));
  const order = [...kept].sort((i, j) => rounded[j] - rounded[i]); // equal ones by position
  order.forEach((position, k) => {
    const tied = k > 0 && rounded[position] === rounded[order[k - 1]];
    ranks[position] = tied ? ranks[order[k - 1]] : k + 1;
  });
  return { scores, ranks, order };
}

/** Each token's share of the sum of all scores; 0 for all if nobody scores. */
export function scoreShares({ scores }) {
  const sum = scores.reduce((total, score) => total + score, 0);
  return scores.map((score) => (sum > 0 ? score / sum : 0));
}

/** A score in three decimals, or in fewer figures where these say too little or too much. */
export function scoreText(score) {
  if (score < NEGLIGIBLE) return "0";
  if (score >= 1000) return score.toPrecision(3);
  return score >= 0.001 ? score.toFixed(3) : score.toPrecision(1);
}

/** The rank of a token as it stands in the list: with "=" if it is shared. */
export function rankText({ ranks }, position) {
  return `${ranks[position]}${sharing(ranks, position) > 1 ? "=" : ""}`;
}

function sharing(ranks, position) {
  return ranks.filter((rank) => rank === ranks[position]).length;
}

/** One token's score and rank, now and before any was removed, in sentences. */
export function describeToken({ now, before, removed, measure }, names, position) {
  const name = `“${names[position]}”`;
  const first = `With all tokens: ${standing(before, position)}.`;
  if (removed.includes(position)) return `${name} is removed. ${first}`;
  const score = now.problem ? "" : `${measure.name} `;
  return `${name}: ${score}${standing(now, position)}.${removed.length ? ` ${first}` : ""}`;
}

function standing({ scores, ranks, kept, problem }, position) {
  if (problem) return "no ranking";
  const shared = sharing(ranks, position);
  const others = shared > 1 ? `, shared by ${shared}` : "";
  return `${scoreText(scores[position])}, rank ${ranks[position]} of ${kept.length}${others}`;
}

/** How many are ranked and who is left out; or why there is no ranking, in plain words. */
export function describeRanking({ n, now, removed }, names) {
  const { kept, problem } = now;
  const gone = removed.length ? ` Removed: ${listed(removed, names)}.` : "";
  if (problem === null) return `${kept.length} of ${n} tokens ranked.${gone}`;
  if (problem.stranded) {
    const [who, verb] = [listed(problem.stranded, names), problem.stranded.length > 1 ? "" : "s"];
    const why = "A row of zeros cannot be divided by its sum; bring a token back.";
    return `No ranking: without ${listed(removed, names)}, ${who} attend${verb} to nothing. ${why}`;
  }
  if (problem.parts) {
    const [first, second] = problem.parts.map(([position]) => `“${names[position]}”`);
    const where = `in ${problem.parts.length} parts, for instance at ${first} or at ${second}`;
    return `No ranking: a walk can stay for ever ${where}. The answer depends on its start.${gone}`;
  }
  return (
    "No ranking: hubs and authorities have more than one answer, because the largest singular " +
    `value of the weights occurs more than once.${gone}`
  );
}

function listed(positions, names) {
  const told = positions.slice(0, TOLD).map((position) => `“${names[position]}”`);
  const more = positions.length - told.length;
  return `${told.join(", ")}${more ? ` and ${more} more` : ""}`;
}
