// The cursor of a list: rows are elements with data-row, its value an id that
// is the same after the page was loaded anew. The current row has the focus and
// aria-current; moving tells "dl:row" to whoever shows a preview. Nothing is
// sent to the server: looking is no decision.

const memory = `dl-row ${location.pathname}`;

let current: HTMLElement | undefined;

/** The rows that can be seen, in the order of the page. */
export function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-row]")].filter((r) => r.checkVisibility());
}

export function currentRow(): HTMLElement | undefined {
  return current?.isConnected ? current : undefined;
}

function mark(row: HTMLElement): void {
  if (row === current) {
    return;
  }
  current?.removeAttribute("aria-current");
  current = row;
  row.setAttribute("aria-current", "true");
  row.dispatchEvent(new CustomEvent("dl:row", { bubbles: true }));
}

/** Makes a row the current one and puts the focus on it. */
export function enter(row: HTMLElement): void {
  mark(row);
  if (!row.hasAttribute("tabindex")) {
    row.tabIndex = -1;
  }
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

/** Moves the cursor by so many rows; with range, what it leaves and reaches is selected. */
export function move(by: number, range = false): boolean {
  const all = rows();
  const at = current ? all.indexOf(current) : -1;
  const to = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)];
  if (!to) {
    return false;
  }
  if (range && at >= 0 && current) {
    select(current, true);
  }
  enter(to);
  if (range) {
    select(to, true);
  }
  return true;
}

/** The first row, or the last. */
export function edge(last: boolean): boolean {
  const row = rows().at(last ? -1 : 0);
  if (row) {
    enter(row);
  }
  return row !== undefined;
}

/** Selects the current row, or takes it back. Without to, it changes over. */
export function select(row: HTMLElement | undefined, to?: boolean): boolean {
  const box = row?.querySelector<HTMLInputElement>("input[type=checkbox]");
  if (!box) {
    return false;
  }
  if (to === undefined || box.checked !== to) {
    box.click(); // so that whoever listens for changes hears it
  }
  return true;
}

/** Opens the current row as its own link would. */
export function open(row: HTMLElement | undefined): boolean {
  const link = row?.querySelector<HTMLElement>("[data-open]") ?? row?.querySelector<HTMLElement>("a[href]");
  link?.click();
  return Boolean(link);
}

/** True when a row somewhere is selected, or everything that matches is. */
export function anySelected(): boolean {
  return document.querySelector("[data-row] input[type=checkbox]:checked, [data-all]:checked") !== null;
}

// Whoever reaches into a row with Tab or the pointer has moved the cursor too.
document.addEventListener("focusin", (e) => {
  const row = (e.target as Element).closest<HTMLElement>("[data-row]");
  if (row) {
    mark(row);
  }
});

// A decision loads the page anew; the cursor stays on its row, or, when that
// has left the list, on the one that took its place.
addEventListener("pagehide", () => {
  const row = currentRow();
  if (row) {
    sessionStorage.setItem(memory, JSON.stringify([row.dataset.row ?? "", rows().indexOf(row)]));
  }
});

function restore(): void {
  const kept = sessionStorage.getItem(memory);
  sessionStorage.removeItem(memory);
  if (!kept || (document.activeElement && document.activeElement !== document.body)) {
    return;
  }
  const [id, index] = JSON.parse(kept) as [string, number];
  const all = rows();
  const row = all.find((r) => id !== "" && r.dataset.row === id) ?? all[Math.min(index, all.length - 1)];
  if (row) {
    enter(row);
  }
}

restore();
