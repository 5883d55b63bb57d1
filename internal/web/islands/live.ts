// dl-live: a job's progress while one looks. The page is whole without it; the
// server sends events with words already in the reader's language, and they are
// put where the page has a place for them:
//
//   <dl-live data-src="/jobs/J-1/events">
//     <progress data-live="progress" value="0.31" max="1"></progress>
//     <span data-live="done">12,000</span>
//     <p role="status" data-live-say></p>
//     <p data-live-end hidden>…</p> <p data-live-lost hidden>…</p>
//   </dl-live>
//
// An event is JSON: {"fields": {"done": "13,000", "progress": 0.33}, "say":
// "33 % done", "title": "33 % · import"}. The event "end" is the last one.

import { isOurs } from "./fetched.ts";
import { isBlank } from "./panic.ts";
import { Voice } from "./say.ts";

interface News {
  fields?: Record<string, string | number>;
  say?: string;
  title?: string;
}

class Live extends HTMLElement {
  #source: EventSource | undefined;
  #voice: Voice | undefined;

  connectedCallback(): void {
    const address = this.dataset.src ?? "";
    const region = this.querySelector<HTMLElement>("[data-live-say]");
    if (region) {
      this.#voice = new Voice(region);
    }
    if (!isOurs(address)) {
      return;
    }
    const source = new EventSource(address);
    this.#source = source;
    source.addEventListener("message", (e) => this.#take(e.data, false));
    source.addEventListener("end", (e) => {
      source.close(); // it would ask again
      this.#take(e.data, true);
      this.#reveal("[data-live-end]", true);
    });
    source.addEventListener("error", () => this.#reveal("[data-live-lost]", source.readyState !== EventSource.OPEN));
    source.addEventListener("open", () => this.#reveal("[data-live-lost]", false));
  }

  disconnectedCallback(): void {
    this.#source?.close();
  }

  #reveal(selector: string, shown: boolean): void {
    for (const e of this.querySelectorAll<HTMLElement>(selector)) {
      e.hidden = !shown;
    }
  }

  #take(data: string, last: boolean): void {
    const news = JSON.parse(data) as News;
    for (const place of this.querySelectorAll<HTMLElement>("[data-live]")) {
      const value = news.fields?.[place.dataset.live ?? ""];
      if (value === undefined) {
        continue;
      }
      if (place instanceof HTMLProgressElement || place instanceof HTMLMeterElement) {
        place.value = Number(value);
      } else {
        place.textContent = String(value);
      }
    }
    if (news.title && !isBlank()) {
      document.title = news.title;
    }
    if (news.say) {
      if (last) {
        this.#voice?.now(news.say);
      } else {
        this.#voice?.say(news.say);
      }
    }
  }
}

customElements.define("dl-live", Live);
