"use strict";
for (const table of document.querySelectorAll("table.all")) {
  const body = table.tBodies[0];
  const tools = document.createElement("p");
  tools.className = "tools noprint";
  const label = document.createElement("label");
  label.textContent = "Show only rows with: ";
  const input = document.createElement("input");
  input.type = "search";
  label.append(input);
  tools.append(label);
  table.parentElement.before(tools);
  input.addEventListener("input", () => {
    const wanted = input.value.toLowerCase();
    for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  });
  const heads = table.tHead.rows[0].cells;
  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const other of heads) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const key = (row) => row.cells[head.cellIndex].dataset.v ?? row.cells[head.cellIndex].textContent;
      const compare = new Intl.Collator(undefined, { numeric: true }).compare;
      const rows = [...body.rows].sort((a, b) => compare(key(a), key(b)));
      body.append(...(up ? rows : rows.reverse()));
    });
  }
}
