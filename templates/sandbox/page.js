"use strict";
// Without this script every form still works by its button.

// Whoever ticks the tenth box wants to see the eleventh next: a form that leads back here keeps the place.
const place = `place ${location.pathname}`;
const keepPlace = () => sessionStorage.setItem(place, String(scrollY));
const kept = sessionStorage.getItem(place);
sessionStorage.removeItem(place);
if (kept !== null && !location.search.includes("refused=")) scrollTo(0, Number(kept));
addEventListener("submit", keepPlace);

for (const box of document.querySelectorAll("input.box[data-offset]")) {
  box.addEventListener("change", () => {
    const form = document.getElementById("tick");
    form.elements.offset.disabled = false;
    form.elements.offset.value = box.dataset.offset;
    keepPlace();
    form.submit();
  });
}
for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => select.form.submit());
}
const known = document.documentElement.dataset.revision;
let dirty = false;
let leaving = false;
addEventListener("beforeunload", () => { leaving = true; });
addEventListener("pageshow", () => { leaving = false; });
document.addEventListener("input", (event) => { dirty = dirty || event.target.matches("textarea, input[type=text]"); });
setInterval(async () => {
  const busy = document.activeElement && document.activeElement.matches("textarea, input[type=text], select");
  if (busy || dirty) return;
  try {
    const now = await (await fetch("/_sandbox/revision", { cache: "no-store" })).text();
    // A reload would take back a form that was just sent.
    if (now !== known && !leaving && !dirty) location.reload();
  } catch {
    // The demo has ended; the page stays as it is.
  }
}, 1000);
