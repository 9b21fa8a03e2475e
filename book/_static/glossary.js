// An entry of the glossary beside a word: while the pointer is over either of them, while the word
// has the focus, or after a tap; a second tap follows the link. Escape closes it.
(() => {
  const box = document.createElement("div");
  box.id = "glossary-entry";
  box.setAttribute("role", "tooltip");
  box.hidden = true;
  document.body.append(box);
  let word = null; // whose entry is shown
  let wasShown = false; // before the finger came down
  let waiting = 0;

  const wordOf = (event) => event.target.closest?.("a.glossary-term");

  function show(next) {
    clearTimeout(waiting);
    if (next === word) return;
    hide();
    word = next;
    const entry = new URL(word.href).hash.slice(1);
    box.textContent = globalThis.courseGlossary[entry];
    word.setAttribute("aria-describedby", box.id);
    box.hidden = false;
    const place = word.getBoundingClientRect();
    const right = document.documentElement.clientWidth - box.offsetWidth - 8;
    const below = place.bottom + 4;
    const fits = below + box.offsetHeight < innerHeight;
    box.style.left = `${scrollX + Math.max(8, Math.min(place.left, right))}px`;
    box.style.top = `${scrollY + (fits ? below : place.top - box.offsetHeight - 4)}px`;
  }

  function hide() {
    clearTimeout(waiting);
    word?.removeAttribute("aria-describedby");
    word = null;
    box.hidden = true;
  }

  function hideSoon() {
    clearTimeout(waiting); // time for the pointer to come over to the entry
    waiting = setTimeout(() => word === document.activeElement || hide(), 200);
  }

  document.addEventListener("mouseover", (event) => wordOf(event) && show(wordOf(event)));
  document.addEventListener("mouseout", (event) => wordOf(event) && hideSoon());
  box.addEventListener("mouseenter", () => clearTimeout(waiting));
  box.addEventListener("mouseleave", hideSoon);
  document.addEventListener("focusin", (event) => (wordOf(event) ? show(wordOf(event)) : hide()));
  document.addEventListener("focusout", (event) => wordOf(event) && hide());
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  document.addEventListener("pointerdown", (event) => {
    wasShown = word !== null && wordOf(event) === word;
    if (event.pointerType === "touch" && !wordOf(event)) hide();
  });
  document.addEventListener("click", (event) => {
    if (event.pointerType !== "touch" || !wordOf(event) || wasShown) return;
    event.preventDefault();
    show(wordOf(event));
  });
})();
