// What is said about the option that is chosen, read out politely; the same is in the answer below.
// The arrow keys choose what they pass over: such an option is judged by Enter or Space.
(() => {
  const KEYS = ["Enter", " "];
  let passing = false;

  function say(option, judged) {
    const question = option.closest("fieldset");
    const why = question.querySelector(`[data-option="${option.value}"]`);
    const said = question.querySelector("[role=status]");
    said.toggleAttribute("data-right", judged && why.hasAttribute("data-right"));
    if (judged) said.replaceChildren(...[...why.childNodes].map((node) => node.cloneNode(true)));
    else said.textContent = said.dataset.passing;
  }

  const isOption = (target) => target.matches?.(".course-quiz input[type=radio]");

  document.addEventListener("keydown", ({ key, target }) => {
    passing = key.startsWith("Arrow");
    if (isOption(target) && target.checked && KEYS.includes(key)) say(target, true);
  });
  document.addEventListener("keyup", () => {
    passing = false;
  });
  // A click is what the arrow keys make, too.
  document.addEventListener("click", ({ target }) => {
    if (isOption(target)) say(target, !passing);
  });
})();
