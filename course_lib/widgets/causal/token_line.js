// A text as a line of tokens that wraps, with arcs over it from one token to those it attends to.
import { html, svg } from "../shared/drawing.js";
import { alongRow, radios } from "../shared/radios.js";
import { tokenNames } from "../shared/texts.js";
import { say } from "../shared/words.js";

/** The text in an HTML element, `root`; `choose(position)` is called when a token is chosen. */
export class TokenLine {
  constructor(choose) {
    this.choose = choose;
    this.arcs = svg("svg", { class: "arcs", role: "img" });
    this.group = html("div", { class: "tokens", role: "radiogroup" });
    this.group.setAttribute("aria-label", say("the position that is looked from"));
    this.root = html("div", { class: "text-line" }, this.arcs, this.group);
    new ResizeObserver(() => this.drawArcs()).observe(this.root);
  }

  /** Write another text. */
  write({ tokens, names }) {
    this.tokens = tokenNames(tokens).map((token, k) => {
      const share = html("small", { "aria-hidden": "true" });
      const word = html("span", {}, token);
      const button = html("button", { type: "button", "data-position": k }, word, share);
      return { button, share, name: names[k] };
    });
    const buttons = this.tokens.map(({ button }) => button);
    this.group.replaceChildren(...buttons);
    const { choose } = this;
    this.mark = radios(this.group, buttons, { next: alongRow(buttons.length), choose });
  }

  /** Show the edges of a position; `told` says them in words. */
  show(state, told) {
    const { position, weights, copies, after } = state;
    this.state = state;
    this.mark(position);
    this.tokens.forEach(({ button, share, name }, j) => {
      const weight = weights[j] ?? 0;
      const roles = [copies.includes(j) && "copy", after.includes(j) && "after"];
      button.className = [j > position ? "later" : "", ...roles].filter(Boolean).join(" ");
      button.style.setProperty("--weight", `${weight}%`);
      share.textContent = weight > 0 ? `${weight}\u00a0%` : "\u00a0";
      button.setAttribute("aria-label", describeToken(name, j, weight, roles));
    });
    this.arcs.setAttribute("aria-label", told);
    this.drawArcs();
  }

  drawArcs() {
    if (!this.state) return;
    const { position, weights } = this.state;
    const [width, height] = [this.root.clientWidth, this.root.clientHeight];
    this.arcs.setAttribute("viewBox", `0 0 ${width} ${height}`);
    const places = this.tokens.map(({ button }) => ({
      x: button.offsetLeft + button.offsetWidth / 2,
      top: button.offsetTop,
      bottom: button.offsetTop + button.offsetHeight,
    }));
    const drawn = weights.flatMap((weight, j) => (weight > 0 ? [[weight, j]] : []));
    this.arcs.replaceChildren(
      ...drawn.map(([weight, j]) =>
        svg("path", {
          class: "edge",
          "data-key": j,
          d: arc(places[position], places[j]),
          "stroke-width": (0.8 + weight / 36).toFixed(2),
          "stroke-opacity": (0.35 + weight / 160).toFixed(2),
        }),
      ),
    );
  }
}

/**
 * From the top of one token over to another in its line, or up to one in a line above, with an
 * arrow head; onto itself a small loop.
 */
function arc(from, to) {
  if (from.top > to.top) {
    const [bend, tip] = [(from.top - to.bottom) / 2, to.bottom + 1];
    const control = `${from.x} ${from.top - bend} ${to.x} ${tip + bend}`;
    return `M${from.x} ${from.top}C${control} ${to.x} ${tip}${arrowHead(to.x, tip, 1)}`;
  }
  const aside = from.x === to.x ? 6 : 0;
  const [start, end, tip] = [from.x + aside, to.x - aside, to.top - 1];
  const rise = tip - Math.min(22, 10 + Math.abs(start - end) / 20);
  return `M${start} ${tip}C${start} ${rise} ${end} ${rise} ${end} ${tip}${arrowHead(end, tip, -1)}`;
}

function arrowHead(x, y, side) {
  return `M${x - 3.5} ${y + 5 * side}L${x} ${y}L${x + 3.5} ${y + 5 * side}`;
}

function describeToken(token, position, weight, [copy, after]) {
  const told = [
    weight > 0
      ? say("{token}, position {position}, {weight} %", { token, position, weight })
      : say("{token}, position {position}", { token, position }),
  ];
  if (copy) told.push(say("an earlier copy"));
  if (after) told.push(say("after an earlier copy"));
  return told.join(", ");
}
