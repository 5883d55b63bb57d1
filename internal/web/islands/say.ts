// Status messages for those who listen: at most one every ten seconds, and the
// last one always.

const apart = 10_000; // milliseconds

/** Speaks through an element with role="status". */
export class Voice {
  #region: HTMLElement;
  #next = "";
  #free = 0; // when it may speak again
  #timer = 0;

  constructor(region: HTMLElement) {
    this.#region = region;
  }

  /** Says it now, if the last words are ten seconds old, and else then. */
  say(words: string): void {
    this.#next = words;
    const wait = this.#free - performance.now();
    if (wait <= 0) {
      this.now(words);
    } else if (this.#timer === 0) {
      this.#timer = window.setTimeout(() => this.now(this.#next), wait);
    }
  }

  /** Says it at once: an end, a failure. */
  now(words: string): void {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#free = performance.now() + apart;
    if (this.#region.textContent !== words) {
      this.#region.textContent = words;
    }
  }
}
