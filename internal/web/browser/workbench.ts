// What every test gets: a browser that keeps watch, and a case being served. A
// test fails when a page asks for anything elsewhere, when the browser says
// anything on its console (a blocked script, a failed load), and when a script
// throws. A test that means to provoke such a thing empties the list itself.

import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import { cases, environment, program } from "./made.ts";

/** A way of reading: a project sets it. */
export interface Reading {
  language: string;
  theme: string;
}

/** A case being served. */
export interface Served {
  url: string;
  dir: string;
}

/** Serves a copy of a case at a free port until stop is called. */
export async function serve(from: string): Promise<Served & { stop: () => Promise<void> }> {
  const tmp = mkdtempSync(join(tmpdir(), "dalil-browser-"));
  const dir = join(tmp, "case");
  cpSync(from, dir, { recursive: true, preserveTimestamps: true });
  const child: ChildProcess = spawn(program, ["--case", dir, "--json", "serve", "--addr", "127.0.0.1:0"], {
    env: environment(),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async () => {
    const gone = new Promise((r) => child.once("exit", r));
    if (child.exitCode === null) {
      child.kill("SIGINT");
      await gone;
    }
    rmSync(tmp, { recursive: true, force: true });
  };
  let said = "";
  child.stderr?.on("data", (b) => {
    said += b;
  });
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const event = JSON.parse(line) as { type?: string; url?: string };
      if (event.type === "serving" && event.url) {
        return { url: event.url.replace(/\/$/, ""), dir, stop };
      }
    }
  }
  await stop();
  throw new Error(`dalil serve ended: ${said}`);
}

/** Writes down whatever a page should not have done. */
export function watch(context: BrowserContext, wrongs: string[]): void {
  context.on("request", (r) => {
    const url = new URL(r.url());
    if (url.protocol !== "http:" || url.hostname !== "127.0.0.1") {
      wrongs.push(`asked for ${url}`);
    }
  });
  const see = (page: Page) => {
    page.on("console", (m) => wrongs.push(`${page.url()}: console ${m.type()}: ${m.text()}`));
    page.on("pageerror", (e) => wrongs.push(`${page.url()}: ${e.message}`));
    page.on("dialog", (d) => {
      wrongs.push(`${page.url()}: dialog ${d.message()}`);
      void d.dismiss();
    });
  };
  context.pages().forEach(see);
  context.on("page", see);
}

interface Watched {
  /** A copy of the sample case for this test alone, to change. */
  own: Served;
  /** A small case of two channels and a text that travels, for this test alone. */
  story: Served;
  /** What went wrong so far. It must be empty at the end. */
  wrongs: string[];
  /** Makes a page of the case that reads as the project says. */
  context: BrowserContext;
}

interface Worker {
  sample: Served;
  hostile: Served;
  bidi: Served;
}

/** Serves a copy of a case for as long as the fixture lasts. */
function served(name: keyof typeof cases) {
  // biome-ignore lint/correctness/noEmptyPattern: the shape that fixtures have
  return async ({}, use: (s: Served) => Promise<void>) => {
    const s = await serve(cases[name]);
    await use({ url: s.url, dir: s.dir });
    await s.stop();
  };
}

export const test = base.extend<Reading & Watched, Worker>({
  language: ["en", { option: true }],
  theme: ["light", { option: true }],

  sample: [served("sample"), { scope: "worker" }],
  hostile: [served("hostile"), { scope: "worker" }],
  bidi: [served("bidi"), { scope: "worker" }],

  // biome-ignore lint/correctness/noEmptyPattern: the shape that fixtures have
  wrongs: async ({}, use) => {
    const wrongs: string[] = [];
    await use(wrongs);
    expect(wrongs).toEqual([]);
  },

  own: served("sample"),
  story: served("story"),

  context: async ({ context, language, theme, wrongs }, use) => {
    watch(context, wrongs);
    const value = new URLSearchParams({ lang: language, theme }).toString();
    await context.addCookies([{ name: "dalil-choices", value, domain: "127.0.0.1", path: "/", httpOnly: true, sameSite: "Strict" }]);
    await use(context);
  },
});

export { expect };
