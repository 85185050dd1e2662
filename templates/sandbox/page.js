"use strict";
// Without this script every form still works by its button.
for (const box of document.querySelectorAll("input.box[data-offset]")) {
  box.addEventListener("change", () => {
    const form = document.getElementById("tick");
    form.elements.offset.disabled = false;
    form.elements.offset.value = box.dataset.offset;
    form.submit();
  });
}
for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => select.form.submit());
}
const known = document.documentElement.dataset.revision;
let dirty = false;
document.addEventListener("input", (event) => { dirty = dirty || event.target.matches("textarea, input[type=text]"); });
setInterval(async () => {
  const busy = document.activeElement && document.activeElement.matches("textarea, input[type=text], select");
  if (busy || dirty) return;
  try {
    const now = await (await fetch("/_sandbox/revision", { cache: "no-store" })).text();
    if (now !== known) location.reload();
  } catch {
    // The demo has ended; the page stays as it is.
  }
}, 1000);
