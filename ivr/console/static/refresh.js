// Parts of a page that renew themselves: each [data-part] is replaced only when the server sends it
// differently from the last time, so nothing flickers, and focus and open details stay.
const stale = document.getElementById("stale");
const failing = new Set();

function elapsed(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor(whole / 60) % 60;
  const hours = Math.floor(whole / 3600);
  return hours ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

function tick() {
  for (const time of document.querySelectorAll("time[data-since]")) {
    const text = elapsed(Date.now() / 1000 - Number(time.dataset.since));
    if (time.textContent !== text) {
      time.textContent = text;
    }
  }
}

function partsOf(root) {
  return [...root.querySelectorAll("[data-part]")];
}

function put(place, text, known) {
  const fresh = new DOMParser().parseFromString(text, "text/html").body;
  const wanted = partsOf(fresh);
  const present = new Map(partsOf(place).map((part) => [part.id, part]));
  const focused = place.contains(document.activeElement) ? document.activeElement : null;
  const id = focused ? focused.id : "";
  const bodies = new Map(wanted.map((part) => [part.id, part.outerHTML]));
  if (wanted.length !== present.size || wanted.some((part) => !present.has(part.id))) {
    place.replaceChildren(...fresh.children);
  } else {
    for (const part of wanted) {
      const old = present.get(part.id);
      const typing = old.contains(focused) && focused.matches("input, select, textarea");
      if (known.get(part.id) !== bodies.get(part.id) && !typing) {
        const open = [...old.querySelectorAll("details[open]")].map((one) => one.id);
        old.replaceWith(part);
        for (const one of open) {
          document.getElementById(one)?.setAttribute("open", "");
        }
      }
    }
  }
  known.clear();
  for (const [part, body] of bodies) {
    known.set(part, body);
  }
  if (id && document.activeElement?.id !== id) {
    document.getElementById(id)?.focus({ preventScroll: true });
  }
  tick();
}

function follow(place) {
  const known = new Map(partsOf(place).map((part) => [part.id, part.outerHTML]));
  const url = place.dataset.refresh + ("query" in place.dataset ? location.search : "");
  async function renew() {
    try {
      const response = await fetch(url, { headers: { Accept: "text/plain" } });
      if (response.status === 401) {
        location.reload();
        return;
      }
      if (!response.ok) {
        throw new Error(String(response.status));
      }
      put(place, await response.text(), known);
      failing.delete(url);
    } catch {
      failing.add(url);
    }
    if (stale) {
      stale.hidden = failing.size === 0;
      stale.textContent = failing.size ? stale.dataset.text : "";
    }
    setTimeout(renew, document.hidden ? 30000 : Number(place.dataset.every));
  }
  setTimeout(renew, Number(place.dataset.every));
}

for (const place of document.querySelectorAll("[data-refresh]")) {
  follow(place);
}
tick();
setInterval(tick, 1000);
