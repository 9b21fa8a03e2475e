// The controls of a figure where there is no Jupyter: elements of the browser, linked to the traits
// of a model. `control.py` describes them. Their classes are those of Jupyter's controls, so that
// one stylesheet fits both; what only these need is in page_controls.css.

const KINDS = { slider, dropdown, toggle, checkbox };
let count = 0; // of ids

/** A row with the controls of a figure, in their order. */
export function controlsOf(controls, model) {
  const row = element("div", { class: "widget-box widget-hbox course-controls" });
  for (const control of controls) {
    const choose = (value) => model.set(control.trait, value);
    const { root, show, rest } = KINDS[control.kind](control, choose);
    follow(model, control.trait, show);
    if (control.idle) follow(model, control.idle, rest);
    row.append(root);
  }
  return row;
}

/** Call `act` with the value of a trait, now and whenever it changes. */
function follow(model, trait, act) {
  const tell = () => act(model.get(trait));
  model.on(`change:${trait}`, tell);
  tell();
}

/** A slider, and beside it its number, into which another one can be typed. */
function slider({ label, low, high, step }, choose) {
  const input = element("input", { type: "range", min: low, max: high, step, ...nextId() });
  const number = element("input", {
    class: "widget-readout",
    inputmode: "decimal",
    "aria-label": label,
    tabindex: -1, // the slider is the one tab stop
  });
  const digits = step < 1 ? Math.max(2, Math.ceil(-Math.log10(step))) : 0;
  number.style.setProperty("--letters", high.toFixed(digits).length);
  input.addEventListener("input", () => choose(input.valueAsNumber));
  number.addEventListener("change", () => {
    const typed = Number.parseFloat(number.value.replace(",", "."));
    if (Number.isFinite(typed)) input.value = typed; // which brings it to a step between the ends
    show(input.valueAsNumber);
    choose(input.valueAsNumber);
  });
  const show = (value) => {
    input.value = value;
    number.value = value.toFixed(digits);
  };
  const rest = (idle) => {
    for (const part of [input, number]) part.disabled = idle;
  };
  return { root: labelled("widget-slider", label, input, number), show, rest };
}

/** A list of which one entry is shown; the trait is its index. */
function dropdown({ label, options }, choose) {
  const entries = options.map((words) => element("option", {}, words));
  const select = element("select", nextId(), ...entries);
  select.addEventListener("change", () => choose(select.selectedIndex));
  const show = (value) => {
    select.selectedIndex = value;
  };
  const rest = (idle) => {
    select.disabled = idle;
  };
  return { root: labelled("widget-dropdown", label, select), show, rest };
}

/** Buttons side by side, of which one is pressed; the trait is its index. */
function toggle({ label, options }, choose) {
  const buttons = options.map((words) => element("button", { type: "button" }, words));
  buttons.forEach((button, k) => {
    button.addEventListener("click", () => choose(k));
  });
  const attributes = { class: "widget-toggle-buttons", role: "group", "aria-label": label };
  const name = element("span", { class: "widget-label" }, label);
  const root = element("div", attributes, name, ...buttons);
  const show = (value) => {
    buttons.forEach((button, k) => {
      button.classList.toggle("mod-active", k === value);
      button.setAttribute("aria-pressed", k === value);
    });
  };
  const rest = (idle) => {
    for (const button of buttons) button.disabled = idle;
  };
  return { root, show, rest };
}

function checkbox({ label }, choose) {
  const input = element("input", { type: "checkbox" });
  input.addEventListener("change", () => choose(input.checked));
  const root = element("label", { class: "widget-checkbox widget-label-basic" }, input, label);
  const show = (value) => {
    input.checked = value;
  };
  const rest = (idle) => {
    input.disabled = idle;
  };
  return { root, show, rest };
}

function labelled(kind, words, control, ...others) {
  const label = element("label", { class: "widget-label", for: control.id }, words);
  return element("div", { class: `widget-inline-hbox ${kind}` }, label, control, ...others);
}

function nextId() {
  count += 1;
  return { id: `course-control-${count}` };
}

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}
