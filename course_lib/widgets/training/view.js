// The loss of a training, as it goes.
import { frame, html, setAll, svg } from "../shared/drawing.js";
import { mount } from "../shared/mount.js";
import { plain } from "../shared/texts.js";
import { say } from "../shared/words.js";
import { ACROSS, BOX, curveState, DOWN, HEIGHT, WIDTH } from "./state.js";
import "./style.css";

class LossFigure {
  constructor(model, el) {
    this.model = model;
    this.line = svg("path", { class: "loss" });
    this.ticks = svg("g");
    this.picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" });
    const axes = `M${BOX.left} ${BOX.top}V${BOX.top + DOWN}H${WIDTH - BOX.right}`;
    const middle = `translate(13 ${BOX.top + DOWN / 2}) rotate(-90)`;
    this.picture.append(
      svg("path", { class: "paper", d: axes }),
      this.ticks,
      this.line,
      svg("text", { class: "axis", x: BOX.left + ACROSS / 2, y: HEIGHT - 4 }, say("step")),
      svg("text", { class: "axis", transform: middle }, say("loss")),
    );
    this.status = html("p", { class: "status" });
    frame(el, "loss-curve", say("loss curve"), this.picture, this.status);
  }

  redraw() {
    const traits = ["losses", "stride", "total", "state"];
    const [losses, stride, total, state] = traits.map((name) => this.model.get(name));
    const { top, points, sentence } = curveState({ losses, stride, total, state });
    const path = points.map((at) => at.join(" ")).join("L");
    this.line.setAttribute("d", path && `M${path}`);
    this.ticks.replaceChildren(...tickLabels(top, total));
    setAll(this.picture, { "aria-label": say("Curve of the loss. {sentence}", { sentence }) });
    // A screen reader is told the end, not every tenth of a second before it.
    this.status.setAttribute("aria-live", state === "Learning" ? "off" : "polite");
    this.status.textContent = sentence;
  }
}

function tickLabels(top, total) {
  const side = [0, 0.5, 1].map((share) => {
    const y = BOX.top + DOWN * (1 - share);
    return svg("text", { class: "tick end", x: BOX.left - 6, y, dy: "0.35em" }, plain(share * top));
  });
  const below = [0, total].map((step) => {
    const x = BOX.left + (ACROSS * step) / total;
    const place = { class: step ? "tick end" : "tick", x, y: BOX.top + DOWN + 16 };
    return svg("text", place, `${step}`);
  });
  return [...side, ...below];
}

export default mount((model, el) => new LossFigure(model, el), {
  redraw: ["losses", "state"],
});

// What tests compare with NumPy.
export * from "./state.js";
