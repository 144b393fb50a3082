// Filters of the list, kept in the address; opening what a link leads to. The page is complete without it.
(() => {
  const list = document.getElementById("benchmarks");
  if (list === null) return;
  const groups = [...list.querySelectorAll(".group")];
  const rows = groups.flatMap((group) => [...group.querySelectorAll(".row")]);
  const texts = new Map(rows.map((row) => [row, row.querySelector("summary").textContent.toLowerCase()]));
  const closed = new Set(groups.filter((group) => !group.open));
  const wanted = new Set();

  const field = document.createElement("input");
  field.type = "search";
  field.placeholder = "Filter benchmarks";
  field.setAttribute("aria-label", "Filter benchmarks");
  const count = document.createElement("span");
  count.setAttribute("role", "status");
  const place = document.getElementById("search");
  place.append(count, field);
  place.hidden = false;

  // A link to a group where no script runs, a switch where one does.
  const buttons = [...list.querySelectorAll("#tallies a")].map((link) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.verdict = link.dataset.verdict;
    button.append(...link.childNodes);
    link.replaceWith(button);
    return button;
  });

  const show = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const active = words.length > 0 || wanted.size > 0;
    let shown = 0;
    for (const group of groups) {
      let here = 0;
      for (const row of group.querySelectorAll(".row")) {
        const fits = wanted.size === 0 || wanted.has(group.dataset.verdict);
        row.hidden = !(fits && words.every((word) => texts.get(row).includes(word)));
        here += row.hidden ? 0 : 1;
      }
      group.hidden = here === 0;
      group.open = active || !closed.has(group);
      shown += here;
    }
    for (const button of buttons) {
      button.setAttribute("aria-pressed", String(wanted.has(button.dataset.verdict)));
    }
    count.textContent = active ? `${shown} of ${rows.length}` : "";
    document.getElementById("none").hidden = shown > 0;
  };

  const remember = (step) => {
    cnnfc.set("verdict", [...wanted], step);
    cnnfc.set("text", field.value.trim(), false);
    show();
  };

  const recall = () => {
    const target = document.getElementById(cnnfc.anchor());
    if (target !== null) {
      // A link to one benchmark shows it, whatever the filters were.
      if (target.classList.contains("row")) {
        wanted.clear();
        field.value = "";
        show();
        target.closest(".group").open = true;
        target.open = true;
        target.scrollIntoView({ block: "center" });
      }
      return;
    }
    const known = new Set(groups.map((group) => group.dataset.verdict));
    wanted.clear();
    for (const verdict of cnnfc.list("verdict")) {
      if (known.has(verdict)) wanted.add(verdict);
    }
    field.value = cnnfc.get("text");
    show();
  };

  for (const button of buttons) {
    button.addEventListener("click", () => {
      const verdict = button.dataset.verdict;
      if (!wanted.delete(verdict)) wanted.add(verdict);
      remember(true);
    });
  }
  field.addEventListener("input", () => remember(false));
  cnnfc.listen(recall);
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.target.closest("input, textarea, select")) {
      event.preventDefault();
      field.focus();
    }
  });
  recall();
})();
