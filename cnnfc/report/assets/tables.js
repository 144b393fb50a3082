// Tables: sorted by the head of any column, filtered by words and by what a column has few values of.
(() => {
  const missing = (text) => text === "" || text === "–";
  // What a cell sorts by: its key, else its text; cells without a value come last.
  const key = (cell) => {
    const text = cell.dataset.sort ?? cell.textContent.trim();
    return missing(text) ? null : Number.isNaN(Number(text)) ? text : Number(text);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
  const inOrder = (up) => ([a], [b]) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return up ? compare(a, b) : compare(b, a);
  };
  const { make } = cnnfc;
  const value = (row, column) => (row.cells[column].querySelector("bdi") ?? row.cells[column]).textContent.trim();

  // The columns with few values that many rows share, each with its values.
  const facets = (heads, names, rows) =>
    names.flatMap((name, column) => {
      if (column === 0 || heads[column].classList.contains("num") || ["sort", "q"].includes(name)) return [];
      const values = [...new Set(rows.map((row) => value(row, column)))].filter((text) => !missing(text));
      const few = values.length > 1 && values.length <= 12 && values.length * 2 <= rows.length;
      return few && values.every((text) => text.length <= 40) ? [{ column, name, values: values.sort(compare) }] : [];
    });

  const adopt = (section, table) => {
    const heads = [...table.tHead.rows[0].cells];
    const rows = [...table.tBodies[0].rows];
    const names = heads.map((head, at) => {
      const title = head.querySelector(".title").textContent.trim().toLowerCase();
      return title.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "") || `column-${at + 1}`;
    });
    names.forEach((name, at) => { if (names.indexOf(name) < at) names[at] = `${name}-${at + 1}`; });
    const at = (name) => `${section.id}.${name}`;
    const place = section.querySelector("[data-filter]");
    const field = make("input", { type: "search", placeholder: "Filter rows", title: "Press / to get here" });
    const count = make("span");
    const choices = place ? facets(heads, names, rows) : [];

    const show = () => {
      const sorted = cnnfc.get(at("sort"));
      const column = names.indexOf(sorted.replace(/\.(asc|desc)$/, ""));
      const up = !sorted.endsWith(".desc");
      heads.forEach((head, n) => {
        if (n === column) head.setAttribute("aria-sort", up ? "ascending" : "descending");
        else head.removeAttribute("aria-sort");
      });
      const keyed = rows.map((row) => [column < 0 ? 0 : key(row.cells[column]), row]);
      const order = column < 0 ? keyed : keyed.sort(inOrder(up));
      table.tBodies[0].append(...order.map(([, row]) => row));

      const text = cnnfc.get(at("q"));
      // Not while a space is being typed.
      if (field.value.trim() !== text) field.value = text;
      const words = text.toLowerCase().split(/\s+/).filter(Boolean);
      const wanted = choices.map((choice) => [choice.column, cnnfc.get(at(choice.name))]).filter(([, one]) => one);
      choices.forEach((choice) => { choice.select.value = cnnfc.get(at(choice.name)); });
      let shown = 0;
      for (const row of rows) {
        const said = row.textContent.toLowerCase();
        const fits = words.every((word) => said.includes(word)) && wanted.every(([n, one]) => value(row, n) === one);
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = words.length || wanted.length ? `${shown} of ${rows.length}` : "";
    };

    if (rows.length > 1) {
      heads.forEach((head, n) => {
        const button = make("button", { type: "button" });
        button.append(...head.childNodes);
        head.append(button);
        button.addEventListener("click", () => {
          cnnfc.set(at("sort"), `${names[n]}.${head.getAttribute("aria-sort") === "ascending" ? "desc" : "asc"}`);
          show();
        });
      });
    }
    if (place) {
      field.setAttribute("aria-label", "Filter rows");
      count.setAttribute("role", "status");
      // Typing is one step back, not one for every letter.
      field.addEventListener("input", () => { cnnfc.set(at("q"), field.value.trim(), cnnfc.get(at("q")) === ""); show(); });
      for (const choice of choices) {
        const title = heads[choice.column].querySelector(".title").textContent.trim();
        choice.select = make("select", { ariaLabel: title });
        choice.select.append(new Option(`${title}: all`, ""), ...choice.values.map((text) => new Option(text, text)));
        choice.select.addEventListener("change", () => { cnnfc.set(at(choice.name), choice.select.value); show(); });
      }
      place.append(count, ...choices.map((choice) => choice.select), field);
      place.hidden = false;
    }
    cnnfc.listen(show);
    if (location.hash) show();
  };

  for (const section of document.querySelectorAll("main section.table")) {
    const table = section.querySelector("table");
    if (table) adopt(section, table);
  }

  addEventListener("keydown", (event) => {
    const field = document.querySelector("[data-filter] input");
    if (event.key !== "/" || field === null || event.defaultPrevented || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    field.focus();
  });
})();
