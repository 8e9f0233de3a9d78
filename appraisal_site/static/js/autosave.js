// A form that saves itself: after a pause, when a field is left, and when the page goes away.
// Without script the form is sent by its button; nothing here decides what may be saved.
"use strict";
(function () {
  document.querySelectorAll("form[data-autosave]").forEach(function (form) {
    const told = form.querySelector("[data-saved]");
    const points = form.querySelector("[name=points]");
    const words = form.dataset;
    let timer = 0;
    let running = false;
    let again = false;
    let last = text();

    function text() {
      const parts = [];
      new FormData(form).forEach(function (value, name) {
        if (name !== "csrfmiddlewaretoken" && name !== "seen" && typeof value === "string") parts.push(name + "=" + value);
      });
      return parts.join("\n");
    }
    function tell(sentence, tone) {
      told.textContent = sentence;
      told.className = "self-saved" + (tone ? " is-" + tone : "");
    }
    function hasLines() {
      return Array.prototype.some.call(form.querySelectorAll("[name^=off-]"), function (field) { return field.value.trim() !== ""; });
    }
    // With deductions the points follow from them; the server does the sum.
    function follow() {
      const lines = hasLines();
      points.readOnly = lines;
      if (lines && document.activeElement !== points) points.value = "";
      form.classList.toggle("has-lines", lines);
    }
    function body() {
      const data = new FormData(form);
      if (hasLines()) data.set("points", "");
      return new URLSearchParams(Array.from(data.entries()).filter(function (pair) { return typeof pair[1] === "string"; }));
    }
    function save() {
      window.clearTimeout(timer);
      follow();
      const now = text();
      if (now === last) return;
      if (running) { again = true; return; }
      running = true;
      tell(words.saving, "");
      fetch(form.dataset.autosave, { method: "POST", body: body(), credentials: "same-origin", headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value } })
        .then(function (answer) {
          return answer.json().then(function (said) { return { ok: answer.ok, status: answer.status, said: said }; });
        })
        .then(function (got) {
          running = false;
          last = now;
          if (got.ok) {
            form.elements.seen.value = got.said.seen;
            if (points.readOnly) points.placeholder = got.said.points;
            tell(got.said.saved, "good");
          } else {
            if (got.status === 409 && got.said.seen) form.elements.seen.value = got.said.seen;
            tell(words.notSaved + " " + got.said.sentence, "bad");
          }
          if (again) { again = false; save(); }
        })
        .catch(function () {
          running = false;
          tell(words.offline, "bad");
          timer = window.setTimeout(save, 5000);
        });
    }
    function later() {
      window.clearTimeout(timer);
      timer = window.setTimeout(save, 1200);
    }
    form.addEventListener("input", later);
    form.addEventListener("change", save);
    window.addEventListener("pagehide", function () {
      if (text() !== last && !running && navigator.sendBeacon) {
        const data = body();
        navigator.sendBeacon(form.dataset.autosave, data);
      }
    });
    form.addEventListener("submit", function () {
      window.clearTimeout(timer);
      if (hasLines()) points.value = "";
      last = text();
    });
    follow();

    const more = form.querySelector("[data-more-lines]");
    if (more) {
      more.hidden = false;
      more.addEventListener("click", function () {
        const rows = form.querySelectorAll("[data-line]");
        const made = rows[rows.length - 1].cloneNode(true);
        const number = rows.length;
        made.querySelectorAll("input, select").forEach(function (field) {
          field.name = field.name.replace(/\d+$/, String(number));
          field.id = field.id.replace(/\d+$/, String(number));
          if (field.tagName === "INPUT") field.value = "";
        });
        made.querySelectorAll("label").forEach(function (label) { label.htmlFor = label.htmlFor.replace(/\d+$/, String(number)); });
        rows[rows.length - 1].after(made);
        made.querySelector("input").focus();
        if (number + 1 >= 30) more.hidden = true;
      });
    }
  });
})();
