// What Jupyter's controls lack: a name for the handle of a slider, the state of a toggle
// button, and one tab stop a slider instead of two. They are made beside the figure, before or
// after it, and change their classes later, so this watches the row in which they stand. Whatever is
// set would be seen as a change, too: only what has another value is set.
import { setChanged } from "./drawing.js";

/** Mend the controls of the box that holds a figure's element; returns the function that stops. */
export function mendControls(el) {
  let watched = null;
  const changes = new MutationObserver(() => mend(watched));
  const placed = new ResizeObserver(() => {
    const box = el.closest(".course-figure-box");
    const row = box && [...box.children].find((child) => child.matches(".widget-hbox"));
    if (!row) return;
    // What sticks below the controls on a phone must know how high they are.
    box.style.setProperty("--course-controls", `${row.offsetHeight}px`);
    if (row === watched) return;
    watched = row;
    changes.disconnect();
    changes.observe(row, {
      subtree: true,
      childList: true,
      attributeFilter: ["class", "disabled"],
    });
    mend(row);
  });
  placed.observe(el);
  return () => {
    placed.disconnect();
    changes.disconnect();
  };
}

function mend(row) {
  for (const control of row.querySelectorAll(".widget-slider, .widget-toggle-buttons")) {
    const label = control.querySelector(".widget-label, .widget-label-basic");
    if (!label) continue; // the toggle buttons have a box of their own inside
    const name = label.textContent;
    const handle = control.querySelector(".noUi-handle");
    if (handle) mendSlider(control, handle, name);
    else if (control.matches(".widget-toggle-buttons")) mendToggle(control, name);
  }
}

function mendSlider(control, handle, name) {
  const idle = control.querySelector("[disabled]") !== null;
  setChanged(handle, { "aria-label": name, "aria-disabled": idle, tabindex: idle ? -1 : 0 });
  const readout = control.querySelector(".widget-readout"); // a number can be typed into it
  if (readout) setChanged(readout, { role: "textbox", "aria-label": name, tabindex: -1 });
}

function mendToggle(control, name) {
  setChanged(control, { role: "group", "aria-label": name });
  for (const button of control.querySelectorAll("button")) {
    setChanged(button, { "aria-pressed": button.classList.contains("mod-active") });
  }
}
