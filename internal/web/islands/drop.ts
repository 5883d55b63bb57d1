// dl-drop: files and folders dropped anywhere on the page go where its form
// would send them, with progress. Without this the form does the same.
//
//   <dl-drop>
//     <form method="post" enctype="multipart/form-data" action="/imports/new">
//       <label>…<input type="file" name="file" multiple></label> <button>…</button>
//       <div data-drop-progress hidden> <progress max="1"></progress> <span data-drop-done></span>
//         <button type="button" data-drop-cancel>…</button> <p role="status"></p> </div>
//       <p role="alert" data-drop-failed hidden>…</p>
//     </form>
//   </dl-drop>
//
// Sent are the form's other fields, then for each file a field "path", its place
// below what was dropped, and the file itself. data-over is set on the element
// while something hovers. The server answers with a redirect to where the work
// goes on.

import { Voice } from "./say.ts";

interface Piece {
  path: string;
  file: File;
}

const deepest = 64; // folders in folders

/** Lists a folder, whole: a browser hands its entries out in portions. */
async function entries(dir: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = dir.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((ok, no) => reader.readEntries(ok, no));
    if (some.length === 0) {
      return all;
    }
    all.push(...some);
  }
}

async function gather(entry: FileSystemEntry, into: Piece[], depth = 0): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((ok, no) => (entry as FileSystemFileEntry).file(ok, no));
    into.push({ path: entry.fullPath.replace(/^\/+/, ""), file });
  } else if (depth < deepest) {
    for (const e of await entries(entry as FileSystemDirectoryEntry)) {
      await gather(e, into, depth + 1);
    }
  }
}

class Drop extends HTMLElement {
  #request: XMLHttpRequest | undefined;
  #over = 0; // elements entered and not left
  #stop = new AbortController();

  connectedCallback(): void {
    const form = this.querySelector("form");
    const input = this.querySelector<HTMLInputElement>("input[type=file]");
    if (!form || !input) {
      return;
    }
    this.#stop = new AbortController();
    const signal = this.#stop.signal;
    const hasFiles = (e: DragEvent) => e.dataTransfer?.types.includes("Files") ?? false;
    const hover = (by: number) => {
      this.#over = Math.max(0, this.#over + by);
      this.toggleAttribute("data-over", this.#over > 0);
    };
    document.addEventListener("dragenter", (e) => hasFiles(e) && hover(1), { signal });
    document.addEventListener("dragleave", (e) => hasFiles(e) && hover(-1), { signal });
    document.addEventListener(
      "dragover",
      (e) => {
        if (hasFiles(e)) {
          e.preventDefault();
        }
      },
      { signal },
    );
    document.addEventListener(
      "drop",
      (e) => {
        if (!hasFiles(e) || !e.dataTransfer) {
          return;
        }
        e.preventDefault(); // else the browser opens the file
        hover(-this.#over);
        // Both must be asked for before this event is over.
        const dropped = [...e.dataTransfer.items].map((i) => i.webkitGetAsEntry());
        const plain = [...e.dataTransfer.files].map((file) => ({ path: file.name, file }));
        void this.#dropped(form, input.name, dropped, plain);
      },
      { signal },
    );
    form.addEventListener("submit", (e) => {
      const files = [...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file }));
      if (files.length > 0) {
        e.preventDefault();
        this.#send(form, input.name, files);
      }
    });
    this.querySelector("[data-drop-cancel]")?.addEventListener("click", () => this.#request?.abort());
  }

  disconnectedCallback(): void {
    this.#stop.abort();
    this.#request?.abort();
  }

  async #dropped(form: HTMLFormElement, name: string, dropped: (FileSystemEntry | null)[], plain: Piece[]): Promise<void> {
    let pieces: Piece[] = [];
    for (const entry of dropped) {
      if (entry) {
        await gather(entry, pieces);
      }
    }
    if (pieces.length === 0) {
      pieces = plain;
    }
    if (pieces.length > 0) {
      this.#send(form, name, pieces);
    }
  }

  #part<E extends HTMLElement>(selector: string): E | null {
    return this.querySelector<E>(selector);
  }

  #send(form: HTMLFormElement, name: string, pieces: Piece[]): void {
    if (this.#request) {
      return; // one at a time
    }
    const data = new FormData(form);
    data.delete(name);
    for (const p of pieces) {
      data.append("path", p.path);
      data.append(name, p.file, p.file.name);
    }
    const shown = this.#part("[data-drop-progress]");
    const failed = this.#part("[data-drop-failed]");
    const bar = this.#part<HTMLProgressElement>("progress");
    const done = this.#part("[data-drop-done]");
    const region = this.#part("[data-drop-progress] [role=status]");
    const voice = region ? new Voice(region) : undefined;
    const percent = new Intl.NumberFormat(document.documentElement.lang || "en", { style: "percent" });
    const title = document.title;
    const x = new XMLHttpRequest();
    this.#request = x;
    const over = () => {
      this.#request = undefined;
      document.title = title;
      if (shown) {
        shown.hidden = true;
      }
    };
    const fail = (words?: string | null) => {
      over();
      if (failed) {
        failed.hidden = false;
        if (words) {
          failed.textContent = words.replace(/\s+/g, " ").trim();
        }
      }
    };
    if (shown) {
      shown.hidden = false;
    }
    if (failed) {
      failed.hidden = true;
    }
    x.upload.addEventListener("progress", (e) => {
      if (!e.lengthComputable) {
        return;
      }
      const part = e.loaded / e.total;
      if (bar) {
        bar.value = part;
      }
      const words = percent.format(part);
      if (done) {
        done.textContent = words;
      }
      document.title = `${words} · ${title}`;
      voice?.say(words);
    });
    x.addEventListener("load", () => {
      if (x.status >= 200 && x.status < 300) {
        over();
        location.assign(x.responseURL); // where the redirect led
      } else {
        fail(x.responseXML?.querySelector("[role=alert], .notice, main")?.textContent);
      }
    });
    x.addEventListener("error", () => fail());
    x.addEventListener("abort", over);
    x.open(form.method, form.action);
    x.responseType = "document";
    x.send(data);
  }
}

customElements.define("dl-drop", Drop);
