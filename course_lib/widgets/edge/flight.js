// Words that fly from where they stood to where they stand now.

const FLIGHT = { duration: 450, easing: "ease-in-out" };

/** Where elements are on the page, by name. */
export function placesOf(elements) {
  const shown = Object.entries(elements).filter(([, element]) => element?.isConnected);
  return Object.fromEntries(
    shown.map(([name, element]) => [name, element.getBoundingClientRect()]),
  );
}

/** Let elements come from the places `before`, unless the reader wants no motion. */
export function fly(before, elements) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const [name, place] of Object.entries(placesOf(elements))) {
    const from = before[name];
    if (!from) continue;
    const [dx, dy] = [from.left - place.left, from.top - place.top];
    if (Math.abs(dx) + Math.abs(dy) < 2) continue;
    const start = `translate(${dx}px, ${dy}px)`;
    elements[name].animate([{ transform: start }, { transform: "none" }], FLIGHT);
  }
}
