// Keyboard and editing in place for the matrix: arrows move, a digit or Enter edits, Enter saves and goes down.
// Leaves every judgement to the server; its answer brings the cell and, out of band, all places of the block.
// Without script a cell is a link to its own page, where the same form stands.
"use strict";
(function () {
  const grid = document.getElementById("matrix");
  if (!grid) return;
  const where = document.getElementById("cell-where");
  const what = document.getElementById("cell-what");
  const link = document.getElementById("cell-link");
  const editable = grid.hasAttribute("data-editable");
  const names = Array.from(grid.querySelectorAll("thead .subs th"));

  function cells(row) { return Array.from(row.querySelectorAll("td > .cell")); }
  function at(cell) {
    const row = cell.closest("tr");
    return { row: row.sectionRowIndex, column: cells(row).indexOf(cell) };
  }
  function cellAt(row, column) {
    const line = grid.tBodies[0].rows[row];
    return line ? cells(line)[column] : undefined;
  }

  // One stop for the Tab key: the grid is entered once and walked by arrows.
  let stop = grid.querySelector("td > .cell");
  grid.querySelectorAll("td > .cell").forEach(function (cell) { cell.tabIndex = -1; });
  if (stop) stop.tabIndex = 0;

  function go(cell) {
    if (!cell) return;
    if (stop && stop.isConnected) stop.tabIndex = -1;
    stop = cell;
    cell.tabIndex = 0;
    cell.focus();
    // The fixed columns cover what is beneath them; bring the cell out.
    const box = grid.closest(".table-box").getBoundingClientRect();
    const own = cell.getBoundingClientRect();
    const first = grid.querySelector(".corner").getBoundingClientRect().width;
    const edge = grid.querySelector("thead .edge").getBoundingClientRect().width;
    const scroller = grid.closest(".table-box");
    if (own.left < box.left + first) scroller.scrollLeft -= box.left + first - own.left;
    if (own.right > box.right - edge) scroller.scrollLeft += own.right - (box.right - edge);
    const head = grid.tHead.getBoundingClientRect().height;
    if (own.top < box.top + head) scroller.scrollTop -= box.top + head - own.top;
  }

  function tell(cell) {
    const here = at(cell);
    const head = names[here.column];
    if (!head) return;
    const unit = cell.closest("tr").querySelector("th").textContent.trim();
    where.textContent = unit + " · " + head.querySelector(".sub-name").textContent.trim() + " (" + head.querySelector(".sub").textContent.trim() + ")";
    what.textContent = cell.dataset.note || "";
    link.href = cell.href;
    link.hidden = false;
  }

  grid.addEventListener("focusin", function (event) {
    const cell = event.target;
    if (!cell.matches("td > .cell")) return;
    if (stop && stop !== cell) stop.tabIndex = -1;
    stop = cell;
    cell.tabIndex = 0;
    tell(cell);
  });

  function edit(cell, typed) {
    if (!editable || !("edit" in cell.dataset)) return;
    const field = document.createElement("input");
    field.type = "text";
    field.inputMode = "decimal";
    field.className = "cell-input";
    field.autocomplete = "off";
    field.setAttribute("aria-label", where.textContent);
    const value = cell.classList.contains("is-scored") ? cell.textContent.trim() : "";
    field.value = typed === undefined ? value : typed;
    cell.hidden = true;
    cell.after(field);
    field.focus();
    if (typed === undefined) field.select();
    let done = false;
    function leave() { done = true; field.remove(); cell.hidden = false; }
    function keep(down, across) {
      if (done) return;
      const score = field.value.trim();
      const here = { row: cell.closest("tr").sectionRowIndex, column: cells(cell.closest("tr")).indexOf(cell) };
      leave();
      if (score !== value) save(cell, score);
      if (down || across) go(cellAt(here.row + down, here.column + across) || cellAt(here.row, here.column));
    }
    field.addEventListener("keydown", function (event) {
      if (event.key === "Enter") { event.preventDefault(); keep(event.shiftKey ? -1 : 1, 0); }
      else if (event.key === "Tab") { event.preventDefault(); keep(0, event.shiftKey ? -1 : 1); }
      else if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); keep(event.key === "ArrowDown" ? 1 : -1, 0); }
      else if (event.key === "Escape") { event.preventDefault(); leave(); go(cell); }
      event.stopPropagation();
    });
    field.addEventListener("blur", function () { keep(0, 0); });
  }

  function save(cell, score) {
    const reason = document.getElementById("cell-reason");
    const kind = document.getElementById("cell-kind");
    cell.classList.add("is-saving");
    window.htmx.ajax("POST", cell.href, {
      source: cell, target: cell, swap: "outerHTML",
      values: { score: score, kind: kind ? kind.value : "", reason: reason ? reason.value : "", version: cell.dataset.version },
    });
  }

  document.body.addEventListener("htmx:afterSettle", function (event) {
    const cell = event.detail.elt;
    if (!cell || !cell.id || !grid.contains(cell)) return;
    const fresh = document.getElementById(cell.id);
    if (fresh && fresh.matches("td > .cell")) {
      fresh.tabIndex = -1;
      if (!document.activeElement || document.activeElement === document.body) go(fresh);
    }
  });
  ["htmx:sendError", "htmx:timeout", "htmx:responseError"].forEach(function (name) {
    document.body.addEventListener(name, function (event) {
      const cell = event.detail.elt;
      if (!cell || !grid.contains(cell)) return;
      cell.classList.remove("is-saving");
      cell.classList.add("is-refused");
      what.textContent = grid.dataset.lost;
    });
  });

  grid.addEventListener("keydown", function (event) {
    const cell = event.target;
    if (!cell.matches("td > .cell") || event.ctrlKey || event.metaKey || event.altKey) return;
    const here = at(cell);
    const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    if (moves[event.key]) {
      event.preventDefault();
      go(cellAt(here.row + moves[event.key][0], here.column + moves[event.key][1]));
    } else if (event.key === "Home") { event.preventDefault(); go(cellAt(here.row, 0)); }
    else if (event.key === "End") { event.preventDefault(); go(cellAt(here.row, names.length - 1)); }
    else if ((event.key === "Enter" || event.key === "F2") && editable && "edit" in cell.dataset) { event.preventDefault(); edit(cell); }
    else if (/^[0-9.]$/.test(event.key)) { event.preventDefault(); edit(cell, event.key); }
  });
  grid.addEventListener("click", function (event) {
    const cell = event.target.closest("td > .cell");
    if (!cell || !editable || !("edit" in cell.dataset) || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (document.activeElement === cell && stop === cell && cell.dataset.chosen) edit(cell);
    else { go(cell); }
    grid.querySelectorAll("[data-chosen]").forEach(function (one) { delete one.dataset.chosen; });
    if (cell.isConnected && !cell.hidden) cell.dataset.chosen = "1";
  });
  grid.addEventListener("dblclick", function (event) {
    const cell = event.target.closest("td > .cell");
    if (cell && !cell.hidden && "edit" in cell.dataset) { event.preventDefault(); edit(cell); }
  });
})();
