// All heads of a model as cells, a column a layer, coloured by a score.
import { html } from "../shared/drawing.js";
import { range } from "../shared/numbers.js";
import { radios } from "../shared/radios.js";
import { say } from "../shared/words.js";
import { describeHead } from "./state.js";

/** The cells in an HTML element, `root`; `choose(layer, head)` is called when one is chosen. */
export class HeadGrid {
  constructor([layers, heads], choose) {
    this.heads = heads;
    this.cells = range(layers * heads).map(() => html("button", { type: "button" }));
    const columns = range(layers).map((layer) =>
      html(
        "div",
        { role: "presentation", class: "layer" },
        html("span", { "aria-hidden": "true" }, String(layer)),
        ...this.cells.slice(layer * heads, (layer + 1) * heads),
      ),
    );
    const label = say("heads: layers across, heads down");
    const group = html("div", { class: "cells", role: "radiogroup", "aria-label": label });
    group.append(...columns);
    group.style.setProperty("--layers", layers);
    for (const part of [2, 3]) group.style.setProperty(`--part-${part}`, Math.ceil(layers / part));
    this.root = html("div", { class: "head-grid" }, group);
    this.markChosen = radios(group, this.cells, {
      next: (k, dx, dy) => this.step(k, dx, dy, layers),
      choose: (k) => choose(Math.floor(k / heads), k % heads),
    });
  }

  step(k, dx, dy, layers) {
    const [layer, head] = [Math.floor(k / this.heads) + dx, (k % this.heads) + dy];
    const inside = layer >= 0 && layer < layers && head >= 0 && head < this.heads;
    return inside ? layer * this.heads + head : k;
  }

  colour(scores) {
    scores.forEach((score, k) => {
      const cell = this.cells[k];
      cell.style.setProperty("--score", `${(100 * score).toFixed(1)}%`);
      cell.dataset.score = score.toFixed(4);
      const told = describeHead(Math.floor(k / this.heads), k % this.heads, score);
      cell.setAttribute("aria-label", told);
      cell.setAttribute("title", told);
    });
  }

  /** Mark the chosen head, and those of a set that is switched off. */
  mark(layer, head, off) {
    this.markChosen(layer * this.heads + head);
    this.cells.forEach((cell, k) => cell.classList.toggle("off", off.includes(k)));
  }
}
