// What is drawn of the data: the grid of learners and exercises, and a line for each exercise.
// Whatever somebody typed becomes text, never markup.

const MINUTE = 60;

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The exercises to show: those of a chapter, or those that anybody has tried.
export function columns(data, chapter) {
  if (chapter) return data.exercises.filter((line) => line.chapter === chapter);
  const tried = new Set(data.exercises.filter((line) => line.tried).map((line) => line.chapter));
  const first = data.exercises[0].chapter;
  return data.exercises.filter(({ chapter: its }) => (tried.size ? tried.has(its) : its === first));
}

export function minutesOf(cell, now) {
  return Math.max(0, Math.floor((now - cell.since) / MINUTE));
}

export function ordered(learners, order, now) {
  const longest = (row) =>
    Math.max(-1, ...Object.values(row.cells).map((c) => (c.stuck ? minutesOf(c, now) : -1)));
  if (order === "name") return [...learners].sort((a, b) => a.name.localeCompare(b.name));
  if (order === "stuck") return [...learners].sort((a, b) => longest(b) - longest(a));
  return learners;
}

// Mark, state and words of a cell.
function told(cell, now) {
  if (!cell) return ["·", "not tried", "not tried"];
  if (cell.state === "passed") return ["✓", "passed", "passed"];
  const minutes = minutesOf(cell, now);
  const shape = cell.state === "error" ? "!" : "✗";
  const what = cell.state === "error" ? "stopped with an error" : "wrong";
  if (!cell.stuck) return [shape, "wrong", `${what}, left for another`];
  return [`${shape} ${minutes}`, "stuck", `${what}, stuck for ${minutes} minutes`];
}

export function drawGrid(table, data, lines, { order, names, now }) {
  const chapters = data.chapters.filter(({ number }) => lines.some((l) => l.chapter === number));
  const groups = chapters.map(({ number, title }) => {
    const span = lines.filter((line) => line.chapter === number).length;
    return element("th", { scope: "colgroup", colspan: span }, `${number} ${title}`);
  });
  const heads = lines.map((line) => {
    const label = `Exercise ${line.number}: ${line.title}`;
    const link = element("a", { href: `#${line.key}`, title: line.title, "aria-label": label });
    link.append(String(line.number));
    return element("th", { scope: "col", class: startsChapter(line) }, link);
  });
  const corner = element("th", { scope: "col", rowspan: 2, class: "who" }, "Learner");
  const count = element("th", { scope: "col", rowspan: 2, class: "sum" }, "Passed");
  const body = ordered(data.learners, order, now).map((row) => {
    const passed = lines.filter(({ key }) => row.cells[key]?.state === "passed").length;
    const who = names ? row.name : `Learner ${data.learners.indexOf(row) + 1}`;
    const cells = lines.map((line) => {
      const [shape, state, words] = told(row.cells[line.key], now);
      const mark = element("span", { class: "mark", "data-state": state, "aria-hidden": "true" });
      mark.append(shape);
      const hidden = element("span", { class: "unseen" }, words);
      return element("td", { class: startsChapter(line) }, mark, hidden);
    });
    const name = element("th", { scope: "row", class: "who", title: who }, element("bdi", {}, who));
    return element(
      "tr",
      {},
      name,
      element("td", { class: "sum" }, `${passed}/${lines.length}`),
      ...cells,
    );
  });
  table.replaceChildren(
    element("thead", {}, element("tr", {}, corner, count, ...groups), element("tr", {}, ...heads)),
    element("tbody", {}, ...body),
  );
}

function startsChapter(line) {
  return line.number === 1 ? "starts" : "";
}

const HEADS = ["Exercise", "Planned", "Median", "Passed", "Stuck", "Commonest message", "Solution"];

export function drawLines(table, lines, titles) {
  const head = element("tr", {}, ...HEADS.map((text) => element("th", { scope: "col" }, text)));
  const bodies = titles
    .filter(({ number }) => lines.some((line) => line.chapter === number))
    .map(({ number, title }) => {
      const own = lines.filter((line) => line.chapter === number);
      const open = own.every((line) => line.released);
      const chapter = element("th", { scope: "rowgroup", colspan: 6 }, `${number} ${title}`);
      const keys = own.map((line) => line.key).join(" ");
      const all = element("td", {}, release(keys, open, `all solutions of chapter ${number}`));
      return element("tbody", {}, element("tr", {}, chapter, all), ...own.map(drawLine));
    });
  table.replaceChildren(element("thead", {}, head), ...bodies);
}

export const people = (count) => (count === 1 ? "1 learner" : `${count} learners`);

// What stands between backticks is code.
const withCode = (text) =>
  text.split("`").map((part, k) => (k % 2 ? element("code", {}, part) : part));

function drawLine(line) {
  const cells = [
    `${line.planned} min`,
    line.median === null ? "–" : `${line.median} min (of ${line.measured})`,
    `${line.passed} of ${line.tried}`,
    String(line.stuck),
    line.message ? `${line.message} (${people(line.message_learners)})` : "–",
  ].map((text, at) => element("td", { "data-head": HEADS[at + 1] }, ...withCode(text)));
  const name = element("th", { scope: "row", id: line.key, tabindex: "-1" });
  name.append(`${line.number} ${line.title}`);
  const button = release(line.key, line.released, `the solution of exercise ${line.number}`);
  return element("tr", {}, name, ...cells, element("td", {}, button));
}

function release(keys, open, what) {
  const order = open ? "hold back" : "release";
  const verb = open ? "Hold back" : "Release";
  const [state, shape] = open ? ["released", "✓ out"] : ["held back", "held back"];
  const button = element("button", { type: "button", "data-keys": keys, "data-do": order });
  button.append(verb, element("span", { class: "unseen" }, ` ${what}`));
  return element("span", { class: "release", "data-state": state }, button, ` ${shape}`);
}
