// dl-palette: go anywhere, find anything. The server writes a dialog with a
// search form and a list of links and buttons, which works as that. Here it
// becomes a combobox: what is typed narrows the list and asks data-search for
// pages, JSON [{title, url, kind}]. The links with keys of another part of the
// page, the rail, are commands too: a page need not hold them twice.
//
//   <dl-palette data-places="#menu" data-search="/palette" data-some="{n} found" data-none="Nothing found">
//     <dialog id="palette" closedby="any"> <form action="/statements" role="search"> <label>…<input name="q"></label> </form>
//       <ul> <li><a href="/sources" data-hint="g r">Sources</a></li> … </ul>
//       <p role="status"></p> </dialog> </dl-palette>

import { isOurs } from "./fetched.ts";

interface Found {
  title: string;
  url: string;
  kind: string;
}

const settle = 120; // milliseconds without a key before the server is asked

/** Spelling that does not matter here: case, marks, tatweel, the forms of alef, yeh and kaf. */
function fold(s: string): string {
  return s
    .normalize("NFKD")
    .replace(/[\p{M}\u0640]/gu, "")
    .replace(/ى|ی/g, "ي")
    .replace(/ک/g, "ك")
    .toLowerCase();
}

class Palette extends HTMLElement {
  #input!: HTMLInputElement;
  #list!: HTMLElement;
  #status: HTMLElement | null = null;
  #commands: HTMLLIElement[] = [];
  #found: HTMLLIElement[] = [];
  #at = -1;
  #timer = 0;
  #asked = new AbortController();

  connectedCallback(): void {
    const input = this.querySelector("input");
    const list = this.querySelector("ul");
    if (!input || !list || this.#input) {
      return;
    }
    this.#input = input;
    this.#list = list;
    this.#status = this.querySelector("[role=status]");
    list.id ||= "dl-palette-list";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", this.querySelector("dialog")?.getAttribute("aria-label") ?? input.labels?.[0]?.textContent ?? "");
    this.#commands = [...this.#places(), ...list.querySelectorAll("li")];
    for (const [i, li] of this.#commands.entries()) {
      this.#option(li, `command-${i}`);
    }
    for (const [name, value] of Object.entries({
      role: "combobox",
      autocomplete: "off",
      "aria-autocomplete": "list",
      "aria-expanded": "true",
      "aria-controls": list.id,
      "aria-haspopup": "listbox",
    })) {
      input.setAttribute(name, value);
    }
    input.addEventListener("input", () => this.#typed());
    input.addEventListener("keydown", (e) => this.#key(e));
    input.form?.addEventListener("submit", (e) => {
      if (this.#at >= 0) {
        e.preventDefault();
        this.#choose();
      }
    });
    this.querySelector("dialog")?.addEventListener("toggle", () => this.#opened());
    this.#narrow();
  }

  /** Copies the links with keys of another part of the page. */
  #places(): HTMLLIElement[] {
    const from = this.dataset.places;
    const links = from ? document.querySelectorAll<HTMLAnchorElement>(`${from} a[data-key]`) : [];
    return [...links].map((link) => {
      const li = document.createElement("li");
      const a = document.createElement("a");
      const key = document.createElement("kbd");
      a.href = link.href;
      key.textContent = link.dataset.key ?? "";
      a.append(link.querySelector("span")?.textContent ?? "", " ", key);
      li.append(a);
      return li;
    });
  }

  #opened(): void {
    this.#input.select();
    this.#typed();
  }

  /** Makes a list item's link or button an option of the listbox. */
  #option(li: HTMLLIElement, id: string): void {
    li.setAttribute("role", "none");
    const option = li.querySelector<HTMLElement>("a, button");
    if (!option) {
      return;
    }
    option.id = `dl-palette-${id}`;
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.tabIndex = -1;
    if (option instanceof HTMLButtonElement) {
      option.addEventListener("click", () => this.querySelector("dialog")?.close());
    }
  }

  #options(): HTMLElement[] {
    return [...this.#list.querySelectorAll<HTMLElement>("[role=option]")];
  }

  #typed(): void {
    this.#narrow();
    clearTimeout(this.#timer);
    this.#asked.abort();
    const words = this.#input.value.trim();
    if (words === "") {
      this.#found = [];
      this.#narrow();
      return;
    }
    this.#timer = window.setTimeout(() => void this.#ask(words), settle);
  }

  async #ask(words: string): Promise<void> {
    const address = this.dataset.search ?? "";
    if (!isOurs(address)) {
      return;
    }
    this.#asked = new AbortController();
    const mine = this.#asked.signal;
    let found: Found[] = [];
    try {
      const answer = await fetch(`${address}?q=${encodeURIComponent(words)}`, { signal: mine, headers: { Accept: "application/json" } });
      found = answer.ok ? ((await answer.json()) as Found[]) : [];
    } catch {
      // nothing found, as far as could be seen; Enter still searches
    }
    if (mine.aborted) {
      return;
    }
    this.#found = found.filter((f) => isOurs(f.url)).map((f, i) => this.#item(f, i));
    this.#narrow();
    const n = this.#options().length;
    const say = n > 0 ? this.dataset.some : this.dataset.none;
    if (this.#status) {
      this.#status.textContent = (say ?? "").replace("{n}", new Intl.NumberFormat(document.documentElement.lang || "en").format(n));
    }
  }

  #item(f: Found, i: number): HTMLLIElement {
    const li = document.createElement("li");
    const a = document.createElement("a");
    a.href = f.url;
    const title = document.createElement("bdi");
    title.dir = "auto";
    title.textContent = f.title;
    const kind = document.createElement("span");
    kind.className = "kind";
    kind.textContent = f.kind;
    a.append(title, " ", kind);
    li.append(a);
    this.#option(li, `found-${i}`);
    return li;
  }

  /** Shows the commands that what is typed fits, then what was found. */
  #narrow(): void {
    const words = fold(this.#input.value).split(/\s+/);
    const fit = this.#commands.filter((li) => words.every((w) => fold(li.textContent ?? "").includes(w)));
    this.#list.replaceChildren(...fit, ...this.#found);
    this.#mark(fit.length > 0 && this.#input.value.trim() !== "" ? 0 : -1);
  }

  #mark(at: number): void {
    const options = this.#options();
    this.#at = options.length === 0 ? -1 : at;
    for (const [i, o] of options.entries()) {
      o.setAttribute("aria-selected", String(i === this.#at));
    }
    const now = options[this.#at];
    if (now) {
      this.#input.setAttribute("aria-activedescendant", now.id);
      now.scrollIntoView({ block: "nearest" });
    } else {
      this.#input.removeAttribute("aria-activedescendant");
    }
  }

  #choose(): void {
    this.#options()[this.#at]?.click();
  }

  #key(e: KeyboardEvent): void {
    if (e.isComposing || e.altKey || e.ctrlKey || e.metaKey || e.shiftKey) {
      return;
    }
    const n = this.#options().length;
    const to: Record<string, number> = {
      ArrowDown: this.#at + 1 >= n ? 0 : this.#at + 1,
      ArrowUp: this.#at <= 0 ? n - 1 : this.#at - 1,
      PageDown: Math.min(this.#at + 8, n - 1),
      PageUp: Math.max(this.#at - 8, 0),
    };
    const at = to[e.key];
    if (at !== undefined && n > 0) {
      e.preventDefault();
      this.#mark(at);
    }
  }
}

customElements.define("dl-palette", Palette);
