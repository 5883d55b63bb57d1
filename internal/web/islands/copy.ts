// dl-copy: copies a citation or a hash. <button hidden data-copy="ID"> copies
// the text of that element, <button hidden data-copy-text="…"> these words; it
// is shown only where it works. data-copied has the words that say it is done.
//
// Isolates are ours, put around names so that they do not move their
// neighbours. They are no part of what is copied, from a selection neither.

const isolates = /[\u202a-\u202e\u2066-\u2069]/g;

/** The text without characters that only set directions around it. */
export function clean(text: string): string {
  return text.replace(isolates, "");
}

async function write(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Over plain HTTP from another machine there is no clipboard, but there is this.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "unseen";
    const focused = document.activeElement;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (focused instanceof HTMLElement) {
      focused.focus();
    }
    return done;
  }
}

function wanted(button: HTMLElement): string | undefined {
  const text = button.dataset.copyText ?? document.getElementById(button.dataset.copy ?? "")?.textContent;
  return typeof text !== "string" ? undefined : clean(text).replace(/\s+/g, " ").trim();
}

function reveal(): void {
  for (const b of document.querySelectorAll<HTMLElement>("[data-copy][hidden], [data-copy-text][hidden]")) {
    b.hidden = false;
  }
}

document.addEventListener("click", async (e) => {
  const button = (e.target as Element).closest<HTMLElement>("[data-copy], [data-copy-text]");
  const text = button ? wanted(button) : undefined;
  if (!button || text === undefined || !(await write(text))) {
    return;
  }
  const words = button.dataset.copied;
  if (!words || button.querySelector("[role=status]")) {
    return;
  }
  const note = document.createElement("span");
  note.setAttribute("role", "status");
  button.append(note);
  note.textContent = ` ${words}`;
  setTimeout(() => note.remove(), 2000);
});

document.addEventListener("copy", (e) => {
  const focus = document.activeElement;
  const selected = focus instanceof HTMLInputElement || focus instanceof HTMLTextAreaElement ? "" : String(getSelection());
  if (e.clipboardData && clean(selected) !== selected) {
    e.clipboardData.setData("text/plain", clean(selected));
    e.preventDefault();
  }
});

// What the preview brings in later has buttons too.
new MutationObserver(reveal).observe(document.documentElement, { childList: true, subtree: true });
reveal();
