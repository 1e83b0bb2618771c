// The ticket's form. The node keeps it; here it is shown, and each change is sent as it is made.
// What the operator is typing is never overwritten by what comes in.

import { $, Refused, ask, boot, el, hide, post, t, toast } from "./desk-base.js";

const TYPED = ["content", "place", "occurred", "contact_name", "contact_number"];
const CHOSEN = ["type", "urgency", "confidential", "county", "town"];
const PAUSE_MS = 600;

const intentByName = new Map(boot.intents.map((one) => [one.name, one.id]));

export class Form {
  #at;
  #view = null; // what the node says of the form
  #timers = new Map();
  #sending = new Map();
  #dirty = new Set();

  // at() gives {seat, call_id} or null; changed(view) is told of every new state.
  constructor(at, changed) {
    this.#at = at;
    this.changed = changed;
    this.#options("f-type", boot.types);
    this.#options("f-urgency", boot.urgencies);
    this.#options("f-confidential", boot.confidential);
    this.#options("f-county", boot.counties.map((one) => [one.code, one.name]), true);
    $("intents").replaceChildren(...boot.intents.map((one) => el("option", { value: one.name }, one.type)));
    for (const select of document.querySelectorAll("#form select")) select.selectedIndex = -1;
    $("all-units").replaceChildren(...boot.units.map((unit) => el("option", { value: unit })));
    for (const name of TYPED) {
      $(`f-${name}`).addEventListener("input", () => this.#later(name));
      $(`f-${name}`).addEventListener("change", () => this.#now(name));
    }
    for (const name of CHOSEN) $(`f-${name}`).addEventListener("change", () => this.#now(name));
    $("f-intent").addEventListener("change", () => this.#intent());
    $("f-call_back").addEventListener("change", (event) => this.set("call_back", event.target.checked));
    $("f-grid_code").addEventListener("change", (event) => this.set("grid_code", event.target.value));
    $("f-grid").addEventListener("change", (event) =>
      this.set("grid_code", $("f-grid_code").value + event.target.value));
    $("f-units").addEventListener("change", (event) => this.#addUnit(event.target));
  }

  get view() {
    return this.#view;
  }

  clear() {
    this.#view = null;
    this.#dirty.clear();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    $("form").reset();
    for (const select of document.querySelectorAll("#form select")) select.selectedIndex = -1;
    $("fields").disabled = true;
    for (const id of ["units", "alternatives"]) $(id).replaceChildren();
    for (const hint of document.querySelectorAll("#form .hint")) hide(hint);
    for (const field of document.querySelectorAll("#form .field")) field.classList.remove("heard", "kept", "wrong");
    hide($("application"));
    $("application").dataset.slots = "";
    hide($("merging"));
  }

  show(view) {
    this.#view = view;
    $("fields").disabled = false;
    this.#put("f-intent", view.intent_name);
    for (const name of ["type", "urgency", "confidential", "county", ...TYPED]) this.#put(`f-${name}`, view[name]);
    this.#towns(view.county, view.town);
    this.#grids(view.town, view.grid_code);
    $("f-call_back").checked = view.call_back;
    this.#units(view.units);
    this.#alternatives(view);
    this.#application(view);
    this.#merging(view.merged_into);
    for (const field of document.querySelectorAll("#form .field")) this.#hint(field, view);
    this.changed(view);
  }

  // Set a field; the form that follows from it comes with the stream.
  async set(name, value) {
    const place = this.#at();
    if (!place) return;
    const sent = post("field", { ...place, field: name, value });
    this.#sending.set(name, sent);
    const field = document.querySelector(`[data-field="${name}"]`);
    try {
      await sent;
      field?.classList.remove("wrong");
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (field) this.#wrong(field, error.message);
      else toast(error.message, "bad");
    } finally {
      if (this.#sending.get(name) === sent) {
        this.#sending.delete(name);
        if (!this.#timers.has(name)) this.#settled(name, field);
      }
    }
  }

  // The node may have written a value in its own way, and said so before this was answered.
  #settled(name, field) {
    this.#dirty.delete(`f-${name}`);
    const wrong = field?.classList.contains("wrong");
    if (!this.#view || wrong) return;
    const of_service = this.#view.application.find((one) => `application.${one.slot}` === name);
    if (TYPED.includes(name)) this.#put(`f-${name}`, this.#view[name]);
    else if (of_service && !of_service.private) this.#put(`f-${name}`, of_service.value);
  }

  // Send what has been typed and not sent yet.
  async flush() {
    for (const name of [...this.#timers.keys()]) this.#now(name);
    await Promise.allSettled([...this.#sending.values()]);
  }

  // The operator has asked for the whole number.
  reveal(number) {
    if (this.#view) this.#view.contact_number = number;
    this.#put("f-contact_number", number);
  }

  add(text) {
    const area = $("f-content");
    area.value = [area.value.trim(), text].filter(Boolean).join("；").slice(0, 1000);
    this.#now("content");
  }

  #later(name) {
    this.#dirty.add(`f-${name}`);
    clearTimeout(this.#timers.get(name));
    this.#timers.set(name, setTimeout(() => this.#now(name), PAUSE_MS));
  }

  #now(name) {
    clearTimeout(this.#timers.get(name));
    this.#timers.delete(name);
    const value = $(`f-${name}`).value;
    // A number that is still masked was not touched.
    if (this.#view && value !== this.#view[name] && !(name === "contact_number" && value.includes("*"))) {
      this.#dirty.add(`f-${name}`);
      this.set(name, value);
    } else {
      this.#dirty.delete(`f-${name}`);
    }
  }

  #intent() {
    const input = $("f-intent");
    const id = intentByName.get(input.value.trim());
    if (id) this.set("intent", id);
    else this.#wrong(document.querySelector('[data-field="intent"]'), t("desk.bad.intent"));
  }

  #put(id, value) {
    const input = $(id);
    const same = input.value === value && input.selectedIndex !== -1;
    if (!this.#dirty.has(id) && !same) input.value = value;
  }

  #options(id, values, unknown = false) {
    const rows = values.map((value) => (Array.isArray(value) ? value : [value, value]));
    $(id).replaceChildren(
      ...(unknown ? [el("option", { value: "" }, t("desk.form.unknown"))] : []),
      ...rows.map(([value, name]) => el("option", { value }, name)),
    );
  }

  #towns(county, town) {
    const towns = boot.towns.filter((one) => one.code.startsWith(county));
    this.#options("f-town", towns.map((one) => [one.code, one.name]), true);
    $("f-town").value = town;
  }

  #grids(town, code) {
    const communities = boot.towns.find((one) => one.code === town)?.communities ?? [];
    this.#options("f-grid_code", communities.map((one) => [one.code, one.name]), true);
    $("f-grid_code").value = code.slice(0, 12);
    const grids = communities.find((one) => one.code === code.slice(0, 12))?.grids ?? 0;
    const numbers = Array.from({ length: grids }, (_, n) => String(n + 1).padStart(3, "0"));
    this.#options("f-grid", numbers.map((n) => [n, t("desk.form.grid-n", { n: Number(n) })]), true);
    $("f-grid").value = code.slice(12);
    $("f-grid").disabled = grids === 0;
  }

  #units(units) {
    $("units").replaceChildren(
      ...units.map((unit) =>
        el("li", { class: "chip" }, unit,
          el("button", {
            type: "button", class: "plain", "aria-label": t("desk.form.drop-unit", { unit }),
            onclick: () => this.set("units", units.filter((one) => one !== unit)),
          }, "×"))),
    );
  }

  #addUnit(input) {
    const unit = input.value.trim();
    input.value = "";
    if (unit) this.set("units", [...this.#view.units, unit]);
  }

  #alternatives(view) {
    const others = view.alternatives.filter((one) => one.intent !== view.intent);
    $("alternatives").replaceChildren(
      ...(others.length ? [el("span", { class: "soft" }, t("desk.card.alternatives"))] : []),
      ...others.map((one) =>
        el("button", { type: "button", class: "chip", onclick: () => this.set("intent", one.intent) }, one.name)),
    );
    hide($("alternatives"), !others.length);
  }

  // The fields of a service's form. They are made anew only when there are others, so that the
  // one being typed in stays.
  #application(view) {
    const box = $("application");
    hide(box, !view.application.length);
    const slots = view.application.map((one) => one.slot).join();
    if (box.dataset.slots !== `${view.call_id} ${slots}`) {
      box.dataset.slots = `${view.call_id} ${slots}`;
      box.replaceChildren(
        el("h3", {}, `${t("desk.form.application")} · ${view.service}`),
        el("div", { class: "grid" }, ...view.application.map((one) => this.#question(one))),
      );
    }
    for (const one of view.application) {
      const input = $(`f-application.${one.slot}`);
      input.placeholder = one.private ? one.value : "";
      if (!one.private) this.#put(`f-application.${one.slot}`, one.value);
    }
  }

  #question(one) {
    const name = `application.${one.slot}`;
    const id = `f-${name}`;
    const set = (event) => {
      this.#dirty.add(id);
      this.set(name, event.target.value);
      // A private value is masked as soon as it has been given.
      if (one.private) event.target.value = "";
    };
    const input = one.choices.length
      ? el("select", { id, onchange: set }, ...["", ...one.choices].map((value) => el("option", { value }, value)))
      : el("input", { id, onchange: set, maxlength: 200, oninput: () => this.#dirty.add(id) });
    return el("div", { class: "field", "data-field": name },
      el("label", { for: id }, one.label), input, el("p", { class: "hint", hidden: true }));
  }

  #merging(number) {
    hide($("merging"), !number);
    $("merging").replaceChildren(
      t("desk.similar.merged", { n: number }), " ",
      el("button", { type: "button", class: "second small", onclick: () => this.set("merged_into", "") }, t("desk.similar.unmerge")),
    );
  }

  // Under each field: what it was filled from, what else was said, or that it is the operator's.
  #hint(field, view) {
    const name = field.dataset.field;
    const group = name === "county" || name === "town" ? "place" : name;
    const hint = field.querySelector(".hint");
    const kept = view.kept.includes(group);
    const source = view.sources[group];
    const offer = view.offers.find((one) => one.field === name);
    const missing = view.ticket_no === "" ? undefined : view.missing[name];
    field.classList.toggle("heard", Boolean(source));
    field.classList.toggle("kept", kept);
    if (!hint || field.classList.contains("wrong")) return;
    const parts = [];
    if (missing) parts.push(t(missing));
    if (offer) {
      parts.push(t("desk.form.offer", { value: offer.shown }), " ",
        el("button", { type: "button", class: "second small", title: offer.words, onclick: () => this.#take("accept", name) }, t("desk.form.take")));
    } else if (source && name === group) {
      parts.push(t("desk.form.heard", { words: source }));
    } else if (kept && name === group) {
      parts.push(t("desk.form.kept"), " ",
        el("button", { type: "button", class: "plain small", onclick: () => this.#take("release", group) }, t("desk.form.release")));
    }
    hint.classList.toggle("offer", Boolean(offer));
    hint.replaceChildren(...parts);
    hide(hint, !parts.length);
  }

  #take(path, field) {
    const place = this.#at();
    if (place) ask(path, { ...place, field });
  }

  #wrong(field, text) {
    field.classList.add("wrong");
    const hint = field.querySelector(".hint");
    if (!hint) {
      toast(text, "bad");
      return;
    }
    hint.textContent = text;
    hide(hint, false);
  }
}
