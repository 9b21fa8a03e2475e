// Live figures: the first one as soon as its cell has been read, for what it needs comes with the
// page; others when they come near, or when the page has nothing else to do, one at a time. The
// package writes the files and the page's description of its figures.
import { controlsOf } from "../../widgets/shared/page_controls.js";
import { makeModel } from "../../widgets/shared/stand_in.js";

const { dataset, src } = document.currentScript;
const folder = new URL("figures/", src);
const [described] = dataset.files.split(".js"); // the first of them describes the page's figures
const models = {}; // a figure that is shown twice has one
const made = { pages: {}, views: {}, styles: {}, bytes: {} }; // of parts, by their names
let turn = Promise.resolve(); // the figure that is being drawn

const near = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
  },
  { rootMargin: "100% 0px" },
);

/** Wait for a script that the page itself brings, as long as it may be under way. */
function coming(part) {
  const element = document.querySelector(`script[src*="/${part}.js"]`);
  if (!element || document.readyState === "complete") return;
  return new Promise((resolve) => {
    for (const event of ["load", "error"]) element.addEventListener(event, resolve);
    window.addEventListener("load", resolve); // which waits for all scripts that are in the page
  });
}

/** Fetch a script of the folder; resolves when it has run. */
function fetched(part) {
  return new Promise((resolve, reject) => {
    const element = document.createElement("script");
    element.src = new URL(`${part}.js`, folder);
    element.onload = resolve;
    element.onerror = () => reject(new Error(`${element.src} could not be fetched`));
    document.head.append(element);
  });
}

/** What is made of a part, once: it is fetched where the page has not brought it. */
function once(made, part, make) {
  const { parts } = courseFigures;
  made[part] ??= (async () => {
    if (!(part in parts)) await coming(part);
    if (!(part in parts)) await fetched(part);
    return make(parts[part]);
  })();
  return made[part];
}

/** Undo `in_planes` of the package: numbers whose first bytes came first, and so on. */
function joined(text, planes) {
  const sorted = atob(text);
  const bytes = new Uint8Array(sorted.length);
  for (let plane = 0, from = 0; plane < planes; plane++) {
    for (let to = plane; to < bytes.length; to += planes) bytes[to] = sorted.charCodeAt(from++);
  }
  return new DataView(bytes.buffer);
}

function styled(text) {
  const style = document.createElement("style");
  style.textContent = text;
  document.head.append(style);
}

/** The model of a figure with all that is in parts of their own. */
async function modelOf({ traits, texts, buffers }) {
  const state = { ...traits };
  await Promise.all([
    ...texts.map(async ([trait, part]) => {
      state[trait] = await once({}, part, (text) => text);
    }),
    ...buffers.map(async ([[...path], part, planes]) => {
      const last = path.pop();
      const place = path.reduce((inner, key) => inner[key], state);
      place[last] = await once(made.bytes, part, (text) => joined(text, planes));
    }),
  ]);
  return makeModel(state);
}

/** A box with the controls of a figure and the figure below them. */
async function figureOf(name, box) {
  const figure = (await once(made.pages, described, (page) => page))[name];
  models[name] ??= modelOf(figure);
  const [model, { render }] = await Promise.all([
    models[name],
    once(made.views, figure.module, (make) => make()),
    once(made.styles, figure.style, styled),
  ]);
  const view = document.createElement("div");
  if (model.get("controls").length) box.append(controlsOf(model.get("controls"), model));
  box.append(view);
  render({ model, el: view });
}

function draw(place) {
  near.unobserve(place);
  if ("asked" in place.dataset) return turn;
  place.dataset.asked = "";
  turn = turn.then(() => drawn(place));
  return turn;
}

/** Draw a figure; where that fails, its still stays. */
async function drawn(place) {
  const { model_id: name } = JSON.parse(place.querySelector("script").textContent);
  const box = document.createElement("div");
  box.className = "course-figure-box widget-box";
  place.append(box);
  try {
    await figureOf(name, box);
    place.classList.add("drawn");
  } catch (error) {
    box.remove();
    place.classList.add("failed");
    console.error(error);
  }
}

/** Draw what is far away while the page rests, one figure at a time. */
function rest() {
  const place = document.querySelector(".course-live:not([data-asked])");
  if (place) requestIdleCallback(() => draw(place).then(rest), { timeout: 2000 });
}

/** The first one, as soon as it and its still are there: the page calls this behind its cell. */
function begin() {
  const first = document.querySelector(".course-live");
  if (first) draw(first);
}

/** All others, once the whole page is there. */
function follow() {
  begin();
  for (const place of document.querySelectorAll(".course-live:not([data-asked])")) {
    near.observe(place);
  }
}

window.courseFigures ??= { parts: {} };
courseFigures.begin = begin;
if (courseFigures.isHere) begin();
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", follow);
else follow();
window.requestIdleCallback ??= (act) => setTimeout(act, 200); // Safari
const isLinked = location.hash.startsWith("#figure="); // it may stand far below
if (isLinked || !navigator.connection?.saveData) {
  if (document.readyState === "complete") rest();
  else window.addEventListener("load", rest);
}
