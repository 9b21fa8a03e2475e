// What the builder of patterns computes and tells. A pattern is a flat array of n * n zeros and
// ones: entry i * n + j says whether query i may attend to key j. The twin of
// course_lib/patterns.py.
import { numbersOf, range, sum } from "../shared/numbers.js";
import { reachLayers } from "../shared/reach.js";
import { percent } from "../shared/texts.js";
import { say } from "../shared/words.js";

const TOLD = 4; // so many layers are told of one by one

/** The union of window, global, random and block pattern, always with its diagonal. */
export function makePattern({ n, order, radius, dilation, globals, random, block }) {
  const pattern = new Uint8Array(n * n);
  const global = new Set(range(globals).map((g) => Math.floor((g * n) / globals)));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const apart = Math.abs(i - j);
      const near = apart <= radius * dilation && apart % dilation === 0;
      const together = Math.floor(i / block) === Math.floor(j / block);
      pattern[i * n + j] = near || together || global.has(i) || global.has(j) ? 1 : 0;
    }
    for (let k = 0; k <= random; k++) pattern[i * n + order[i * n + k]] = 1; // the first: itself
  }
  return pattern;
}

/** Everything the figure shows but the chosen position: what a test compares with course_lib. */
export function patternState(model) {
  const names = ["n", "radius", "dilation", "block"];
  const [n, radius, dilation, block] = names.map((name) => model.get(name));
  const [globals, random] = ["global_positions", "random_keys"].map((name) => model.get(name));
  const order = numbersOf(model.get("order"), Uint8Array);
  const pattern = makePattern({ n, order, radius, dilation, globals, random, block });
  const layers = reachLayers(pattern, n);
  const edges = sum(pattern);
  const full = layers.every((layer) => layer > 0) ? Math.max(...layers) : null;
  return { n, pattern, layers, edges, full };
}

/** How many of some pairs are reached within so many layers. */
export function reachedWithin(layers, most) {
  return layers.filter((layer) => layer > 0 && layer <= most).length;
}

/** How dense the pattern is, and what is reached in all and within so many layers. */
export function describePattern({ n, layers, edges, full }, most) {
  const density = ((100 * edges) / n ** 2).toFixed(1);
  const share = percent(reachedWithin(layers, most) / n ** 2);
  return [
    say("{edges} of {all} edges ({density} %).", { edges, all: n ** 2, density }),
    describeFull(full),
    most === 1
      ? say("Within 1 layer: {share} of all pairs.", { share })
      : say("Within {most} layers: {share} of all pairs.", { most, share }),
  ].join(" ");
}

function describeFull(full) {
  if (full === null) {
    return say("Some outputs never reach some inputs, however many layers there are.");
  }
  return full === 1
    ? say("Every output reaches every input after 1 layer.")
    : say("Every output reaches every input after {full} layers.", { full });
}

/** What a position attends to, and what it draws on layer by layer. */
export function describePosition({ n, pattern, layers }, position) {
  const row = layers.subarray(position * n, (position + 1) * n);
  const keys = sum(pattern.subarray(position * n, (position + 1) * n));
  const last = Math.max(...row);
  const values = { position, keys };
  const told = [
    keys === 1
      ? say("Position {position} attends to 1 position", values)
      : say("Position {position} attends to {keys} positions", values),
  ];
  const within = range(Math.min(last, TOLD) + 1).slice(2); // layers 2, 3, …
  if (within.length) {
    const each = within.map((layer) =>
      say("within {layer} layers it draws on {count} of {n}", {
        layer,
        count: reachedWithin(row, layer),
        n,
      }),
    );
    told.push(each.join(", "));
  }
  if (last > TOLD) {
    const count = reachedWithin(row, last);
    told.push(say("after {last} layers on {count}", { last, count }));
  }
  return `${told.join("; ")}.`;
}

/** A position as a screen reader names it; `layer` is null where nothing is reached. */
export function describeNode(position, layer) {
  const values = { position, layer };
  if (layer === null) return say("position {position}, not reached", values);
  return layer === 1
    ? say("position {position}, drawn on after 1 layer", values)
    : say("position {position}, drawn on after {layer} layers", values);
}
