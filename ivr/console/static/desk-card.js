// The hand-off card, the talk, and earlier tickets.

import { $, ask, boot, clock, el, hide, t } from "./desk-base.js";

const percent = (score) => `${Math.round(score * 100)}%`;

export function showCard(card, number, reveal) {
  const body = $("card-body");
  const understood = card.intent !== "";
  const who = card.withheld ? t("desk.card.withheld") : number || card.caller;
  body.replaceChildren(
    el(
      "p",
      { class: "who" },
      el("strong", { id: "caller" }, who),
      card.withheld || number
        ? null
        : el("button", { type: "button", class: "plain", id: "do-number", "data-key": "N", onclick: reveal },
            t("desk.number"), " ", el("kbd", {}, "Alt N")),
    ),
    el("p", { class: "chips" },
      el("span", { class: card.reason === "emergency" ? "chip bad" : "chip" }, t(`reason.${card.reason}`)),
      card.urgency !== "一般" ? el("span", { class: "chip bad" }, card.urgency) : null,
      card.ticket_no ? el("span", { class: "chip good" }, t("desk.card.ticket", { n: card.ticket_no })) : null,
    ),
    el("h3", {}, t("desk.card.understood")),
    understood
      ? el("div", { class: "understood" },
          el("strong", {}, card.name),
          el("meter", { min: 0, max: 1, low: 0.55, high: 0.85, optimum: 1, value: card.score, "aria-label": percent(card.score) }),
          el("span", { class: "soft" }, percent(card.score)),
          card.confirmed ? el("span", { class: "chip good" }, t("desk.card.confirmed")) : null)
      : el("p", { class: "warn" }, t("desk.card.not-understood")),
    el("h3", {}, t("desk.card.said")),
    card.said.length
      ? el("div", { class: "said" }, ...card.said.map((text) => el("p", {}, `“${text}”`)))
      : el("p", { class: "soft" }, t("desk.card.nothing-said")),
    card.why.length
      ? el("details", {}, el("summary", {}, t("desk.card.why")), ...card.why.map((text) => el("p", { class: "soft" }, text)))
      : "",
  );
  $("card").classList.add("fresh");
}

export function showNumber(number) {
  $("caller").textContent = number;
  $("do-number")?.remove();
}

export function cardState(text) {
  $("card").classList.remove("fresh");
  $("card").querySelector(".gone")?.remove();
  if (text) $("card-body").prepend(el("p", { class: "gone soft", role: "status" }, text));
}

export function noCard() {
  $("card").classList.remove("fresh");
  $("card-body").replaceChildren(el("p", { class: "soft" }, t("desk.card.none")));
}

// The talk: lines come in any order and are shown by their time; the newest stays in view unless
// the operator has scrolled back.
export class Talk {
  #keys = new Map();

  constructor(add) {
    this.add = add;
    this.list = $("lines");
    this.list.addEventListener("scroll", () => hide($("latest"), this.#atEnd()));
    $("latest").addEventListener("click", () => this.#end());
  }

  clear() {
    this.#keys.clear();
    this.list.replaceChildren();
    hide($("latest"));
  }

  line(line) {
    if (this.#keys.has(line.key)) return;
    const stay = !this.#atEnd();
    this.list.querySelector(`.hearing.${line.speaker}`)?.remove();
    const item = el("li", { class: line.speaker, "data-at": line.at },
      el("span", { class: "at" }, clock(line.at)),
      el("b", {}, t(`speaker.${line.speaker}`), line.party ? ` ${line.party.replace("seat:", "")}` : ""),
      el("span", { class: "text" }, line.text, line.by_keys ? el("kbd", {}, t("desk.keys")) : null),
      line.speaker === "caller" && !line.by_keys
        ? el("button", { type: "button", class: "plain add", title: t("desk.talk.add"), "aria-label": t("desk.talk.add"), onclick: () => this.add(line.text) }, "＋")
        : null,
    );
    this.#keys.set(line.key, item);
    const later = [...this.list.children].find((other) => Number(other.dataset.at) > line.at);
    this.list.insertBefore(item, later ?? null);
    if (!stay) this.#end();
  }

  hearing(speaker, text) {
    const stay = !this.#atEnd();
    let item = this.list.querySelector(`.hearing.${speaker}`);
    if (!text) {
      item?.remove();
      return;
    }
    if (!item) {
      item = el("li", { class: `hearing ${speaker}`, "data-at": 1e9 },
        el("span", { class: "at" }, "…"), el("b", {}, t(`speaker.${speaker}`)), el("span", { class: "text" }));
      this.list.append(item);
    }
    item.querySelector(".text").textContent = text;
    if (!stay) this.#end();
  }

  #atEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 40;
  }

  #end() {
    this.list.scrollTop = this.list.scrollHeight;
    hide($("latest"));
  }
}

// Earlier tickets of the number, and open ones like this one.
export class Others {
  #asked = 0;
  #timer = 0;

  // at() gives {seat, call_id} or null; merged() the ticket that is chosen to be merged into.
  constructor(at, merge, merged) {
    this.at = at;
    this.merge = merge;
    this.merged = merged;
    $("search").addEventListener("input", () => this.soon(400));
  }

  clear() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    $("search").value = "";
    $("similar").replaceChildren();
    $("earlier").replaceChildren();
  }

  soon(ms = 700) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), ms);
  }

  async look() {
    const place = this.at();
    if (!place) return;
    this.#asked += 1;
    const mine = this.#asked;
    const query = new URLSearchParams({ ...place, q: $("search").value.trim() });
    let found;
    try {
      const response = await fetch(`/desk/similar?${query}`, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      found = await response.json();
    } catch {
      return;
    }
    // Of several questions under way only the last one's answer counts.
    if (mine !== this.#asked || found.gone) return;
    this.#list($("similar"), found.similar, t("desk.similar.none"), true);
    this.#list($("earlier"), found.earlier, t("desk.earlier.none"), false);
  }

  #list(list, tickets, none, mergeable) {
    list.replaceChildren(
      ...(tickets.length ? tickets.map((one) => this.#item(one, mergeable)) : [el("li", { class: "soft" }, none)]),
    );
  }

  #item(one, mergeable) {
    return el("li", { "data-ticket": one.ticket_no },
      el("div", { class: "line" },
        el("button", { type: "button", class: "plain number", onclick: () => this.#detail(one.ticket_no) }, one.ticket_no),
        el("span", { class: "soft" }, day(one.created)),
        one.state ? el("span", { class: "chip" }, one.state) : null,
        one.repeat > 1 ? el("span", { class: "chip warn" }, t("desk.similar.repeat", { n: one.repeat })) : null,
        one.merged ? el("span", { class: "chip" }, t("desk.similar.count", { n: one.merged })) : null,
        mergeable && this.merged() !== one.ticket_no
          ? el("button", { type: "button", class: "second small", onclick: () => this.merge(one.ticket_no) }, t("desk.similar.merge"))
          : null),
      el("div", {}, el("b", {}, one.name || one.type), " ", one.place ? el("span", {}, one.place, " ") : null, el("span", { class: "soft" }, one.content)),
      one.same.length ? el("div", { class: "chips" }, ...one.same.map((what) => el("span", { class: "chip good" }, t(`desk.same.${what}`)))) : null,
    );
  }

  async #detail(number) {
    const place = this.at();
    const one = place && (await ask("ticket", { ...place, ticket_no: number }));
    if (!one) return;
    $("detail-title").textContent = number;
    const rows = [
      ["desk.form.intent", one.name], ["desk.form.type", one.type], ["desk.form.content", one.content],
      ["desk.form.place", one.place], ["desk.form.occurred", one.occurred], ["desk.form.units", one.units.join("、")],
      ["desk.status", [one.state, one.note].filter(Boolean).join(" · ")],
    ];
    $("detail-body").replaceChildren(
      ...rows.filter(([, value]) => value).flatMap(([label, value]) => [el("dt", {}, t(label)), el("dd", {}, value)]),
    );
    $("detail").showModal();
  }
}

const day = (text) =>
  new Date(text).toLocaleDateString(boot.language === "zh" ? "zh-CN" : "en-GB", { month: "2-digit", day: "2-digit" });
