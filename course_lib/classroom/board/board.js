// The board asks for news every two seconds, and draws what came.
import { columns, drawGrid, drawLines, element, people } from "./grid.js";

const EVERY = 2000;
const TICK = 15000; // minutes go on although nothing is new
const at = (id) => document.getElementById(id);

let data = null;
let ahead = 0; // by how many seconds the server's clock is ahead of ours
let drawn = 0;

async function post(path, content) {
  return fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(content),
  });
}

function show(open) {
  at("unlock").hidden = open;
  at("board").hidden = !open;
}

function announce(words) {
  if (at("status").textContent !== words) at("status").textContent = words;
}

async function unlock(key) {
  const answer = await post("/board/open", { key });
  at("refused").textContent =
    answer.status === 429
      ? "Too many tries. Wait a little."
      : answer.ok
        ? ""
        : "That is not the key.";
  return answer.ok;
}

function draw() {
  drawn = Date.now();
  const now = drawn / 1000 + ahead;
  const lines = columns(data, at("chapter").value);
  const focused = focusName();
  const words = data.join.split(" ").map((word) => element("span", {}, word));
  at("join").replaceChildren(...words.flatMap((word) => [word, " "]));
  const choices = { order: at("order").value, names: at("names").checked, now };
  drawGrid(at("grid"), data, lines, choices);
  drawLines(at("lines"), lines, data.chapters);
  at("nobody").hidden = data.learners.length > 0;
  offer(at("chapter"), [["", "those tried"], ...data.chapters.map(chapterChoice)]);
  offer(at("learner"), data.learners.map(learnerChoice));
  if (focused) document.querySelector(focused)?.focus({ preventScroll: true });
}

const chapterChoice = ({ number, title }) => [number, `${number} ${title}`];

function learnerChoice({ id, name }, place) {
  return [String(id), at("names").checked ? name : `Learner ${place + 1}`];
}

// What is drawn anew must not lose the keyboard's place.
function focusName() {
  const now = document.activeElement;
  if (!now?.closest("table")) return null;
  if (now.dataset.keys) return `[data-keys="${now.dataset.keys}"]`;
  return now.id ? `[id="${now.id}"]` : `#grid a[href="${now.getAttribute("href")}"]`;
}

function offer(select, choices) {
  const known = JSON.stringify(choices);
  if (select.dataset.known === known) return;
  const chosen = select.value;
  select.replaceChildren(...choices.map(([value, text]) => element("option", { value }, text)));
  if (choices.some(([value]) => value === chosen)) select.value = chosen;
  select.dataset.known = known;
}

async function look() {
  const query = data ? `?version=${encodeURIComponent(data.version)}` : "";
  const answer = await fetch(`/board/data${query}`);
  if (answer.status === 401) {
    data = null;
    show(false);
    announce("Locked");
    return;
  }
  if (answer.status === 200) {
    data = await answer.json();
    ahead = data.now - Date.now() / 1000;
    show(true);
    draw();
  } else if (answer.status !== 204) throw new Error(answer.statusText);
  const stuck = data.exercises.reduce((sum, line) => sum + line.stuck, 0);
  announce(`Live. ${people(data.learners.length)}, ${stuck} stuck`);
  if (Date.now() - drawn > TICK) draw();
}

let lookingAgain;
async function keepLooking() {
  clearTimeout(lookingAgain);
  try {
    await look();
  } catch {
    announce("No connection to the class; trying again …");
  }
  lookingAgain = setTimeout(keepLooking, EVERY);
}

async function change(content) {
  const answer = await post("/board/change", content).catch(() => null);
  if (!answer?.ok) announce("That could not be done. Try again.");
  await keepLooking();
}

at("unlock").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await unlock(at("key").value)) {
    at("key").value = "";
    await keepLooking();
  }
});
for (const id of ["chapter", "order", "names"]) at(id).addEventListener("change", draw);
at("lines").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button) change({ do: button.dataset.do, keys: button.dataset.keys.split(" ") });
});
at("remove").addEventListener("click", () => {
  const learner = at("learner");
  const name = learner.selectedOptions[0]?.textContent;
  if (name && confirm(`Take ${name} off the board, with all that was tried?`))
    change({ do: "remove", learner: Number(learner.value) });
});
at("clear").addEventListener("click", () => {
  if (confirm("Clear the board? What was tried and released is forgotten; learners stay."))
    change({ do: "clear" });
});

// The link of the terminal brings the key behind a "#", which is sent nowhere. It leaves the
// address bar before anybody reads it from the projector.
const key = decodeURIComponent(location.hash.slice(1));
const brought = /^[\w-]{32}$/.test(key);
if (brought) {
  history.replaceState(null, "", "/board");
  await unlock(key).catch(() => false);
}
await keepLooking();
