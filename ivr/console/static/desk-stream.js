// What happens at the seat, as server-sent events. Every connection begins with all there is to
// know, so a lost one is simply opened again.

const SILENT_MS = 15000;
const SHORTEST_MS = 500;
const LONGEST_MS = 5000;

export class Stream {
  #source = null;
  #timer = 0;
  #wait = SHORTEST_MS;
  #last = 0;
  #watch = 0;

  // handlers: by name of the event; connected(is) is told when the connection comes and goes.
  constructor(handlers, connected) {
    this.handlers = handlers;
    this.connected = connected;
  }

  open(url) {
    this.close();
    this.url = url;
    this.#connect();
    this.#watch = setInterval(() => {
      // A connection may die without a word, as when a laptop slept.
      if (this.#source && Date.now() - this.#last > SILENT_MS) this.#again();
    }, 2000);
  }

  close() {
    clearTimeout(this.#timer);
    clearInterval(this.#watch);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    this.#last = Date.now();
    const source = new EventSource(this.url);
    this.#source = source;
    const alive = () => {
      this.#last = Date.now();
      this.#wait = SHORTEST_MS;
      this.connected(true);
    };
    source.addEventListener("beat", alive);
    source.addEventListener("bye", () => location.assign("/sign-in"));
    for (const [name, handle] of Object.entries(this.handlers)) {
      source.addEventListener(name, (event) => {
        alive();
        handle(JSON.parse(event.data));
      });
    }
    source.onerror = () => this.#again();
  }

  #again() {
    this.#source?.close();
    this.#source = null;
    this.connected(false);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#check(), this.#wait);
    this.#wait = Math.min(this.#wait * 2, LONGEST_MS);
  }

  // An EventSource does not tell why it failed: whoever was signed out must sign in.
  async #check() {
    try {
      const response = await fetch("/desk/alive", { headers: { Accept: "application/json" } });
      if (response.status === 401) {
        location.assign("/sign-in");
        return;
      }
    } catch {
      this.#again();
      return;
    }
    this.#connect();
  }
}
