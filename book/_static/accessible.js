// What the theme's pages lack for a keyboard and a screen reader, put right where they are read:
// names, landmarks, tables that scroll, and a way past everything to the first live figure.

(() => {
  const WIDE = {
    Table: ".pst-scrollable-table-container",
    Formula: "div.formula",
    Figure: ".cell_output .output:has(> img[style*='--least'])",
  };
  const all = (selector) => [...document.querySelectorAll(selector)];

  /** A second skip link, to the first figure: before it come the contents and linked code. */
  function skipToFigure() {
    const view = document.querySelector('script[type="application/vnd.jupyter.widget-view+json"]');
    const links = document.getElementById("pst-skip-link");
    if (!view || !links) return;
    const target = view.closest(".cell_output") ?? view.parentElement;
    target.id ||= "first-figure";
    target.tabIndex = -1;
    const link = document.createElement("a");
    link.href = `#${target.id}`;
    link.textContent = "Skip to the first live figure";
    link.addEventListener("click", (event) => {
      event.preventDefault();
      target.scrollIntoView();
      target.focus({ preventScroll: true });
    });
    links.append(" ", link);
  }

  /** A name for what has none, or one that differs from what is seen. */
  function name() {
    for (const button of all(".search-button-field")) button.removeAttribute("aria-label");
    for (const summary of all("li.has-children > details > summary")) {
      const page = summary.closest("li").querySelector("a").textContent.trim();
      summary.setAttribute("aria-label", `Pages of ${page}`);
    }
    for (const item of all(".sidebar-primary-items__start")) {
      item.setAttribute("role", "region");
      item.setAttribute("aria-label", "This book");
    }
    for (const work of all("[role='list'] > .citation")) work.setAttribute("role", "listitem");
    // A signature of several lines is a list of descriptions without anything described.
    for (const part of all("dt.sig dl, dt.sig dd")) part.setAttribute("role", "none");
    for (const corner of all("th")) {
      if (corner.textContent.trim()) continue;
      const cell = document.createElement("td");
      cell.className = corner.className;
      corner.replaceWith(cell);
    }
  }

  /** What scrolls sideways is a tab stop with a name, so that the arrow keys scroll it. */
  function reachWide() {
    for (const [kind, selector] of Object.entries(WIDE)) {
      for (const box of all(selector)) {
        const scrolls = box.scrollWidth > box.clientWidth;
        const heading = box.closest("section")?.querySelector("h1, h2, h3, h4");
        const title = heading?.firstChild?.textContent ?? document.title;
        const attributes = { role: "region", tabindex: 0, "aria-label": `${kind}: ${title}` };
        for (const [name, value] of Object.entries(attributes)) {
          if (scrolls) box.setAttribute(name, value);
          else box.removeAttribute(name);
        }
      }
    }
  }

  skipToFigure();
  name();
  // Side bars slide, so that boxes go on changing after the window did.
  const resized = new ResizeObserver(reachWide);
  for (const selector of Object.values(WIDE)) for (const box of all(selector)) resized.observe(box);
  window.addEventListener("load", reachWide);
  // The theme makes a tab stop of wide code only when the window changes, perhaps while they slide.
  const code = new ResizeObserver((changed) => {
    for (const { target } of changed) {
      target.tabIndex = target.scrollWidth > target.clientWidth ? 0 : -1;
    }
  });
  for (const box of all("pre")) code.observe(box);
})();
