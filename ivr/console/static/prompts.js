// Listening to prompts, and trying a recording before it takes a prompt's place.
const list = document.getElementById("prompts");
const heard = document.getElementById("heard");
const words = list.dataset;

async function send(prompt, what, body) {
  const response = await fetch(`/prompts/${prompt}/${what}`, {
    method: "POST",
    body,
    headers: {
      Accept: "application/json",
      "Content-Type": "application/octet-stream",
      "X-CSRF-Token": document.querySelector("meta[name=csrf]").content,
    },
  });
  const answer = await response.json();
  if (!response.ok) {
    throw new Error(answer.error || String(response.status));
  }
  return answer;
}

function measured(answer) {
  const facts = words.measured
    .replace("%s", answer.seconds.toFixed(1))
    .replace("%l", answer.loudness.toFixed(0))
    .replace("%p", answer.peak.toFixed(0));
  return [facts, ...answer.doubts.map((doubt) => words[`doubt${doubt[0].toUpperCase()}${doubt.slice(1)}`])].join(" ");
}

function prepare(item) {
  const prompt = item.dataset.prompt;
  const trying = item.querySelector(".trying");
  const status = trying.querySelector(".measured");
  const sound = trying.querySelector("audio");
  const even = trying.querySelector("input[type=checkbox]");
  const use = trying.querySelector("[data-use]");
  let file = null;

  async function attempt() {
    trying.hidden = false;
    use.disabled = true;
    status.className = "measured";
    status.textContent = "…";
    try {
      if (file.size > Number(words.most)) {
        throw new Error(`> ${Math.round(words.most / 1e6)} MB`);
      }
      const answer = await send(prompt, `try?even=${even.checked ? 1 : 0}`, file);
      status.textContent = measured(answer);
      status.classList.toggle("warn", answer.doubts.length > 0);
      use.disabled = false;
    } catch (error) {
      status.textContent = `${words.unfit}${error.message}`;
      status.classList.add("bad");
    }
  }

  item.querySelector("[data-listen]")?.addEventListener("click", () => {
    heard.src = `/prompts/${prompt}/sound?at=${Date.now()}`;
    heard.play().catch(() => {});
  });
  item.querySelector("input[type=file]")?.addEventListener("change", (event) => {
    file = event.target.files[0] ?? null;
    if (file) {
      if (sound.src) {
        URL.revokeObjectURL(sound.src);
      }
      sound.src = URL.createObjectURL(file);
      attempt();
    }
  });
  even.addEventListener("change", () => file && attempt());
  use.addEventListener("click", async () => {
    use.disabled = true;
    try {
      await send(prompt, `replace?even=${even.checked ? 1 : 0}`, file);
      location.reload();
    } catch (error) {
      status.textContent = `${words.failed}${error.message}`;
      status.className = "measured bad";
    }
  });
  item.querySelector("[data-back]")?.addEventListener("click", async (event) => {
    event.target.disabled = true;
    try {
      await send(prompt, "back");
      location.reload();
    } catch (error) {
      trying.hidden = false;
      status.textContent = `${words.failed}${error.message}`;
      status.className = "measured bad";
    }
  });
}

for (const item of list.children) {
  prepare(item);
}
