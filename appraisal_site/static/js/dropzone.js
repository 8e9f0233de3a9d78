// Files dropped on [data-drop]: each goes up by itself with a bar of its own; the page then shows the report.
// Leaves the judging of files to the server. Without script the form's file field does the same, with one wait.
"use strict";
(function () {
  document.querySelectorAll("form[data-drop]").forEach(function (form) {
    const field = form.querySelector("input[type=file]");
    const list = form.querySelector(".drop-files");

    ["dragenter", "dragover"].forEach(function (name) {
      form.addEventListener(name, function (event) { event.preventDefault(); form.classList.add("is-over"); });
    });
    ["dragleave", "drop"].forEach(function (name) {
      form.addEventListener(name, function (event) { event.preventDefault(); form.classList.remove("is-over"); });
    });
    form.addEventListener("drop", function (event) {
      if (!event.dataTransfer.files.length) return;
      field.files = event.dataTransfer.files;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    });

    field.addEventListener("change", function () {
      list.textContent = "";
      Array.from(field.files).forEach(function (file) { list.appendChild(line(file)); });
    });

    function line(file) {
      const row = document.createElement("li");
      const name = document.createElement("span");
      name.className = "name";
      name.textContent = file.name;
      const bar = document.createElement("progress");
      bar.className = "bar";
      bar.max = 100;
      bar.value = 0;
      bar.setAttribute("aria-label", file.name);
      const state = document.createElement("span");
      state.className = "num";
      state.textContent = (file.size / 1024).toFixed(0) + " KB";
      row.append(name, bar, state);
      return row;
    }

    form.addEventListener("submit", function (event) {
      if (!field.files.length || !window.FormData) return;
      event.preventDefault();
      const request = new XMLHttpRequest();
      request.open("POST", form.action);
      request.setRequestHeader("X-Requested-With", "XMLHttpRequest");
      request.upload.addEventListener("progress", function (sent) {
        if (!sent.lengthComputable) return;
        const share = Math.floor((sent.loaded / sent.total) * 100);
        list.querySelectorAll("progress").forEach(function (bar) { bar.value = share; });
        list.querySelectorAll("li .num").forEach(function (state) { state.textContent = share + "%"; });
      });
      // The answer is a page: the report after a redirect, or the form again with the refusal. Show it whole.
      request.addEventListener("load", function () {
        if (request.status < 400 && request.responseURL && request.responseURL !== window.location.href) {
          window.location.assign(request.responseURL);
          return;
        }
        const answer = new DOMParser().parseFromString(request.responseText, "text/html");
        const main = answer.querySelector("main");
        if (main) { document.querySelector("main").replaceWith(document.adoptNode(main)); window.scrollTo(0, 0); } else { window.location.reload(); }
      });
      request.addEventListener("error", function () {
        form.querySelector("[data-drop-error]").hidden = false;
        delete form.dataset.sent;
      });
      request.send(new FormData(form));
    });
  });
})();
