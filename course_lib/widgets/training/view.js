// The loss of a training, as it goes.
import { frame, html, setAll, svg, watch } from "../shared/drawing.js";
import "./style.css";

const [WIDTH, HEIGHT] = [400, 210];
const BOX = { left: 52, right: 12, top: 12, bottom: 44 };
const ACROSS = WIDTH - BOX.left - BOX.right;
const DOWN = HEIGHT - BOX.top - BOX.bottom;

/** The places of the curve's points in the picture, its end on the axis, and a sentence. */
export function curveState({ losses, stride, total, state }) {
  const top = niceTop(Math.max(...losses, 0));
  const done = (k) => Math.min((k + 1) * stride, total);
  const points = losses.map((loss, k) => [
    BOX.left + (ACROSS * (done(k) - stride / 2)) / total,
    BOX.top + DOWN * (1 - loss / top),
  ]);
  return { top, points, sentence: tell(losses, state) };
}

function tell(losses, state) {
  if (!losses.length) return `${state || "Waiting"}.`;
  const [first, last] = [losses[0], losses.at(-1)].map((loss) => loss.toPrecision(2));
  const fall = losses.length > 1 ? `from ${first} to ${last}` : `is ${first}`;
  return `${state}. Loss ${fall}.`;
}

/** The least of 1, 2 or 5 times a power of ten that is not below a value. */
function niceTop(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((factor) => factor * power).find((top) => top >= value * 0.999);
}

function render({ model, el }) {
  const line = svg("path", { class: "loss" });
  const ticks = svg("g");
  const axes = `M${BOX.left} ${BOX.top}V${BOX.top + DOWN}H${WIDTH - BOX.right}`;
  const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
  const middle = `translate(13 ${BOX.top + DOWN / 2}) rotate(-90)`;
  picture.append(
    svg("path", { class: "paper", d: axes }),
    ticks,
    line,
    svg("text", { class: "axis", x: BOX.left + ACROSS / 2, y: HEIGHT - 4 }, "step"),
    svg("text", { class: "axis", transform: middle }, "loss"),
  );
  const status = html("p", { class: "status" });
  frame(el, "loss-curve", picture, status);

  function draw() {
    const traits = ["losses", "stride", "total", "state"].map((name) => [name, model.get(name)]);
    const { top, points, sentence } = curveState(Object.fromEntries(traits));
    line.setAttribute("d", points.length ? `M${points.map(([x, y]) => `${x} ${y}`).join("L")}` : "");
    ticks.replaceChildren(...tickLabels(top, model.get("total")));
    setAll(picture, { "aria-label": `Curve of the loss. ${sentence}` });
    // A screen reader is told the end, not every tenth of a second before it.
    status.setAttribute("aria-live", model.get("state") === "Learning" ? "off" : "polite");
    status.textContent = sentence;
  }
  draw();
  return watch(model, ["losses", "state"], draw);
}

function tickLabels(top, total) {
  const side = [0, 0.5, 1].map((share) => {
    const y = BOX.top + DOWN * (1 - share);
    return svg("text", { class: "tick end", x: BOX.left - 6, y, dy: "0.35em" }, `${share * top}`);
  });
  const below = [0, total].map((step) => {
    const x = BOX.left + (ACROSS * step) / total;
    const place = { class: step ? "tick end" : "tick", x, y: BOX.top + DOWN + 16 };
    return svg("text", place, `${step}`);
  });
  return [...side, ...below];
}

export default { render };
