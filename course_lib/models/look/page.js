// The figures of the page: their models, their controls, and what links them.
import { controlsOf } from "../../widgets/shared/page_controls.js";
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
  const source = new Blob([data.modules[figure.module]], { type: "text/javascript" });
  const module = await import(URL.createObjectURL(source));
  const view = document.createElement("div");
  box.append(controlsOf(model.get("controls"), model), view);
  module.default.render({ model, el: view });
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
