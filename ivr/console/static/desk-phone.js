// The buttons of the call, who is in it, and whom to ring.

import { $, ask, boot, el, hide, t, toast } from "./desk-base.js";

const SURE_MS = 10000;

export class Phone {
  #at;
  #seat = "";
  #parties = [];
  #talking = false;
  #sure = 0;

  // at() gives {seat, call_id} or null.
  constructor(at) {
    this.#at = at;
    for (const button of document.querySelectorAll("[data-order]")) {
      button.addEventListener("click", () => this.#press(button.dataset.order));
    }
    this.picker = new Picker();
  }

  show({ seat, parties, talking }) {
    this.#seat = seat;
    this.#parties = parties;
    this.#talking = talking;
    const mine = this.#mine;
    const caller = parties.find((one) => one.role === "caller");
    const guest = this.#guest;
    const allowed = {
      hold: talking, mute: talking, blind: talking && !guest, consult: talking && !guest,
      conference: talking, complete: talking && guest, retrieve: talking && guest, end: talking,
    };
    for (const button of document.querySelectorAll("[data-order]")) button.disabled = !allowed[button.dataset.order];
    this.#toggle("hold", caller?.held, "desk.hold", "desk.unhold");
    this.#toggle("mute", mine?.muted, "desk.mute", "desk.unmute");
    hide($("parties"), parties.length < 1 || !talking);
    $("parties").replaceChildren(
      ...parties.map((one) =>
        el("li", { class: one.joined ? "chip" : "chip warn" }, this.name(one.role, one.target),
          one.held ? ` · ${t("desk.party.held")}` : "",
          one.muted ? ` · ${t("desk.party.muted")}` : "",
          one.joined || one.role === "caller" ? "" : ` · ${t("desk.party.ringing")}`)),
    );
  }

  // Ring somebody into the call at once.
  join(target) {
    this.#order("conference", { target });
  }

  name(role, target) {
    const known = boot.targets.find((one) => one.target === target);
    if (known) return known.name ? `${target} ${known.name}` : target;
    if (target.startsWith("seat:")) return `${t("desk.seat")} ${target.slice(5)}`;
    return target || t(`desk.party.${role}`);
  }

  get #mine() {
    return this.#parties.find((one) => one.target === `seat:${this.#seat}`);
  }

  // The one consulted or added: anybody but the caller, this seat and a supervisor.
  get #guest() {
    return this.#parties.find((one) => one !== this.#mine && one.role !== "caller" && one.role !== "supervisor");
  }

  async #press(order) {
    const caller = this.#parties.find((one) => one.role === "caller");
    if (order === "hold") return this.#order(order, { on: !caller?.held });
    if (order === "mute") return this.#order(order, { on: !this.#mine?.muted });
    if (order === "end") return this.#end();
    if (order === "conference" && this.#guest) return this.#order(order, { target: "" });
    if (["blind", "consult", "conference"].includes(order)) {
      const target = await this.picker.pick(t(`desk.pick.${order}`), this.#seat);
      return target ? this.#order(order, { target }) : undefined;
    }
    return this.#order(order, {});
  }

  // A call is not ended by one slip of the hand.
  #end() {
    const label = document.querySelector("[data-order=end] span");
    if (Date.now() - this.#sure < SURE_MS) {
      this.#sure = 0;
      label.textContent = t("desk.end");
      return this.#order("end", {});
    }
    this.#sure = Date.now();
    label.textContent = t("desk.end-sure");
    setTimeout(() => {
      if (Date.now() - this.#sure >= SURE_MS) label.textContent = t("desk.end");
    }, SURE_MS + 100);
    return undefined;
  }

  #order(order, more) {
    const place = this.#at();
    return place && this.#talking ? ask("order", { ...place, do: order, ...more }) : undefined;
  }

  #toggle(order, on, off_text, on_text) {
    const button = document.querySelector(`[data-order=${order}]`);
    button.setAttribute("aria-pressed", on ? "true" : "false");
    button.querySelector("span").textContent = t(on ? on_text : off_text);
  }
}

export function news(event, phone) {
  if (event.type === "OrderRefused") toast(t(`reason.${event.reason}`), "bad");
  else {
    const who = phone.name(event.role, event.target);
    if (event.type === "PartyRefused") toast(t("desk.news.refused", { who, why: t(`reason.${event.reason}`) }), "warn");
    else if (event.role !== "caller") toast(t("desk.news.left", { who }));
  }
}

// Chooses from seats and numbers by typing a few characters; arrows and Enter, or a click.
class Picker {
  #done = null;
  #found = [];
  #chosen = 0;
  #all = [];

  constructor() {
    const find = $("pick-find");
    find.addEventListener("input", () => this.#filter());
    find.addEventListener("keydown", (event) => this.#key(event));
    $("pick").addEventListener("close", () => this.#settle(null));
  }

  pick(title, seat) {
    const numbers = boot.targets.map((one) => ({ target: one.target, text: `${one.target} ${one.name}`, use: one.use }));
    const seats = boot.seats
      .filter((name) => name !== seat)
      .map((name) => ({ target: `seat:${name}`, text: `${t("desk.seat")} ${name}`, use: "" }));
    this.#all = [...seats, ...numbers];
    $("pick-title").textContent = title;
    $("pick-find").value = "";
    this.#filter();
    $("pick").showModal();
    $("pick-find").focus();
    return new Promise((resolve) => {
      this.#done = resolve;
    });
  }

  #filter() {
    const words = $("pick-find").value.trim().toLowerCase();
    this.#found = this.#all.filter((one) => one.text.toLowerCase().includes(words));
    this.#chosen = 0;
    this.#draw();
  }

  #draw() {
    $("pick-list").replaceChildren(
      ...this.#found.map((one, n) =>
        el("li", { role: "option", id: `pick-${n}`, "aria-selected": n === this.#chosen ? "true" : "false", onclick: () => this.#take(one) },
          el("b", {}, one.text), " ", el("span", { class: "soft" }, one.use))),
      ...(this.#found.length ? [] : [el("li", { class: "soft" }, t("desk.pick.none"))]),
    );
    $("pick-find").setAttribute("aria-activedescendant", this.#found.length ? `pick-${this.#chosen}` : "");
    $("pick-list").querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#chosen = (this.#chosen + step + this.#found.length) % this.#found.length;
      this.#draw();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      if (this.#found.length) this.#take(this.#found[this.#chosen]);
    }
  }

  #take(one) {
    this.#settle(one.target);
    $("pick").close();
  }

  #settle(target) {
    this.#done?.(target);
    this.#done = null;
  }
}
