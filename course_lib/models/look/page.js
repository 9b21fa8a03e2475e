// The figures of the page: their models, their controls, and what links them.
import { makeModel } from "../../widgets/shared/stand_in.js";

// What is chosen in one figure is chosen in the others of the same graph.
const LINKED = ["layer", "head_choice", "output"];

const data = JSON.parse(document.getElementById("page-data").textContent);
const buffers = new Map();
const models = [];
globalThis.ready = Promise.all(data.figures.map(show));

async function show(figure) {
  const state = {};
  for (const [name, value] of Object.entries(figure.state)) {
    state[name] = value?.buffer ? await bytesOf(value.buffer) : value;
  }
  const model = makeModel(state);
  models.push({ ...figure, model });
  const article = document.getElementById(figure.key);
  const box = article.querySelector(".course-figure-box");
  box.before(controlsOf(figure, model));
  const source = new Blob([data.modules[figure.module]], { type: "text/javascript" });
  const view = await import(URL.createObjectURL(source));
  view.default.render({ model, el: box });
  for (const trait of LINKED) model.on(`change:${trait}`, () => follow(figure, model, trait));
}

function follow({ graph }, model, trait) {
  const value = model.get(trait);
  for (const other of models) {
    const has = other.graph === graph && other.model.get(trait) !== undefined;
    if (has && value !== null) other.model.set(trait, value);
  }
}

/** Bytes that several figures share, packed in the page. */
function bytesOf(key) {
  if (!buffers.has(key)) {
    const packed = Uint8Array.from(atob(data.buffers[key]), (letter) => letter.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    buffers.set(key, new Response(stream).arrayBuffer());
  }
  return buffers.get(key);
}

function html(name, attributes = {}, ...children) {
  const element = Object.assign(document.createElement(name), attributes);
  element.append(...children);
  return element;
}

function controlsOf({ key, controls }, model) {
  const made = controls.map((control, k) => {
    const kind = control.options ? (control.options.length > 3 ? list : choice) : slider;
    const { element, show } = kind({ ...control, name: `${key}-${k}` }, (value) =>
      model.set(control.trait, value),
    );
    model.on(`change:${control.trait}`, () => show(model.get(control.trait)));
    show(model.get(control.trait));
    return element;
  });
  return html("div", { className: "controls" }, ...made);
}

function slider({ label, min, max, step }, choose) {
  const input = html("input", { type: "range", ariaLabel: label, min, max, step });
  const told = html("output");
  const digits = step < 1 ? 2 : 0;
  const tell = () => {
    told.textContent = Number(input.value).toFixed(digits);
  };
  input.addEventListener("input", () => {
    tell();
    choose(Number(input.value));
  });
  const show = (value) => {
    input.value = value;
    tell();
  };
  return { element: html("label", {}, label, input, told), show };
}

function list({ label, options }, choose) {
  const select = html(
    "select",
    { ariaLabel: label },
    ...options.map((text) => html("option", {}, text)),
  );
  select.addEventListener("change", () => choose(select.selectedIndex));
  const show = (value) => {
    select.selectedIndex = value;
  };
  return { element: html("label", {}, label, select), show };
}

function choice({ label, options, name }, choose) {
  const inputs = options.map((_, k) => {
    const input = html("input", { type: "radio", name });
    input.addEventListener("change", () => choose(k));
    return input;
  });
  const labels = inputs.map((input, k) => html("label", {}, input, options[k]));
  const show = (value) => {
    inputs[value].checked = true;
  };
  return { element: html("fieldset", {}, html("legend", {}, label), ...labels), show };
}
