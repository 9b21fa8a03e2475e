// Paper is white: while a page is printed, it is in light colours.
const colours = document.documentElement.dataset;
let shown;
window.addEventListener("beforeprint", () => {
  shown = colours.theme;
  colours.theme = "light";
});
window.addEventListener("afterprint", () => {
  colours.theme = shown;
});
