// Starts a deck: slides on a canvas of 1920 by 1080, figures as large as theirs allows.
Reveal.initialize({
  width: 1920,
  height: 1080,
  margin: 0,
  center: false,
  hash: true,
  slideNumber: true,
  transition: "none",
  viewDistance: 100, // a figure that is hidden cannot measure itself
  mobileViewDistance: 100,
  plugins: [RevealNotes],
  keyboardCondition: isForSlides,
});

/** Tell whether a key turns slides: not if a control of a figure wants it, as sliders do arrows. */
function isForSlides({ target, key, defaultPrevented }) {
  if (defaultPrevented || document.fullscreenElement?.closest(".live") || document.querySelector(".presenting")) {
    return false;
  }
  if (!target.closest?.(".live")) return true;
  // Whoever leaves the full screen is on its button, and goes on with the arrows.
  return target.matches("button") && !["Enter", " ", "Escape"].includes(key);
}

/** Let a live figure fill the room that its slide leaves. */
function fit(live) {
  if (document.fullscreenElement?.closest(".live") || live.querySelector(".presenting")) return;
  const room = live.parentElement;
  live.style.zoom = 1;
  const [width, height] = [live.offsetWidth, live.offsetHeight];
  // Such as what was printed; the still is there until the figure has been drawn.
  const others = [...room.children].filter((part) => part !== live && !part.matches(".course-still"));
  const taken = others.reduce((sum, part) => sum + part.offsetHeight + 24, 0);
  if (width && height) {
    live.style.zoom = Math.min(room.clientWidth / width, (room.clientHeight - taken) / height);
  }
}

const sizes = new ResizeObserver((entries) => {
  for (const { target } of entries) fit(target.closest(".live"));
});
const arrivals = new MutationObserver(() => {
  for (const figure of document.querySelectorAll(".live .course-figure")) sizes.observe(figure);
});
for (const live of document.querySelectorAll(".live")) {
  arrivals.observe(live, { childList: true, subtree: true });
}
