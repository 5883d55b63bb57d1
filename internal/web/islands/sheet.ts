// The key sheet: what this page's own buttons and links are pressed by. It is
// read from them when it is opened, so it cannot say anything that is not so.

function words(e: HTMLElement): string {
  const named = e.getAttribute("aria-label") ?? (e instanceof HTMLInputElement ? (e.labels?.[0]?.textContent ?? e.placeholder) : "");
  if (named) {
    return named.trim();
  }
  const copy = e.cloneNode(true) as HTMLElement;
  for (const k of copy.querySelectorAll("kbd")) {
    k.remove();
  }
  return copy.textContent?.trim() ?? "";
}

document.getElementById("keys")?.addEventListener("toggle", (e) => {
  const list = (e.target as HTMLElement).querySelector("[data-page-keys]");
  if (!list || !(e.target as HTMLDialogElement).open) {
    return;
  }
  const rows: HTMLElement[] = [];
  const said = new Set<string>();
  for (const x of document.querySelectorAll<HTMLElement>("main [data-key], .did [data-key]")) {
    const key = x.dataset.key ?? "";
    const what = words(x);
    if (said.has(key) || what === "") {
      continue;
    }
    said.add(key);
    const dt = document.createElement("dt");
    const kbd = document.createElement("kbd");
    kbd.textContent = key.replace("Mod+", "Ctrl ").replace("Shift+", "⇧");
    dt.append(kbd);
    const dd = document.createElement("dd");
    dd.textContent = what;
    rows.push(dt, dd);
  }
  list.replaceChildren(...rows);
  const section = list.closest("section");
  if (section) {
    section.hidden = rows.length === 0;
  }
});
