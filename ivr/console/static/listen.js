// A live call: its talk as it is said, who takes part, and the orders to listen in.
const lines = document.getElementById("lines");
const who = document.getElementById("who");
const said = document.getElementById("said");
const actions = document.getElementById("actions");
const partial = new Map();

function make(kind, person, text, at = "") {
  const item = document.createElement("li");
  item.className = kind;
  const time = document.createElement("span");
  time.className = "soft";
  time.textContent = at;
  const name = document.createElement("b");
  name.textContent = person;
  const words = document.createElement("span");
  words.textContent = text;
  item.append(time, name, words);
  return item;
}

function atEnd() {
  return lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
}

function add(item) {
  const follow = atEnd();
  lines.append(item);
  document.getElementById("nothing").hidden = true;
  if (follow) {
    lines.scrollTop = lines.scrollHeight;
  }
}

function clear(speaker) {
  partial.get(speaker)?.remove();
  partial.delete(speaker);
}

function hear(told) {
  if (told.kind === "line") {
    clear(told.speaker);
    add(make(told.speaker, told.who, told.text, told.at));
    for (const item of partial.values()) {
      lines.append(item);
    }
  } else if (told.kind === "partial") {
    clear(told.speaker);
    if (told.text) {
      const item = make(`${told.speaker} partial`, told.who, told.text);
      partial.set(told.speaker, item);
      add(item);
    }
  } else if (told.kind === "gap") {
    add(make("note", "", told.text));
  } else if (told.kind === "note") {
    said.textContent = told.text;
  } else if (told.kind === "parties") {
    who.replaceChildren(
      ...told.parties.map((text) => {
        const item = document.createElement("li");
        item.className = "state";
        item.textContent = text;
        return item;
      }),
    );
    for (const button of actions?.querySelectorAll("[data-mode]") ?? []) {
      const mode = button.dataset.mode === "join" ? "talk" : button.dataset.mode;
      button.setAttribute("aria-pressed", String(mode === told.mode));
    }
  }
}

async function order(path) {
  try {
    const response = await fetch(`/board/calls/${actions.dataset.call}/${path}`, {
      method: "POST",
      headers: { "X-CSRF-Token": document.querySelector("meta[name=csrf]").content },
    });
    said.textContent = response.ok ? actions.dataset.sent : actions.dataset.failed;
  } catch {
    said.textContent = actions.dataset.failed;
  }
}

function press(button) {
  order("leave" in button.dataset ? "leave" : `supervise?mode=${button.dataset.mode}`);
}

if (actions) {
  const buttons = [...actions.querySelectorAll("button")];
  for (const button of buttons) {
    button.addEventListener("click", () => press(button));
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("input, textarea, select")) {
      return;
    }
    const index = ["1", "2", "3", "0"].indexOf(event.key);
    if (index >= 0) {
      press(buttons[index]);
    }
  });
}

if (lines) {
  let source;
  const open = () => {
    source = new EventSource(lines.dataset.events);
    // Opened again after a loss, it begins anew.
    source.addEventListener("open", () => {
      lines.replaceChildren();
      partial.clear();
    });
    source.addEventListener("message", (message) => {
      const told = JSON.parse(message.data);
      if (told.kind === "over") {
        source.close();
        for (const speaker of [...partial.keys()]) {
          clear(speaker);
        }
        said.textContent = told.text;
        for (const button of actions?.querySelectorAll("button") ?? []) {
          button.disabled = true;
        }
        return;
      }
      hear(told);
    });
  };
  open();
  window.addEventListener("pagehide", () => source.close());
}
