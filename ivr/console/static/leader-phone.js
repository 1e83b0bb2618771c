// The telephone of a leader session: what it does, what is said on it, and the orders to it.
const phone = document.getElementById("phone");
const csrf = document.querySelector("meta[name=csrf]").content;
const texts = Object.fromEntries(
  [...document.querySelectorAll("#phone-texts [data-text]")].map((one) => [one.dataset.text, one.textContent]),
);
const state = document.getElementById("phone-state");
const next = document.getElementById("phone-next");
const talk = document.getElementById("phone-talk");
const hearing = document.getElementById("phone-hearing");
const identity = document.getElementById("phone-identity");
const item = Number(phone.dataset.item);
let now = { phase: "over", host: "", item_id: 0, call_id: "", reason: "", answerer: "", opinion: "" };

function show() {
  const phase = now.phase === "talking" && now.unrecorded ? "talking-unrecorded" : now.phase;
  const words = [texts[`phase.${phase}`]];
  if (now.unrecorded) words.push(texts.unrecorded);
  if (now.leader_left) words.push(texts["leader-left"]);
  else if (now.host) words.push(texts[`host.${now.host}`]);
  if (now.opinion) words.push(texts[`opinion.${now.opinion}`]);
  if (now.item_id && item && now.item_id !== item) words.push(texts.item);
  if (now.reason) words.push(texts[`reason.${now.reason}`] ?? now.reason);
  state.textContent = words.join(" · ");
  state.dataset.phase = phase;
  const step = now.reason
    || (now.answerer === "stranger" ? "stranger" : "")
    || (now.phase === "notice" ? "notice" : "");
  next.textContent = step ? (texts[`next.${step}`] ?? "") : "";
  for (const button of phone.querySelectorAll("button[data-order]")) {
    const when = button.dataset.when;
    const host = button.dataset.host;
    const fits = (when === undefined || when.split(" ").includes(now.phase))
      && (host === undefined || (host === "" ? now.host === "" : host.split(" ").includes(now.host)));
    button.disabled = !fits;
    if (host !== undefined) button.hidden = !fits;
  }
  identity.hidden = !(["notice", "talking"].includes(now.phase) && !now.answerer);
  for (const button of identity.querySelectorAll("button")) button.disabled = identity.hidden;
  // What concerns the matter is shown once it is known who has answered.
  const known = ["citizen", "authorised"].includes(now.answerer) && now.item_id === item;
  document.documentElement.dataset.identified = known ? "yes" : "no";
  document.dispatchEvent(new CustomEvent("leader-phone", { detail: now }));
}

function line(event) {
  const { speaker, text, clean, start } = event.line;
  if (speaker === "note") return;
  const row = document.createElement("li");
  row.className = speaker;
  const at = document.createElement("span");
  const seconds = Math.max(0, Math.floor(start));
  at.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  at.className = "soft";
  const who = document.createElement("b");
  who.textContent = texts[`speaker.${speaker}`] ?? speaker;
  const words = document.createElement("span");
  words.textContent = clean || text;
  row.append(at, who, words);
  talk.append(row);
  row.scrollIntoView({ block: "nearest" });
}

async function order(button) {
  const type = button.dataset.order;
  button.disabled = true;
  const body = { type };
  if (type === "Dial") body.item_id = item;
  if (type === "Identified") body.answerer = button.dataset.answerer;
  if (type === "HostIn") body.seat = phone.dataset.hostSeat;
  if (type === "HostTakesOver") body.on = button.dataset.off === undefined;
  const path = type === "seat" ? "seat" : "order";
  try {
    const answer = await fetch(`${phone.dataset.base}/${path}`, {
      method: "POST",
      headers: { "X-CSRF-Token": csrf, "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) {
      const { reason } = await answer.json().catch(() => ({}));
      now = { ...now, reason: reason ?? "failed" };
      show();
    }
  } catch {
    state.textContent = texts.lost;
  }
}

for (const button of phone.querySelectorAll("button[data-order]")) {
  button.addEventListener("click", () => order(button));
}

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest("input, textarea, select")) return;
  const button = [...phone.querySelectorAll("button[accesskey]")].find(
    (one) => one.accessKey === event.key.toLowerCase() && !one.disabled && !one.hidden && !one.closest("[hidden]"),
  );
  if (button) {
    event.preventDefault();
    button.click();
  }
});

const source = new EventSource(`${phone.dataset.base}/events`);
source.addEventListener("phone", (message) => {
  const before = now.call_id;
  now = JSON.parse(message.data);
  if (now.call_id !== before) talk.replaceChildren();
  show();
});
source.addEventListener("call", (message) => {
  const event = JSON.parse(message.data);
  if (event.call_id !== now.call_id) return;
  if (event.type === "LineHeard") {
    hearing.textContent = "";
    line(event);
  } else if (event.type === "Hearing") {
    hearing.textContent = event.text;
  }
});
source.addEventListener("open", () => {
  // What comes now is the whole call once more.
  talk.replaceChildren();
  show();
});
source.addEventListener("error", () => {
  state.textContent = texts.lost;
});
show();
