// Live figures load anywidget from the book, wherever the page lies in it.
requirejs.config({
  paths: { anywidget: new URL("vendor/anywidget", document.currentScript.src).href },
});
