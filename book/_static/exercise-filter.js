// A filter above the table of all exercises, made from the table: chapter, kind and minutes.
(() => {
  const table = document.querySelector("article table");
  const rows = [...table.tBodies[0].rows];
  const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const at = (row, name) => row.cells[names.indexOf(name)].textContent.trim();

  const form = document.createElement("form");
  form.className = "exercise-filter";
  form.addEventListener("submit", (event) => event.preventDefault());

  function choice(name, label, options) {
    const field = document.createElement("label");
    const select = document.createElement("select");
    select.name = name;
    for (const [value, text] of options) select.add(new Option(text, value));
    field.append(`${label} `, select);
    form.append(field);
    return select;
  }

  const values = (name) => [...new Set(rows.map((row) => at(row, name)))];
  const all = (name) => [["", "all"], ...values(name).map((value) => [value, value])];
  const chapter = choice("chapter", "Chapter", all("chapter"));
  const kind = choice("kind", "Kind", all("kind"));
  const minutes = choice("minutes", "Minutes", [
    ["", "any"],
    ...[5, 8, 10].map((most) => [most, `at most ${most}`]),
  ]);

  const reset = document.createElement("button");
  reset.type = "reset";
  reset.textContent = "Show all";
  const told = document.createElement("p");
  told.setAttribute("role", "status");
  form.append(reset, told);

  function filter() {
    let [count, time] = [0, 0];
    for (const row of rows) {
      const its = Number(at(row, "minutes"));
      row.hidden =
        (chapter.value && chapter.value !== at(row, "chapter")) ||
        (kind.value && kind.value !== at(row, "kind")) ||
        (minutes.value && its > Number(minutes.value));
      if (!row.hidden) [count, time] = [count + 1, time + its];
    }
    told.textContent = count
      ? `${count} of ${rows.length} exercises, ${time} minutes together.`
      : "No exercise is all of this. “Show all” takes the choices back.";
  }

  const fields = [chapter, kind, minutes];

  /** Take the choices from the address; one that is not there is none. */
  function read() {
    const said = new URLSearchParams(location.search);
    for (const field of fields) {
      const value = said.get(field.name) ?? "";
      field.value = [...field.options].some((option) => option.value === value) ? value : "";
    }
    filter();
  }

  /** Keep the choices in the address, so that a link to it and "back" bring them again. */
  function keep() {
    const address = new URL(location.href);
    for (const { name, value } of fields) {
      if (value) address.searchParams.set(name, value);
      else address.searchParams.delete(name);
    }
    history.replaceState(history.state, "", address);
    filter();
  }

  form.addEventListener("change", keep);
  form.addEventListener("reset", () => setTimeout(keep)); // when the fields are empty again
  window.addEventListener("pageshow", ({ persisted }) => persisted && read()); // came back to it
  read();
  (table.closest(".pst-scrollable-table-container") ?? table).before(form);
})();
