// What is said about the option that is chosen, read out politely; the same is in the answer below.
document.addEventListener("change", ({ target }) => {
  const question = target.closest(".course-quiz fieldset");
  if (!question) return;
  const why = question.querySelector(`[data-option="${target.value}"]`);
  const said = question.querySelector("[role=status]");
  said.toggleAttribute("data-right", why.hasAttribute("data-right"));
  said.replaceChildren(...[...why.childNodes].map((node) => node.cloneNode(true)));
});
