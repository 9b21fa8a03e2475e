// One edge of an attention graph, followed down from its weight to the numbers it is made of.
import { frame, html } from "../shared/drawing.js";
import { change, mount } from "../shared/mount.js";
import { sum } from "../shared/numbers.js";
import { alongRow, radios } from "../shared/radios.js";
import { say } from "../shared/words.js";
import { fly, placesOf } from "./flight.js";
import { EdgeGraph } from "./graph.js";
import { mathOf, RowScene, VectorScene } from "./scenes.js";
import { edgeState, headState } from "./state.js";
import { describeStep, formulaOf, is, LAST, stepNames, told } from "./steps.js";
import "./style.css";

// Which part of the graph each step is about.
const PARTS = ["all", "edge", "edge", "edge", "row", "row", "row", "edge", "row"];

class EdgeFigure {
  constructor(model, el) {
    this.model = model;
    this.graph = new EdgeGraph(({ down, ...ends }) => {
      change(model, down ? { ...ends, step: model.get("step") || 1 } : ends);
    });
    this.vectors = new VectorScene((entry) => change(model, { entry }));
    this.row = new RowScene();
    this.scene = html("div", { class: "scene" });
    this.formula = html("p", { class: "formula" });
    this.readout = html("p", { class: "readout", role: "status" });
    const panel = html(
      "div",
      { class: "arithmetic" },
      this.buttons(),
      this.formula,
      this.readout,
      this.scene,
    );
    const panels = html("div", { class: "panels" }, this.graph.root, panel);
    this.root = frame(
      el,
      "edge-view",
      say("one edge in numbers"),
      panels,
      this.ledger(),
      html("figcaption", {}, caption()),
    );
    this.root.classList.add("picked");
  }

  /** The buttons that go one step up or down. */
  buttons() {
    const go = (by) => change(this.model, { step: this.model.get("step") + by });
    const button = (words) => html("button", { type: "button", class: "control" }, words);
    [this.back, this.next] = [button(say("back")), button(say("next step"))];
    this.back.addEventListener("click", () => go(-1));
    this.next.addEventListener("click", () => go(1));
    this.title = html("b", {});
    return html("div", { class: "stepper" }, this.back, this.next, this.title);
  }

  /** All steps with their formulas, to be chosen from; numbers show as far as one has come. */
  ledger() {
    this.lines = stepNames().map((name) => {
      const [formula, button] = [html("span", {}), html("button", { type: "button" })];
      button.append(html("span", {}, name), formula);
      return { button, formula };
    });
    const buttons = this.lines.map(({ button }) => button);
    const group = html("div", { class: "ledger", role: "radiogroup", "aria-label": say("steps") });
    group.append(...buttons);
    const choose = (step) => change(this.model, { step });
    this.markStep = radios(group, buttons, { next: alongRow(buttons.length), choose });
    return group;
  }

  /** Another head: other tokens, other numbers. */
  redraw() {
    this.head = headState(this.model);
    this.graph.write(this.head);
    this.state = null; // where its words stood says nothing of the new ones
    this.show();
  }

  /** Another edge or step; the tokens of the edge fly to where they stand now. */
  show() {
    const before = this.state ? placesOf(this.ends()) : {};
    this.state = edgeState(this.model, this.head);
    const { step } = this.state;
    this.graph.show(this.state, PARTS[step]);
    this.title.textContent = say("step {step} of {last}: {name}", {
      step,
      last: LAST,
      name: stepNames()[step],
    });
    this.back.disabled = step === 0;
    this.next.disabled = step === LAST;
    this.formula.replaceChildren(mathOf(formulaOf(this.state, step)));
    this.readout.textContent = describeStep(this.state);
    this.lines.forEach(({ button, formula }, k) => {
      const parts = k > step ? [] : [mathOf(formulaOf(this.state, k))];
      formula.replaceChildren(...parts);
      button.classList.toggle("later", k > step);
    });
    this.markStep(step);
    this.showScene();
    fly(before, this.ends());
    const { i, j, weight } = this.state;
    Object.assign(this.root.dataset, { step, query: i, key: j, weight });
  }

  showScene() {
    const { step } = this.state;
    const scene = step === 0 ? null : step < 4 || step > 6 ? this.vectors : this.row;
    this.scene.replaceChildren(...(scene ? [scene.root] : []));
    this.onStage = scene;
    if (scene === this.row) this.row.show(this.state, step - 3);
    if (scene === this.vectors) this.point();
  }

  /** Tell another entry of the vectors. */
  point() {
    if (this.onStage !== this.vectors) return;
    this.state.entry = this.model.get("entry");
    const { entry, step } = this.state;
    const [strips, sentence] = step < 4 ? this.dotStrips(step) : this.outputStrips(step);
    this.vectors.show(strips, entry, sentence);
  }

  dotStrips(step) {
    const { head, i, j, q, k, products } = this.state;
    const strips = [
      { name: [["q", i]], kind: "query", word: head.names[i], values: q },
      { name: [["k", j]], kind: "key", word: head.names[j], values: k },
    ];
    if (step === 1) {
      return [strips, (m) => say("Entry {m}: {q} and {k}.", { m, q: told(q[m]), k: told(k[m]) })];
    }
    strips.push({ name: [say("product")], kind: "product", word: "", values: products });
    const sentence = (m) =>
      say("Entry {m}: {q} × {k}{is}. The sum up to here: {sum}.", {
        m,
        q: told(q[m]),
        k: told(k[m]),
        is: is(products[m]),
        sum: told(sum(products.slice(0, m + 1))),
      });
    return [strips, sentence];
  }

  outputStrips(step) {
    const { head, i, j, v, weight, brought, output } = this.state;
    const limit = Math.max(...[...v, ...output].map(Math.abs)) || 1;
    const strips = [
      { name: [["v", j]], kind: "value", word: head.names[j], values: v, limit },
      {
        name: [["A", `${i},${j}`], " ", ["v", j]],
        kind: "brought",
        word: "",
        values: brought,
        limit,
      },
    ];
    const values = (m) => ({
      m,
      weight: told(weight),
      v: told(v[m]),
      is: is(brought[m]),
      output: told(output[m]),
    });
    if (step === 7) {
      return [strips, (m) => say("Entry {m}: {weight} × {v}{is}.", values(m))];
    }
    strips.push({ name: [["o", i]], kind: "output", word: head.names[i], values: output, limit });
    const sentence = (m) =>
      say("Entry {m}: {weight} × {v}{is}, of {output} from all keys.", values(m));
    return [strips, sentence];
  }

  /** The elements that stand for the ends of the edge at this step. */
  ends() {
    const { step, j } = this.state;
    const inGraph = this.graph.ends(this.state);
    if (step === 0) return inGraph;
    if (this.onStage === this.row) return { query: inGraph.query, key: this.row.words[j] };
    const word = (kind) => this.vectors.word(kind);
    return step < 4
      ? { query: word("query"), key: word("key") }
      : { query: word("output") ?? inGraph.query, key: word("value") };
  }
}

function caption() {
  return say(
    "A line from a query to a key says that the query attends to the key, the wider the more; " +
      "weights below 0.01 have none. Beside the keys stand the weights of the chosen query. Click " +
      "a line to follow it down, or choose its ends and a step, also by Tab and the arrow keys. " +
      "Point at the bars, or move the slider below them, to read their numbers. Every number is " +
      "computed from the vectors as they were recorded.",
  );
}

/** What the figure shows, for whoever saves it: the edge, and no other row. */
function numbers(model) {
  const { head, ...told } = edgeState(model);
  return { ...told, tokens: head.tokens };
}

export default mount(
  (model, el) => new EdgeFigure(model, el),
  { redraw: ["head"], show: ["query", "key", "step"], point: ["entry"] },
  { numbers },
);

// What tests compare with NumPy.
export * from "./state.js";
