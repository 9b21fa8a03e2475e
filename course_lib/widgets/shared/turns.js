// Long computations that do not hold up the page. They are generators, which yield between steps of
// at most some milliseconds and return what they found.

import { MANY } from "./strongest.js";

const TURN = 6; // milliseconds; the rest of a frame of 16 is for drawing

/** Go through all steps of a computation at once, and return what it found. */
export function ended(steps) {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/** For how many milliseconds a figure of n positions may hold up the page at first: few are quick. */
export function firstTurn(n) {
  return n > MANY ? TURN : Infinity;
}

/**
 * A computation at a time, in turns with whatever else the page does: a new one takes the place of
 * one that has not ended. `busy(isBusy)` is told whether there is more to do than one turn.
 */
export class Turns {
  constructor(busy) {
    Object.assign(this, { busy, later: null });
  }

  /** Run `steps`; `show` gets what they find. Up to `atOnce` milliseconds before the page goes on. */
  run(steps, show, atOnce = TURN) {
    clearTimeout(this.later);
    const end = performance.now() + atOnce;
    for (;;) {
      const { done, value } = steps.next();
      if (done) {
        this.busy(false);
        show(value);
        return;
      }
      if (performance.now() > end) break;
    }
    this.busy(true);
    this.later = setTimeout(() => this.run(steps, show));
  }
}
