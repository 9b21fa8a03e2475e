// What is lost with heads switched off: a row each to choose from, and the loss token by token.
import { html, svg } from "../shared/drawing.js";
import { range, sum } from "../shared/numbers.js";
import { alongRow, radios } from "../shared/radios.js";
import { number, plain } from "../shared/texts.js";
import { say } from "../shared/words.js";

const SHEET = { width: 360, height: 150, left: 26, right: 6, top: 8, bottom: 24 };

/** The losses in an HTML element, `root`; `choose(row)` is called when a row is chosen. */
export class LossPanel {
  constructor(count, choose) {
    this.rows = range(count).map(drawRow);
    const buttons = this.rows.map(({ button }) => button);
    const label = say("what is switched off");
    const group = html("div", { class: "off-rows", role: "radiogroup", "aria-label": label });
    group.append(...buttons);
    this.mark = radios(group, buttons, {
      next: alongRow(count),
      choose,
      clear: () => choose(0),
    });
    const title = say("switched off → loss on the second copy");
    const list = html("div", {}, html("p", { class: "title" }, title), group);
    this.chart = svg("svg", { class: "losses", role: "img" });
    this.chart.setAttribute("viewBox", `0 0 ${SHEET.width} ${SHEET.height}`);
    const heading = html("p", { class: "title" }, say("loss of each token"), " ", drawKey());
    this.root = html("div", { class: "panels" }, list, html("div", {}, heading, this.chart));
  }

  show({ rows, whole, without }, off) {
    const most = Math.max(...rows.flatMap(({ loss, draws }) => [loss, ...draws]));
    rows.forEach((row, k) => {
      this.rows[k].show(row, most);
    });
    this.mark(off);
    this.drawCurves(whole, without, off ? rows[off].title : null);
  }

  drawCurves(whole, without, title) {
    const { width, height, left, right, top, bottom } = SHEET;
    const most = 5 * Math.ceil(Math.max(...whole, ...without) / 5);
    const x = (t) => left + ((width - left - right) * t) / whole.length;
    const y = (loss) => top + (height - top - bottom) * (1 - loss / most);
    const line = (losses) =>
      `M${losses.map((v, t) => `${x(t + 1).toFixed(1)} ${y(v).toFixed(1)}`).join("L")}`;
    const half = (whole.length + 1) / 2;
    const text = (at, words) => svg("text", { class: "tick", ...at }, words);
    const ticks = [0, most / 2, most].map((value) =>
      text({ class: "tick end", x: left - 5, y: y(value) + 4 }, plain(value)),
    );
    const names = [say("first copy"), say("second copy")].map((words, k) =>
      text({ x: x((0.5 + k) * half), y: height - 6 }, words),
    );
    this.chart.replaceChildren(
      svg("path", {
        class: "paper",
        d: `M${left} ${top}V${y(0)}H${width - right}M${x(half - 0.5)} ${top}V${y(0)}`,
      }),
      ...ticks,
      ...names,
      svg("path", { class: "whole", d: line(whole) }),
      svg("path", { class: "without", d: line(without) }),
    );
    this.chart.setAttribute("aria-label", describeCurves(whole, without, title));
  }
}

function drawRow() {
  const [title, value] = [html("span"), html("span", { class: "value" })];
  const bar = html("i", { "aria-hidden": "true" });
  const button = html("button", { type: "button" }, title, " ", value, bar);
  const show = (row, most) => {
    title.textContent = row.title;
    value.textContent = number(row.loss);
    bar.style.setProperty("--loss", `${(100 * row.loss) / most}%`);
    bar.replaceChildren(
      ...row.draws.map((draw) => html("b", { style: `left: ${(100 * draw) / most}%` })),
    );
    button.dataset.loss = row.loss;
  };
  return { button, show };
}

function drawKey() {
  const entry = (name, words) => {
    const line = svg("path", { class: name, d: "M1 5H21" });
    const picture = svg("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, line);
    return html("span", {}, picture, words);
  };
  const [on, off] = [say("all heads on"), say("switched off")];
  return html("span", { class: "key" }, entry("whole", on), entry("without", off));
}

/** Both curves in sentences: the mean of each on either copy. */
function describeCurves(whole, without, title) {
  const half = (whole.length + 1) / 2 - 1;
  const mean = (losses) => (sum(losses) / losses.length).toFixed(1);
  const halves = (losses) => ({ a: mean(losses.slice(0, half)), b: mean(losses.slice(half)) });
  const told = say(
    "Mean loss with all heads on: {a} on the first copy, {b} on the second.",
    halves(whole),
  );
  if (title === null) return told;
  const lost = say("With {title} switched off: {a} and {b}.", { title, ...halves(without) });
  return `${told} ${lost}`;
}
