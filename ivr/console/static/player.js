// The talk follows the sound, and the sound goes to whatever line is chosen.
const sound = document.getElementById("sound");
const lines = [...document.querySelectorAll(".talk > li[data-from]")].map((item) => ({
  item,
  from: Number(item.dataset.from),
  to: Number(item.dataset.to),
}));

function follow() {
  const now = sound.currentTime;
  for (const { item, from, to } of lines) {
    const here = from <= now && now < Math.max(to, from + 0.2);
    if (here !== item.classList.contains("now")) {
      item.classList.toggle("now", here);
      if (here && !sound.paused) {
        item.scrollIntoView({ block: "nearest" });
      }
    }
  }
}

if (sound) {
  sound.addEventListener("timeupdate", follow);
  sound.addEventListener("seeked", follow);
  for (const { item, from } of lines) {
    item.querySelector(".at").addEventListener("click", () => {
      sound.currentTime = Math.max(0, from);
      sound.play().catch(() => follow());
    });
  }
}
