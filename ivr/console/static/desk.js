// The operator's desk: joins the stream of what happens with the parts of the page.

import { $, ask, boot, clock, el, hide, me, t, toast } from "./desk-base.js";
import { Others, Talk, cardState, noCard, showCard, showNumber } from "./desk-card.js";
import { Form } from "./desk-form.js";
import { Phone, news } from "./desk-phone.js";
import { Stream } from "./desk-stream.js";

const state = { seat: "", view: null, phase: "", call: null, parties: [], filing: false, filed: false, over: false };
const SEAT = "hotline-seat";

const at = () => (state.call ? { seat: state.seat, call_id: state.call } : null);
const talking = () => Boolean(state.call) && state.phase === "talking" && !state.over;

const form = new Form(at, (view) => {
  showEmergency(view);
  buttons();
  others.soon();
});
const phone = new Phone(at);
const talk = new Talk((text) => form.add(text));
const others = new Others(at, (number) => form.set("merged_into", number), () => form.view?.merged_into);

// --- the seat ------------------------------------------------------------------------------

function showSeat(view) {
  state.view = view;
  const mine = view.user === me;
  hide($("sign-on"), mine);
  hide($("work"), !mine);
  if (!mine) {
    // Whoever was signed on here and whose node began anew is signed on again.
    if (!view.user && sessionStorage.getItem(SEAT) === view.seat) sitDown(view.seat, true);
    return;
  }
  sessionStorage.setItem(SEAT, view.seat);
  $("seat-name").textContent = `${t("desk.seat")} ${view.seat}`;
  const busy = view.busy ? t(`desk.busy.${view.busy}`) : "";
  const paused = view.status === "paused";
  $("status").textContent = busy || (paused ? view.reason || t("desk.status.paused") : t("desk.status.ready"));
  $("status").className = `state ${view.busy || view.status}`;
  $("waiting").textContent = view.waiting ? t("desk.waiting", { n: view.waiting }) : "";
  hide($("do-ready"), !paused);
  hide($("pausing"), paused);
  buttons();
}

async function sitDown(seat, again = false) {
  // Asked for once: whatever comes of it, only the operator asks another time.
  if (again) sessionStorage.removeItem(SEAT);
  if (await ask("seat", { seat, do: "on", again })) {
    sessionStorage.setItem(SEAT, seat);
    listen(seat);
  }
}

function seatDo(what, reason = "") {
  return ask("seat", { seat: state.seat, do: what, reason });
}

setInterval(() => {
  const since = state.began || state.view?.since;
  $("since").textContent = since ? clock(Date.now() / 1000 - since) : "";
}, 1000);

// --- the call ------------------------------------------------------------------------------

function showCall(call) {
  state.call = call.card.call_id;
  state.over = call.over;
  state.filed = call.filed;
  state.unfiled = call.unfiled;
  state.filing = false;
  state.parties = call.parties;
  showCard(call.card, call.number, reveal);
  talk.clear();
  call.lines.forEach((line) => talk.line(line));
  Object.entries(call.hearing).forEach(([speaker, text]) => talk.hearing(speaker, text));
  form.clear();
  form.show(call.form);
  others.clear();
  others.soon(0);
  $("search").disabled = false;
  showPhone();
}

// The node holds the phone back until this has been painted.
function painted(call_id, tries = 3) {
  requestAnimationFrame(() =>
    requestAnimationFrame(async () => {
      if (state.call === call_id && !(await ask("shown", at())) && tries > 1) painted(call_id, tries - 1);
    }),
  );
}

async function reveal() {
  const numbers = state.call && (await ask("number", at()));
  if (!numbers) return;
  showNumber(numbers.caller);
  form.reveal(numbers.contact);
}

function showPhone() {
  phone.show({ seat: state.seat, parties: state.parties, talking: talking() });
  buttons();
}

function buttons() {
  const wrap = state.view?.busy === "wrap-up";
  $("do-wrapped").disabled = !wrap;
  const view = form.view;
  const missing = view ? Object.keys(view.missing).length > 0 : true;
  $("do-file").disabled = !state.call || missing || state.filing || state.filed;
  const number = view?.ticket_no;
  $("do-file").querySelector("span").textContent = t(
    state.filing ? "desk.form.filing" : number ? "desk.form.refile" : "desk.form.file",
  );
  $("filed").textContent = number
    ? t("desk.form.filed", { n: number }) + (state.filed ? "" : ` · ${t("desk.form.changed")}`)
    : "";
}

function showEmergency(view) {
  hide($("emergency"), !view.emergency);
  if (!view.emergency) return;
  $("emergency").replaceChildren(
    el("strong", {}, t("desk.emergency", { name: view.emergency_name })),
    ...view.numbers.map((number) =>
      el("button", { type: "button", class: "danger", onclick: () => phone.join(number) }, t("desk.emergency.join", { n: number }))),
  );
}

async function file() {
  if (!state.call) return;
  await form.flush();
  state.filing = true;
  buttons();
  if (!(await ask("file", at()))) {
    state.filing = false;
    buttons();
  }
  // Where nothing is heard of it, it may be tried again.
  setTimeout(() => {
    state.filing = false;
    buttons();
  }, 8000);
}

// --- what happens --------------------------------------------------------------------------

const stream = new Stream(
  {
    hello(now) {
      state.phase = now.phase;
      showSeat(now.seat);
      if (now.call) {
        const known = state.call === now.call.card.call_id;
        if (!known) showCall(now.call);
        else refresh(now.call);
        if (now.phase === "coming") painted(state.call);
      }
    },
    seat: showSeat,
    card(card) {
      state.phase = "coming";
      state.call = card.call_id;
      state.began = Date.now() / 1000;
      showCard(card, "", reveal);
      document.title = `☎ ${t("desk.busy.coming")}`;
      $("card").scrollIntoView({ block: "nearest" });
      painted(card.call_id);
    },
    call: showCall,
    taken() {
      state.phase = "talking";
      state.began = Date.now() / 1000;
      document.title = `☎ ${t("desk.busy.talking")}`;
      cardState("");
      showPhone();
    },
    gone({ why }) {
      state.phase = "after";
      state.began = Date.now() / 1000;
      document.title = t("desk.title");
      cardState(t(`desk.gone.${why}`));
      showPhone();
    },
    line: (line) => talk.line(line),
    hearing: ({ speaker, text }) => talk.hearing(speaker, text),
    parties(parties) {
      state.parties = parties;
      showPhone();
    },
    news: (event) => news(event, phone),
    form({ form: view, filed, unfiled }) {
      if (view.call_id !== state.call) return;
      state.filed = filed;
      state.unfiled = unfiled;
      form.show(view);
    },
    filed({ ticket_no }) {
      state.filing = false;
      toast(t("desk.form.filed", { n: ticket_no }), "good");
      buttons();
    },
    over() {
      state.over = true;
      showPhone();
    },
  },
  (connected) => hide($("lost"), connected),
);

// After a lost connection: add what was missed, and leave what the operator is doing alone.
function refresh(call) {
  call.lines.forEach((line) => talk.line(line));
  state.over = call.over;
  state.filed = call.filed;
  state.unfiled = call.unfiled;
  state.parties = call.parties;
  form.show(call.form);
  showPhone();
}

function listen(seat) {
  state.seat = seat;
  stream.open(`/desk/stream?seat=${encodeURIComponent(seat)}`);
}

// --- buttons and keys ----------------------------------------------------------------------

$("sign-on").addEventListener("submit", (event) => {
  event.preventDefault();
  sitDown($("seat").value);
});
$("do-ready").addEventListener("click", () => seatDo("ready"));
$("do-pause").addEventListener("change", (event) => {
  if (event.target.value) seatDo("pause", event.target.value);
  event.target.value = "";
});
$("do-leave").addEventListener("click", () => seatDo("leave"));
$("do-off").addEventListener("click", async () => {
  if (await seatDo("off")) {
    sessionStorage.removeItem(SEAT);
    noCard();
  }
});
// Something was taken down and not filed: leaving it takes a second press.
let sure = 0;
$("do-wrapped").addEventListener("click", () => {
  if (state.unfiled && Date.now() - sure > 10000) {
    sure = Date.now();
    toast(t("desk.wrapped-sure"), "warn");
    return;
  }
  seatDo("wrapped");
});
$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  file();
});
// Enter in a field goes on to the next one; it must not file a ticket by accident.
$("form").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.target.matches("input") && !event.isComposing) {
    event.preventDefault();
    event.target.dispatchEvent(new Event("change"));
  }
});

const help = () => {
  const buttons = [...document.querySelectorAll("button[data-key]")].map((one) => [
    one.dataset.key,
    (one.querySelector("span") ?? one.firstChild).textContent.trim(),
  ]);
  const more = [["P", `${t("desk.pause")} / ${t("desk.back")}`], ["I", t("desk.key.intent")], ["K", t("desk.key.search")], ["J", t("desk.key.talk")]];
  const rows = [...buttons.filter(([, text]) => text), ...more];
  $("help-body").replaceChildren(...rows.flatMap(([key, text]) => [el("dt", {}, el("kbd", {}, `Alt ${key}`)), el("dd", {}, text)]));
  $("help").showModal();
};
$("do-help").addEventListener("click", help);

const GO = { KeyI: "f-intent", KeyK: "search", KeyJ: "lines" };

document.addEventListener("keydown", (event) => {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.isComposing || event.repeat) return;
  if (GO[event.code]) {
    event.preventDefault();
    $(GO[event.code]).focus();
    $(GO[event.code]).select?.();
    return;
  }
  if (event.code === "KeyP" && state.view) {
    event.preventDefault();
    if (state.view.status === "paused") $("do-ready").click();
    else $("do-pause").focus();
    return;
  }
  const letter = event.code === "Slash" ? "/" : event.code.replace("Key", "");
  const button = document.querySelector(`button[data-key="${letter}"]`);
  if (button && !document.querySelector("dialog[open]")) {
    event.preventDefault();
    if (!button.disabled) button.click();
  }
});

addEventListener("pagehide", () => form.flush());

// --- beginning -----------------------------------------------------------------------------

const chosen = $("seat");
hide($("sign-on"), false);
if (chosen) {
  const before = sessionStorage.getItem(SEAT);
  listen(boot.seats.includes(before) ? before : chosen.value || boot.seats[0]);
}
