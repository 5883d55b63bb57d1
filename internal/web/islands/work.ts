// dl-work: the pill in the header that tells of long work, and follows it. The
// page is whole without it: then the pill says how things were when it came.
//
//   <dl-work data-src="/jobs/now.json">
//     <a href="/jobs/J-1" data-job="J-1"><span>Import: 37 %</span></a>
//     <p role="status"></p>
//   </dl-work>
//
// It asks now and then and holds no connection: a browser gives a server six of
// them, and people have many pages open. While the page is not seen it does not
// ask at all.

import { isOurs } from "./fetched.ts";
import { Voice } from "./say.ts";

interface Work {
  id?: string;
  url?: string;
  word?: string;
  part?: number;
  over?: boolean;
}

const busy = 3_000; // milliseconds between two questions while something is at work
const idle = 20_000; // and while nothing is
const step = 10; // percent after which it is said aloud again

class WorkPill extends HTMLElement {
  #voice: Voice | undefined;
  #timer = 0;
  #of = "";
  #said = "";
  #seen = () => this.#ask();

  connectedCallback(): void {
    const region = this.querySelector<HTMLElement>("[role=status]");
    // A page that follows a job by itself says so by itself.
    if (region && !document.querySelector("[data-live-say]")) {
      this.#voice = new Voice(region);
    }
    this.#of = this.querySelector("a")?.dataset.job ?? "";
    document.addEventListener("visibilitychange", this.#seen);
    this.#wait();
  }

  disconnectedCallback(): void {
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#seen);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#ask(), this.#of ? busy : idle);
  }

  async #ask(): Promise<void> {
    const address = this.dataset.src ?? "";
    if (document.hidden || !isOurs(address)) {
      return; // seen again, it asks
    }
    try {
      const answer = await fetch(this.#of ? `${address}?of=${encodeURIComponent(this.#of)}` : address);
      if (answer.status === 401) {
        return; // the session has ended
      }
      if (answer.ok) {
        this.#show((await answer.json()) as Work);
      }
    } catch {
      // The server is gone, or the net: the pill stands as it was.
    }
    this.#wait();
  }

  #show(work: Work): void {
    const link = this.querySelector("a");
    if (!link) {
      return;
    }
    this.#of = work.over ? "" : (work.id ?? "");
    link.hidden = !work.word;
    if (!work.word || !isOurs(work.url ?? "")) {
      return;
    }
    link.href = work.url ?? "";
    const text = link.querySelector("span");
    if (text && text.textContent !== work.word) {
      text.textContent = work.word;
    }
    const saying = `${work.id} ${work.over} ${Math.floor((work.part ?? 0) / step)}`;
    if (saying !== this.#said) {
      this.#said = saying;
      if (work.over) {
        this.#voice?.now(work.word);
      } else {
        this.#voice?.say(work.word);
      }
    }
  }
}

customElements.define("dl-work", WorkPill);
