// What a step shows: vectors as bars, or the row of the edge as a table.
import { html } from "../shared/drawing.js";
import { range, sum } from "../shared/numbers.js";
import { barsAroundZero } from "../shared/scales.js";
import { shortTokens } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { told } from "./steps.js";

/** A letter with its index, and perhaps an exponent: what `formulaOf` has as parts. */
export function mathOf(parts) {
  const nodes = parts.map((part) => {
    if (typeof part === "string") return part;
    const [letter, index, ...raised] = part;
    const node = html("span", {}, html("i", {}, letter));
    if (index !== "") node.append(html("sub", {}, `${index}`));
    if (raised.length) node.append(html("sup", {}, mathOf(raised)));
    return node;
  });
  return html("span", { class: "term" }, ...nodes);
}

/** Vectors one above the other; `point(m)` is called when an entry is pointed at. */
export class VectorScene {
  constructor(point) {
    this.strips = html("div", { class: "strips" });
    this.slider = html("input", { type: "range", min: 0, step: 1 });
    this.slider.setAttribute("aria-label", say("entry"));
    this.slider.addEventListener("input", () => point(+this.slider.value));
    this.strips.addEventListener("pointermove", (event) => this.pointed(event, point));
    this.strips.addEventListener("pointerdown", (event) => this.pointed(event, point));
    this.line = html("p", { class: "entry", role: "status" });
    this.table = html("table");
    this.details = html("details", {}, html("summary", {}, say("all numbers")), this.table);
    this.details.addEventListener("toggle", () => this.fill());
    this.root = html(
      "div",
      { class: "vectors" },
      this.strips,
      this.slider,
      this.line,
      this.details,
    );
  }

  pointed({ target, clientX }, point) {
    const bars = target.closest(".bars");
    if (!bars) return;
    const { left, width } = bars.getBoundingClientRect();
    const m = Math.floor((this.count * (clientX - left)) / width);
    if (m >= 0 && m < this.count) point(m);
  }

  /**
   * Show strips { name, kind, word, values, limit }; `name` is a formula, and `sentence(m)` tells an
   * entry. Strips that stand there already keep their bars.
   */
  show(strips, entry, sentence) {
    const key = JSON.stringify(strips.map(({ kind, values }) => [kind, values]));
    this.data = strips;
    this.count = strips[0].values.length;
    this.slider.max = this.count - 1;
    if (key !== this.key) {
      this.key = key;
      this.drawn = strips.map((strip) => drawStrip(strip));
      this.strips.replaceChildren(...this.drawn.map(({ root }) => root));
      this.fill();
    }
    const m = Math.min(entry, this.count - 1);
    this.slider.value = m;
    for (const { bars, number, values } of this.drawn) {
      bars.forEach((bar, k) => bar.classList.toggle("on", k === m));
      number.textContent = told(values[m]);
    }
    this.line.textContent = sentence(m);
  }

  /** Write all numbers, if they are looked at. */
  fill() {
    if (!this.details.open) return;
    const cells = (tag, texts) => html("tr", {}, ...texts.map((text) => html(tag, {}, text)));
    const head = cells("th", [say("entry"), ...this.data.map(({ name }) => mathOf(name))]);
    const rows = range(this.count).map((m) =>
      cells("td", [`${m}`, ...this.data.map(({ values }) => told(values[m]))]),
    );
    this.table.replaceChildren(head, ...rows);
  }

  word(kind) {
    return this.drawn?.find((strip) => strip.kind === kind)?.word ?? null;
  }
}

function drawStrip({ name, kind, word, values, limit }) {
  const most = limit ?? (Math.max(...values.map(Math.abs)) || 1);
  const bars = values.map((value, m) => {
    const bar = html("i", { class: value < 0 ? "below" : "" });
    bar.style.setProperty("--size", `${(50 * Math.abs(value)) / most}%`);
    bar.style.setProperty("--m", m);
    return bar;
  });
  const [label, number] = [html("span", { class: "word" }, word), html("b", {})];
  const heading = html("div", { class: "name" }, mathOf(name), " ", label, number);
  const drawn = html("div", { class: "bars", "aria-hidden": "true" }, ...bars);
  return {
    root: html("div", { class: `strip of-${kind}` }, heading, drawn),
    bars,
    number,
    values,
    kind,
    word: label,
  };
}

/** The row of the edge as a table; a column is added from step to step. */
export class RowScene {
  constructor() {
    this.table = html("table");
    this.root = html("div", { class: "row-scene" }, this.table);
  }

  show({ head, i, j, logits, masked, exponentials, total, weights }, columns) {
    const z = ["z", `${i},·`];
    const all = [
      { name: [z], values: logits.map((logit, k) => (head.allowed[i][k] ? logit : masked[k])) },
      { name: ["e", ["", "", z, " − ", ["z", say("max")]]], values: exponentials, total },
      { name: [["A", `${i},·`]], values: weights, total: sum(weights) },
    ].slice(0, columns);
    const last = all.at(-1);
    const { zero, bars } = barsAroundZero(last.values);
    this.table.style.setProperty("--zero", zero);
    this.table.classList.toggle("signed", zero > 0);
    const short = shortTokens(head.tokens);
    const heading = html(
      "tr",
      {},
      html("th", {}, say("key")),
      ...all.map(({ name }) => html("th", {}, mathOf(name))),
      html("td"),
    );
    this.words = [];
    const rows = range(head.n).map((k) => {
      const bar = html("i", { class: last.values[k] < 0 ? "below" : "" });
      bar.style.setProperty("--from", `${100 * bars[k].from}%`);
      bar.style.setProperty("--size", `${100 * bars[k].size}%`);
      this.words[k] = html("span", { class: "word" }, short[k]);
      const cells = all.map(({ values }) => html("td", {}, told(values[k])));
      const row = html(
        "tr",
        {},
        html("th", { scope: "row" }, this.words[k]),
        ...cells,
        html("td", { class: "bar" }, bar),
      );
      row.className = [k === j && "chosen", !head.allowed[i][k] && "masked"]
        .filter(Boolean)
        .join(" ");
      return row;
    });
    const sums = all.map((column) => html("td", {}, column.total ? told(column.total) : ""));
    const foot = html(
      "tr",
      { class: "sum" },
      html("th", { scope: "row" }, say("sum")),
      ...sums,
      html("td"),
    );
    this.table.replaceChildren(heading, ...rows, ...(columns > 1 ? [foot] : []));
  }
}
