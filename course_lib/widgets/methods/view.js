// Explanations side by side: a row of bars for each method, and the judge's verdict above them.
import { frame, html, readoutOf, svg } from "../shared/drawing.js";
import { change, mount } from "../shared/mount.js";
import { range } from "../shared/numbers.js";
import { radios } from "../shared/radios.js";
import { tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { drawFan } from "./fan.js";
import {
  barHeights,
  correlationText,
  describeMethod,
  describeToken,
  edgeShares,
  methodsState,
} from "./state.js";
import "./style.css";

const LETTER = { width: 7.5, height: 11 }; // pixels, of the tokens' names

class MethodsFigure {
  constructor(model, el) {
    this.model = model;
    this.methods = model.get("names");
    this.readout = readoutOf();
    this.output = html("p", { class: "output" });
    this.fan = svg("svg", { class: "fan", role: "img", preserveAspectRatio: "none" });
    this.tokens = html("div", { class: "tokens", "aria-hidden": "true" });
    this.judge = drawRow("div", say("the judge: hiding the token"));
    this.rows = this.methods.map((name) => drawRow("button", name));
    const label = say("methods, the one that agrees most with the judge first");
    this.group = html("div", { class: "methods", role: "radiogroup", "aria-label": label });
    const above = [this.fan, this.tokens].map((part) =>
      html("div", { class: "method-line" }, html("span"), part, html("span")),
    );
    above[1].lastChild.textContent = say("agrees");
    this.table = html(
      "div",
      { class: "method-lines" },
      this.output,
      ...above,
      this.judge.root,
      this.group,
    );
    const texts = [html("figcaption", {}, caption())];
    const name = say("explanations side by side");
    this.root = frame(el, "methods-view", name, this.readout, this.table, ...texts);
    this.root.classList.add("picked");
    new ResizeObserver(() => this.thin()).observe(this.tokens);
    this.table.addEventListener("pointermove", (event) => this.point(event));
    this.table.addEventListener("pointerdown", (event) => this.point(event));
    this.table.addEventListener("pointerleave", ({ pointerType }) => {
      if (pointerType !== "touch") this.pick(null);
    });
  }

  /** Pick the token whose column the pointer is in. */
  point({ clientX }) {
    const { left, width } = this.tokens.getBoundingClientRect();
    const token = Math.floor(((clientX - left) / width) * this.state.n);
    this.pick(token >= 0 && token < this.state.n ? token : null);
  }

  pick(token) {
    if (token !== this.model.get("token")) change(this.model, { token });
  }

  /** Arrow keys: the next token to the side, the next method above or below. */
  step(k, dx, dy) {
    if (dx) {
      const token = this.model.get("token") ?? (dx > 0 ? -1 : this.state.n);
      this.pick(Math.min(Math.max(token + dx, 0), this.state.n - 1));
    }
    return Math.min(Math.max(k + dy, 0), this.methods.length - 1);
  }

  /** Another text. */
  choose() {
    change(this.model, { token: null });
    this.redraw();
  }

  /** Other numbers: another text, with or without special tokens or signs, ranks or values. */
  redraw() {
    this.state = methodsState(this.model);
    const { n, tokens, output, order, rows } = this.state;
    const names = tokenNames(tokens, 12).map((token) => html("span", {}, token));
    this.tokens.replaceChildren(...names);
    this.root.style.setProperty("--tokens", n);
    this.output.textContent = output || say("the model’s answer");
    const asValues = this.model.get("bars_choice") === 1;
    [this.judge, ...this.rows].forEach((row, k) => {
      row.show(barHeights(rows[k], this.state, asValues), k ? rows[k].correlation : undefined);
    });
    const focused = document.activeElement;
    const sorted = order.map((method) => this.rows[method].root);
    this.group.replaceChildren(...sorted);
    if (sorted.includes(focused)) focused.focus({ preventScroll: true });
    const mark = radios(this.group, sorted, {
      next: (k, dx, dy) => this.step(k, dx, dy),
      choose: (k) => change(this.model, { method: order[k] }),
      clear: () => this.pick(null),
    });
    this.mark = (method) => mark(order.indexOf(method));
    this.thin();
    this.light();
  }

  /** Stand names upright where they have no room side by side, and leave out what overlaps. */
  thin() {
    const names = [...this.tokens.children];
    const room = (this.tokens.clientWidth || Infinity) / names.length;
    const longest = Math.max(...names.map(({ textContent }) => textContent.length));
    const upright = LETTER.width * longest > room;
    const every = upright ? Math.ceil(LETTER.height / room) : 1;
    this.tokens.classList.toggle("upright", upright);
    names.forEach((name, k) => name.classList.toggle("thin", k % every > 0));
  }

  /** Another method or token. */
  light() {
    const { model, methods, state } = this;
    const [method, token] = [model.get("method"), model.get("token")];
    const row = state.rows[method + 1];
    this.mark(method);
    const told = describeMethod(state, methods, method);
    drawFan(this.fan, state.n, edgeShares(row, state), edgeShares(state.rows[0], state), token);
    this.fan.setAttribute("aria-label", told);
    const parts = [this.tokens, this.judge.bars, ...this.rows.map(({ bars }) => bars)];
    for (const { children } of parts) {
      range(state.n).forEach((k) => {
        children[k].classList.toggle("lit", k === token);
        children[k].classList.toggle("out", !state.counted[k]);
      });
    }
    const more = token === null ? "" : describeToken(state, methods, method, token);
    this.readout.textContent = `${told} ${more}`;
    Object.assign(this.root.dataset, { method, token: token ?? "" });
  }
}

/** A row: a name, a bar for each token, and the correlation. */
function drawRow(kind, name) {
  const bars = svg("svg", { class: "bars", preserveAspectRatio: "none", "aria-hidden": "true" });
  const value = html("span", { class: "value" });
  const root = html(
    kind,
    { class: "method-line" },
    html("span", { class: "name" }, name),
    bars,
    " ",
    value,
  );
  if (kind === "button") root.setAttribute("type", "button");
  const show = (heights, correlation) => {
    const least = Math.min(0, ...heights) < 0 ? -1 : 0;
    bars.setAttribute("viewBox", `0 ${-1.04} ${heights.length} ${1.08 - least}`);
    bars.replaceChildren(
      ...heights.map((height, k) =>
        svg("rect", {
          x: k + 0.14,
          width: 0.72,
          y: -Math.max(height, 0) - 0.02,
          height: Math.abs(height) + 0.04,
          class: height < 0 ? "negative" : "",
        }),
      ),
    );
    if (correlation === undefined) return;
    value.textContent = correlationText(correlation);
    root.dataset.correlation = correlation ?? "";
  };
  return { root, bars, show };
}

function caption() {
  return say(
    "A bar a token: the higher, the more the token counts for the model’s answer. The judge is what " +
      "hiding the token did to it. The number is the rank correlation with the judge: 1 for the same " +
      "order, −1 for the opposite, about 0 for chance. Edges lead from the tokens to the answer, " +
      "blue by the chosen method, orange by the judge: the wider, the larger the token’s share.",
  );
}

export default mount(
  (model, el) => new MethodsFigure(model, el),
  {
    redraw: ["skip_special", "signed", "bars_choice"],
    choose: ["text"],
    light: ["method", "token"],
  },
  { clear: { token: null } },
);

// What tests compare with course_lib.
export * from "./state.js";
