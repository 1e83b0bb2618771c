// The outcome's form: what belongs to an outcome is asked for when it is chosen; Ctrl+Enter saves.
const form = document.getElementById("form");
if (form) {
  const fit = () => {
    const kind = form.elements.kind.value;
    for (const part of form.querySelectorAll(".more")) {
      part.hidden = part.dataset.for !== kind;
      for (const field of part.querySelectorAll("input[type=datetime-local]")) field.required = !part.hidden;
    }
  };
  form.addEventListener("change", fit);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.ctrlKey) form.requestSubmit();
  });
  // Alt and a digit choose an outcome, wherever one is on the page.
  document.addEventListener("keydown", (event) => {
    const digit = /^Digit([1-9])$/.exec(event.code)?.[1];
    const kind = event.altKey && digit ? form.elements.kind[Number(digit) - 1] : undefined;
    if (kind) {
      event.preventDefault();
      kind.click();
      kind.focus();
    }
  });
  fit();
}
// The telephone tells when the call may not yet be about the matter (html[data-identified]).
const hidden = document.querySelector(".hidden-matter");
document.addEventListener("leader-phone", (event) => {
  const secret = ["notice", "talking"].includes(event.detail.phase)
    && document.documentElement.dataset.identified === "no";
  document.documentElement.classList.toggle("hide-matter", secret);
  if (hidden) hidden.hidden = !secret;
  if (["ready", "over"].includes(event.detail.phase) && event.detail.call_id) remember(event.detail);
});
// When a call has ended, what it left (key, notes) is on a fresh page; a form begun is kept.
let last = "";
let begun = false;
form?.addEventListener("input", () => { begun = true; });
function remember(phone) {
  const item = Number(document.getElementById("phone")?.dataset.item);
  if (["talking", "opinion"].includes(last) && phone.item_id === item && !begun) location.reload();
}
document.addEventListener("leader-phone", (event) => { last = event.detail.phase; });
// N and P turn to the next and the previous ticket, but not away from a call.
document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const phase = document.getElementById("phone-state")?.dataset.phase;
  if (["dialling", "notice", "talking", "opinion"].includes(phase)) return;
  const to = { n: "next", p: "prev" }[event.key.toLowerCase()];
  document.querySelector(`.steps a[rel=${to}]`)?.click();
});
