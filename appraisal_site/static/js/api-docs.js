// Starts Swagger UI on the page's own schema; unsafe requests carry the CSRF cookie's token.
"use strict";
document.addEventListener("DOMContentLoaded", () => {
  const room = document.getElementById("api-docs");
  const token = () => (document.cookie.match(/(?:^|; )csrftoken=([^;]*)/) || [])[1] || "";
  window.SwaggerUIBundle({
    url: room.dataset.schema,
    domNode: room,
    presets: [window.SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    validatorUrl: null,
    deepLinking: true,
    requestInterceptor: (request) => {
      if (request.method && request.method !== "GET") request.headers["X-CSRFToken"] = token();
      return request;
    },
  });
});
