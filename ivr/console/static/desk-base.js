// What every part of the desk uses: its words, elements, and questions to the node.

const root = document.getElementById("desk");

export const boot = JSON.parse(root.dataset.boot);
export const me = root.dataset.user;
export const $ = (id) => document.getElementById(id);

export function t(id, values = {}) {
  let text = boot.words[id] ?? id;
  for (const [name, value] of Object.entries(values)) {
    text = text.replaceAll(`{${name}}`, value);
  }
  return text;
}

// el("li", { class: "x", onclick: f }, "text", otherElement)
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

export const hide = (element, hidden = true) => {
  element.hidden = hidden;
};

// A sentence that goes away by itself.
export function toast(text, kind = "") {
  const shown = el("p", { class: `toast ${kind}` }, text);
  $("toasts").append(shown);
  setTimeout(() => shown.remove(), 6000);
}

export class Refused extends Error {}

const csrf = document.querySelector("meta[name=csrf]").content;

// Ask the node to do something. Throws Refused with the words that say why not.
export async function post(path, body) {
  let response;
  try {
    response = await fetch(`/desk/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
      body: JSON.stringify(body),
      // What is sent while the page goes away still arrives.
      keepalive: true,
    });
  } catch {
    throw new Refused(t("desk.bad.network"));
  }
  if (response.status === 401) location.assign("/sign-in");
  const answer = await response.json().catch(() => ({}));
  if (!response.ok || answer.error) throw new Refused(answer.error ?? t("desk.bad.network"));
  return answer;
}

// As post, with the refusal shown; undefined if it was refused.
export async function ask(path, body) {
  try {
    return await post(path, body);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    toast(error.message, "bad");
    return undefined;
  }
}

export const clock = (seconds) => {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
};
