// Live figures, after the text: what draws them is fetched when one of them comes near, or when
// the page has nothing else to do. Each is drawn in its turn, and none on paper.
window.courseFigures = { parts: {} };

(() => {
  const script = document.currentScript;
  const folder = new URL("figures/", script.src);
  const places = [...document.querySelectorAll(".course-live")];
  let manager; // a promise, once somebody asked
  let turn = Promise.resolve(); // the figure that is being drawn

  const near = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) if (entry.isIntersecting) draw(entry.target);
    },
    { rootMargin: "100% 0px" },
  );

  /** Fetch a script of the folder; resolves when it has run. */
  function fetched(name) {
    return new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = new URL(name, folder);
      element.onload = resolve;
      element.onerror = () => reject(new Error(`${element.src} could not be fetched`));
      document.head.append(element);
    });
  }

  /** Fetch the style sheet of the controls. */
  function styled() {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("../vendor/manager.css", folder);
    return new Promise((resolve) => {
      link.onload = link.onerror = resolve;
      document.head.append(link);
    });
  }

  async function started() {
    const names = script.dataset.files.split(" ");
    await Promise.all([styled(), ...["manager.js", ...names].map(fetched)]);
    const { Manager, anywidget, page, parts } = courseFigures;
    for (const [model, trait, part] of page.texts) {
      page.state[model].state[trait] = parts[part];
    }
    const bytes = {};
    for (const [model, path, part, planes] of page.buffers) {
      bytes[part] ??= joined(parts[part], planes);
      put(page.state[model].state, path, new DataView(bytes[part]));
    }
    const made = new Manager(anywidget);
    await made.set_state({ version_major: 2, version_minor: 0, state: page.state });
    return made;
  }

  /** Undo `in_planes` of live_figures.py: numbers whose first bytes came first, and so on. */
  function joined(text, planes) {
    const sorted = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    const count = sorted.length / planes;
    const bytes = new Uint8Array(sorted.length);
    for (let plane = 0; plane < planes; plane++) {
      for (let k = 0; k < count; k++) bytes[k * planes + plane] = sorted[plane * count + k];
    }
    return bytes.buffer;
  }

  function put(state, path, value) {
    let place = state;
    for (const key of path.slice(0, -1)) place = place[key];
    place[path.at(-1)] = value;
  }

  function draw(place) {
    near.unobserve(place);
    if ("asked" in place.dataset) return turn;
    place.dataset.asked = "";
    manager ??= started();
    turn = turn.then(() => drawn(place));
    return turn;
  }

  /** Draw a figure; where that fails, its still stays. */
  async function drawn(place) {
    const { model_id: model } = JSON.parse(place.querySelector("script").textContent);
    const box = document.createElement("div");
    box.className = "widget-subarea";
    try {
      const made = await manager;
      place.append(box);
      await made.show(model, box);
      place.classList.add("drawn");
    } catch (error) {
      box.remove();
      place.classList.add("failed");
      console.error(error);
    }
  }

  /** Draw what is far away while the page rests, one figure at a time. */
  function rest() {
    const place = places.find((place) => !("asked" in place.dataset));
    if (place) requestIdleCallback(() => draw(place).then(rest), { timeout: 2000 });
  }

  for (const place of places) near.observe(place);
  window.requestIdleCallback ??= (act) => setTimeout(act, 200);
  const isLinked = location.hash.startsWith("#figure="); // it may stand far below
  if (isLinked || !navigator.connection?.saveData) window.addEventListener("load", rest);
})();
