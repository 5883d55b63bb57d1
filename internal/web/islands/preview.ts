// dl-preview: the pane beside a list shows what the cursor is on. A row names
// the page with data-preview; the pane is the element with data-preview-pane;
// shown is the page's part with data-fragment, or its main. Nothing is marked
// as read, and where there is no pane to be seen, nothing is fetched.

import { fetchPage, isOurs } from "./fetched.ts";

const settle = 60; // milliseconds the cursor rests before anything is asked for

let waiting = 0;
let asked = new AbortController();

async function show(row: HTMLElement, pane: HTMLElement, address: string): Promise<void> {
  asked.abort();
  asked = new AbortController();
  const mine = asked;
  pane.setAttribute("aria-busy", "true");
  try {
    const page = await fetchPage(address, mine.signal);
    const part = page.querySelector("[data-fragment]") ?? page.querySelector("main");
    if (part && row.isConnected) {
      pane.replaceChildren(...[...part.childNodes].map((n) => document.importNode(n, true)));
      pane.scrollTop = 0;
      pane.removeAttribute("data-failed");
    }
  } catch {
    if (mine.signal.aborted) {
      return;
    }
    pane.setAttribute("data-failed", ""); // what it shows is of another row
    pane.replaceChildren();
  }
  pane.removeAttribute("aria-busy");
  pane.inert = false;
}

document.addEventListener("dl:row", (e) => {
  const row = e.target as HTMLElement;
  const pane = document.querySelector<HTMLElement>("[data-preview-pane]");
  const address = row.dataset.preview;
  if (!pane?.checkVisibility() || !address || !isOurs(address)) {
    return;
  }
  pane.inert = true; // until it shows this row, its keys and buttons are about another
  clearTimeout(waiting);
  waiting = window.setTimeout(() => void show(row, pane, address), settle);
});
