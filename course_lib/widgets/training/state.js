// The curve of a training: where its points lie, and what is told of it.
import { number } from "../shared/texts.js";
import { say } from "../shared/words.js";

export const [WIDTH, HEIGHT] = [400, 210];
export const BOX = { left: 52, right: 12, top: 12, bottom: 44 };
export const ACROSS = WIDTH - BOX.left - BOX.right;
export const DOWN = HEIGHT - BOX.top - BOX.bottom;

// By the names that Python gives them.
const STATES = {
  "": () => say("Waiting"),
  Learning: () => say("Learning"),
  Done: () => say("Done"),
  Stopped: () => say("Stopped"),
  Interrupted: () => say("Interrupted"),
  Failed: () => say("Failed"),
};

/** The places of the curve's points in the picture, its end on the axis, and a sentence. */
export function curveState({ losses, stride, total, state }) {
  const top = niceTop(Math.max(...losses, 0));
  const done = (k) => Math.min((k + 1) * stride, total);
  const points = losses.map((loss, k) => [
    BOX.left + (ACROSS * (done(k) - stride / 2)) / total,
    BOX.top + DOWN * (1 - loss / top),
  ]);
  return { top, points, sentence: describeCurve(losses, STATES[state]()) };
}

function describeCurve(losses, state) {
  if (!losses.length) return `${state}.`;
  const [first, last] = [losses[0], losses.at(-1)].map((loss) => number(loss));
  return losses.length > 1
    ? say("{state}. Loss from {first} to {last}.", { state, first, last })
    : say("{state}. Loss is {first}.", { state, first });
}

/** The least of 1, 2 or 5 times a power of ten that is not below a value. */
export function niceTop(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= value * 0.999);
}
