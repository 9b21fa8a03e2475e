// What the graph of heads shows, as plain numbers and sentences.
import { isAbove, numbersOf, range, sum } from "../shared/numbers.js";
import { number, plain } from "../shared/texts.js";
import { say } from "../shared/words.js";

const EDGE = 8; // bytes: writer and reader in two each, strength in four
const MOST_TOLD = 3; // edges in a sentence

/** Everything the figure shows, as plain numbers: what a test compares with NumPy. */
export function circuitState(model) {
  const edges = edgesOf(model);
  return { edges, scores: headScores(model), ...around(edges, model.get("chosen")) };
}

/** The edges of the chosen kind above the threshold, the strongest first. */
export function edgesOf(model) {
  const [counts, kind] = [model.get("counts"), model.get("kind")];
  const start = EDGE * sum(counts.slice(0, kind));
  const bytes = numbersOf(model.get("edges"), Uint8Array, start, EDGE * counts[kind]);
  const heads = new Uint16Array(bytes.buffer);
  const strengths = new Float32Array(bytes.buffer);
  const edges = range(counts[kind]).map((e) => ({
    writer: heads[4 * e],
    reader: heads[4 * e + 1],
    strength: strengths[2 * e + 1],
  }));
  return edges.filter(({ strength }) => isAbove(strength, model.get("threshold")));
}

/** The chosen score of each head, or null if none was given. */
export function headScores(model) {
  if (model.get("score_names").length === 0) return null;
  const count = model.get("shape")[0] * model.get("shape")[1];
  const first = model.get("score_choice") * count;
  return Array.from(numbersOf(model.get("scores"), Float32Array, first, count));
}

/** The edges into a head and out of it; none if no head is chosen. */
export function around(edges, chosen) {
  return {
    into: edges.filter(({ reader }) => reader === chosen),
    out: edges.filter(({ writer }) => writer === chosen),
  };
}

/** A head as it is written: its layer and its number in it. */
export function headName(k, heads) {
  return `${Math.floor(k / heads)}.${k % heads}`;
}

/** A head as a screen reader names it. */
export function describeNode(k, heads, score) {
  const values = { layer: Math.floor(k / heads), head: k % heads };
  if (score === null) return say("layer {layer}, head {head}", values);
  return say("layer {layer}, head {head}: {score}", { ...values, score: number(score) });
}

/** The graph, or what is around the chosen head, in a sentence. */
export function describeGraph({ edges, into, out }, chosen, heads, threshold) {
  const told = (some, text) =>
    some
      .slice(0, MOST_TOLD)
      .map((edge) => `${text(edge)} (${number(edge.strength, 3)})`)
      .join(", ");
  const name = (k) => say("head {head}", { head: headName(k, heads) });
  if (chosen === null) {
    const values = { count: edges.length, threshold: plain(threshold) };
    if (edges.length === 0) return say("No edge is above {threshold}.", values);
    const pair = ({ writer, reader }) => `${name(writer)} → ${headName(reader, heads)}`;
    const strongest = told(edges, pair);
    return say("Edges above {threshold}: {count}. The strongest: {strongest}.", {
      ...values,
      strongest,
    });
  }
  const head = name(chosen);
  return [
    into.length
      ? say("Edges into {head}: {count}. The strongest from {strongest}.", {
          head,
          count: into.length,
          strongest: told(into, ({ writer }) => name(writer)),
        })
      : say("No edge leads to {head}.", { head }),
    out.length
      ? say("Edges out of it: {count}. The strongest to {strongest}.", {
          count: out.length,
          strongest: told(out, ({ reader }) => name(reader)),
        })
      : say("None leads on from it."),
  ].join(" ");
}
