// Formulas are typeset by the one file in vendor/; nothing else is fetched, so no menu, no explorer.
// The widget manager still speaks to MathJax 2 when it draws a label. Labels have no formulas.
const labels = { Queue() {} };
window.MathJax = {
  Hub: labels,
  tex: { packages: { "[-]": ["require", "autoload"] } },
  options: {
    enableMenu: false,
    processHtmlClass: "tex2jax_process|mathjax_process|math|output_area",
  },
  startup: {
    ready() {
      MathJax.startup.defaultReady();
      MathJax.Hub = labels;
    },
  },
};
