// Small helpers of every page: menu on the phone, menus that close, countdown, filter of lists, forms sent once.
// Nothing here is needed to work; without script every page still does its task.
"use strict";
(function () {
  const root = document.documentElement;
  root.classList.add("js");

  document.addEventListener("click", function (event) {
    const toggle = event.target.closest("[data-toggle-nav]");
    if (toggle) {
      const open = toggle.closest(".topbar").classList.toggle("is-open");
      toggle.setAttribute("aria-expanded", String(open));
    }
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!menu.contains(event.target)) menu.open = false;
    });
    const close = event.target.closest("[data-close]");
    if (close) close.closest(close.dataset.close).remove();
    if (event.target.closest("[data-print]")) window.print();
    const copy = event.target.closest("[data-copy]");
    if (copy) copyText(document.getElementById(copy.dataset.copy), copy);
    const unfold = event.target.closest("[data-unfold]");
    if (unfold) {
      const open = unfold.getAttribute("aria-pressed") !== "true";
      document.querySelectorAll(unfold.dataset.unfold).forEach(function (one) { one.open = open; });
      unfold.setAttribute("aria-pressed", String(open));
    }
  });

  // The office's network has no https, and there the browser keeps its clipboard shut; the old way still works.
  function copyText(source, button) {
    const text = "value" in source ? source.value : source.textContent.trim();
    function done() { button.textContent = button.dataset.copied || button.textContent; }
    if (navigator.clipboard) { navigator.clipboard.writeText(text).then(done); return; }
    if (typeof source.select !== "function") return;
    source.select();
    if (document.execCommand("copy")) done();
  }

  // <input data-tick-all="selector"> ticks everything the selector finds.
  document.addEventListener("change", function (event) {
    if (!event.target.matches("[data-tick-all]")) return;
    document.querySelectorAll(event.target.dataset.tickAll).forEach(function (box) { box.checked = event.target.checked; });
  });

  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") return;
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  });

  document.addEventListener("change", function (event) {
    if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
  });

  // A form is sent once: a second click of an impatient hand does nothing.
  document.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.dataset.sent && !event.defaultPrevented) { event.preventDefault(); return; }
    if (form.method === "post" && !form.hasAttribute("hx-post")) form.dataset.sent = "1";
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });

  // Countdown: the server writes the words; the browser keeps the figure true while the page stays open.
  // Counted by the server's clock: an office machine's may be minutes off.
  const clockOfServer = document.querySelector("[data-now]");
  const ahead = clockOfServer ? new Date(clockOfServer.dataset.now).getTime() - Date.now() : 0;
  function tick() {
    document.querySelectorAll("[data-until]").forEach(function (clock) {
      const left = new Date(clock.dataset.until).getTime() - Date.now() - ahead;
      const figure = clock.querySelector("[data-left]");
      if (!figure || Number.isNaN(left)) return;
      const minutes = Math.floor(Math.abs(left) / 60000);
      const days = Math.floor(minutes / 1440);
      const pattern = left < 0 ? clock.dataset.over : days >= 1 ? clock.dataset.days : clock.dataset.hours;
      if (!pattern) return;
      figure.textContent = pattern
        .replace("{d}", days).replace("{h}", Math.floor((minutes % 1440) / 60)).replace("{m}", minutes % 60);
      clock.classList.toggle("is-over", left < 0);
      clock.classList.toggle("is-near", left >= 0 && days < 3);
    });
  }
  tick();
  window.setInterval(tick, 30000);

  // <input data-filter="#list"> hides the children of the list whose data-find (or text) lacks what was typed.
  function filter(field) {
    const wanted = field.value.trim().toLowerCase();
    let shown = 0;
    document.querySelectorAll(field.dataset.filter).forEach(function (row) {
      const hit = (row.dataset.find || row.textContent).toLowerCase().indexOf(wanted) >= 0;
      row.hidden = !hit;
      if (hit) shown += 1;
    });
    const told = document.getElementById(field.dataset.filterCount || "");
    if (told) told.textContent = wanted ? String(shown) : "";
  }
  document.addEventListener("input", function (event) {
    if (event.target.matches("[data-filter]")) filter(event.target);
  });
  document.querySelectorAll("[data-filter]").forEach(function (field) { if (field.value) filter(field); });

  // Ctrl+K or "/" goes to the page's search field.
  document.addEventListener("keydown", function (event) {
    const field = document.querySelector("[data-hotkey-search]");
    const typing = event.target.matches("input, textarea, select");
    if (field && ((event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing))) {
      event.preventDefault();
      field.focus();
      field.select();
    }
  });
})();
