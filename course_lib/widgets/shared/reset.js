// Back to how a figure began.
import { html } from "./drawing.js";
import { change } from "./mount.js";
import { say } from "./words.js";
import "./reset.css";

/** A button that sets traits back to what they were when the figure was made in Python. */
export function resetButton(model) {
  const button = html("button", { type: "button", class: "reset" }, say("start again"));
  button.addEventListener("click", () => change(model, model.get("start")));
  return button;
}
