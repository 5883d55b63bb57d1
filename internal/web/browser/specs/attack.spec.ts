// A page of somebody else, open in the same browser, tries to act in the case
// and to read it: from another site and from another port of this machine, and
// under a name of its own that leads here (DNS rebinding). Each try is answered
// with a refusal, and the case is as it was. The same form from a page of the
// workbench works: the test would notice.

import { readdirSync } from "node:fs";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Browser, Page } from "@playwright/test";
import { standing } from "../hands.ts";
import { expect, type Served, test } from "../workbench.ts";

type Fields = Record<string, string>;

/** A server of somebody else: empty pages, on which a test does what it likes. */
async function elsewhere(): Promise<{ port: number; close: () => Promise<void> }> {
  const server = createServer((r, w) => {
    w.writeHead(r.url === "/" ? 200 : 404, { "Content-Type": "text/html; charset=utf-8" });
    w.end("<!doctype html><title>elsewhere</title><link rel=icon href=data:,><p>elsewhere");
  });
  await new Promise<void>((ok) => server.listen(0, "127.0.0.1", ok));
  return { port: (server.address() as AddressInfo).port, close: () => new Promise((ok) => server.close(() => ok())) };
}

interface Answer {
  method: string;
  path: string;
  /** What the browser says it wants it for, and from whose page: Sec-Fetch-Dest and -Site. */
  dest: string;
  site: string;
  status: number;
}

/**
 * A wire tap before a case: it hands on every request as it comes and writes
 * down the answer. A browser keeps most of these from whoever watches its pages.
 */
async function tapped(served: Served): Promise<{ url: string; answers: Answer[]; close: () => Promise<void> }> {
  const answers: Answer[] = [];
  const hand = (r: IncomingMessage, done: (a: IncomingMessage) => void) => {
    const out = request({ host: "127.0.0.1", port: new URL(served.url).port, method: r.method, path: r.url, headers: r.headers, setHost: false });
    const note = (a: IncomingMessage) => {
      const of = (name: string) => String(r.headers[name] ?? "");
      const dest = of("upgrade") === "websocket" ? "websocket" : of("sec-fetch-dest");
      answers.push({ method: r.method ?? "", path: r.url ?? "", dest, site: of("sec-fetch-site"), status: a.statusCode ?? 0 });
      done(a);
    };
    out.on("response", note);
    out.on("upgrade", (a, socket) => {
      socket.destroy();
      note(a);
    });
    return out;
  };
  const server = createServer((r, w) => {
    const out = hand(r, (a) => {
      w.writeHead(a.statusCode ?? 502, a.rawHeaders);
      a.pipe(w);
    });
    out.on("error", () => w.destroy());
    r.pipe(out);
  });
  server.on("upgrade", (r, socket) => {
    socket.on("error", () => undefined);
    hand(r, (a) => socket.end(`HTTP/1.1 ${a.statusCode} as answered\r\nConnection: close\r\n\r\n`))
      .on("error", () => socket.destroy())
      .end();
  });
  await new Promise<void>((ok) => server.listen(0, "127.0.0.1", ok));
  const close = () =>
    new Promise<void>((ok) => {
      server.close(() => ok());
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, close };
}

/** Everything of a case that a request could change: its log, its bytes, its jobs, uploads and saved searches. */
async function held(served: Served): Promise<string> {
  const files = ["archive", "log", "side"].map((d) => readdirSync(join(served.dir, d), { recursive: true }).sort());
  const told = await Promise.all(["/jobs.json", "/imports.json", "/statements"].map(async (a) => (await fetch(served.url + a)).text()));
  const timeless = told.map((page) => page.replace(/ max="[0-9T:-]+"/g, "")); // a page says which minute it is now
  return JSON.stringify([standing(served.dir), files, timeless]);
}

/** What the inbox's own form would send to keep its first row. */
async function keeping(served: Served): Promise<Fields> {
  const inbox = await (await fetch(`${served.url}/inbox`)).text();
  const value = (pattern: RegExp) => pattern.exec(inbox)?.[1] ?? "";
  const fields = { one: value(/name="one" value="(keep [^"]+)"/), seen: value(/name="seen" value="([^"]+)"/), q: "", back: "/inbox" };
  expect(fields.one).toMatch(/^keep [A-Z]-/);
  return fields;
}

/** Posts a form as a page can, and says with what status that was answered. */
async function post(page: Page, action: string, fields: Fields, enctype = "application/x-www-form-urlencoded"): Promise<number> {
  const answered = page.waitForResponse((r) => r.url().startsWith(action) && r.request().method() === "POST");
  const loaded = page.waitForEvent("load", { timeout: 120_000 });
  await page.evaluate(
    ({ action, fields, enctype }) => {
      const form = document.createElement("form");
      Object.assign(form, { method: "post", action, enctype });
      for (const [name, value] of Object.entries(fields)) {
        const field = document.createElement("input");
        Object.assign(field, { type: "hidden", name, value });
        form.append(field);
      }
      document.body.append(form);
      form.submit();
    },
    { action, fields, enctype },
  );
  await loaded;
  return (await answered).status();
}

/** Reads from the case in every way a page has, and returns what the page got to know. */
async function read(page: Page, url: string): Promise<string[]> {
  return page.evaluate(async (url) => {
    const got: string[] = [];
    const soon = <T>(p: Promise<T>) => Promise.race([p, new Promise<undefined>((ok) => setTimeout(ok, 5000))]);
    const tried = async (name: string, what: () => Promise<unknown>) => {
      try {
        const x = await soon(what());
        if (x !== undefined) {
          got.push(`${name}: ${x}`);
        }
      } catch {
        // refused
      }
    };
    await tried("fetch", async () => (await fetch(`${url}/statements.json`, { credentials: "include" })).text());
    await tried("fetch, opaque", async () => {
      const answer = await fetch(`${url}/statements.json`, { credentials: "include", mode: "no-cors" });
      return answer.type === "opaque" ? undefined : answer.status;
    });
    await tried(
      "post",
      async () => (await fetch(`${url}/settings`, { method: "POST", credentials: "include", body: new URLSearchParams({ theme: "dark" }) })).status,
    );
    await tried(
      "post of JSON",
      async () =>
        (await fetch(`${url}/inbox`, { method: "POST", credentials: "include", headers: { "Content-Type": "application/json" }, body: "{}" })).status,
    );
    await tried("delete", async () => (await fetch(`${url}/inbox`, { method: "DELETE", credentials: "include" })).status);
    const element = (name: string, set: object) =>
      tried(
        name,
        () =>
          new Promise((ok, no) => {
            const e = document.createElement(name);
            e.addEventListener("load", () => ok(name === "iframe" || name === "object" ? undefined : "loaded"));
            e.addEventListener("error", no);
            Object.assign(e, set);
            document.body.append(e);
          }),
      );
    await element("img", { src: `${url}/favicon.ico?elsewhere` });
    await element("script", { src: `${url}/statements.json` });
    await element("link", { rel: "stylesheet", href: `${url}/` });
    await element("iframe", { src: `${url}/inbox` });
    await element("object", { data: `${url}/inbox` });
    for (const frame of document.querySelectorAll("iframe")) {
      await tried("frame", async () => frame.contentDocument?.body.textContent || undefined);
    }
    await tried(
      "events",
      () =>
        new Promise((ok, no) =>
          Object.assign(new EventSource(`${url}/jobs/J-1/events`, { withCredentials: true }), { onopen: () => ok("open"), onerror: no }),
        ),
    );
    await tried(
      "socket",
      () => new Promise((ok, no) => Object.assign(new WebSocket(`${url.replace("http", "ws")}/jobs`), { onopen: () => ok("open"), onerror: no })),
    );
    return got;
  }, url);
}

/** A window in which nobody of ours keeps watch. */
async function window(browser: Browser): Promise<Page> {
  const context = await browser.newContext();
  await context.addCookies([{ name: "dalil-choices", value: "lang=en", domain: "127.0.0.1", path: "/", httpOnly: true, sameSite: "Strict" }]);
  return context.newPage();
}

test("a page of somebody else can do nothing, and read nothing", async ({ browser, own }) => {
  test.setTimeout(300_000);
  const other = await elsewhere();
  const fields = await keeping(own);
  const before = await held(own);
  const statement = ((await (await fetch(`${own.url}/statements.json`)).json()) as { id: string }[])[0]?.id ?? "";
  const posts: [string, Fields][] = [
    ["/inbox", fields],
    ["/settings", { theme: "dark" }],
    ["/settings/access", { all: "1" }],
    ["/seen", { size: "1", back: "/" }],
    ["/undo", { decision: "D-1", back: "/" }],
    ["/saved", { name: "x", q: "lang:ar" }],
    ["/saved/drop", { name: "x" }],
    ["/capture", { address: "https://example.org/" }],
    ["/import", { path: "a.txt" }],
    [`/s/${statement}`, { do: "withdraw", reason: "x" }],
    [`/s/${statement}/translate`, { lang: "en", text: "x" }],
    ["/login", { password: "x" }],
    ["/logout", {}],
  ];
  const tap = await tapped(own);
  const { url, answers } = tap;
  for (const host of ["localhost", "127.0.0.1"]) {
    const home = `http://${host}:${other.port}/`;
    const page = await window(browser);
    for (const [place, what] of posts) {
      for (const enctype of place === "/inbox" ? ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data"] : [undefined]) {
        await page.goto(home);
        expect(await post(page, url + place, what, enctype), `${home}: ${place} ${enctype}`).toBe(403);
      }
    }
    await page.goto(home);
    expect(await read(page, url), home).toEqual([]);

    // A window on the case is only that: whoever opened it has no hold on it.
    const [opened] = await Promise.all([
      page.context().waitForEvent("page"),
      page.evaluate((address) => {
        Object.assign(globalThis, { w: open(address) });
      }, `${url}/help`),
    ]);
    await opened.waitForLoadState("load");
    await expect(opened.locator("main h1")).toHaveCount(1);
    expect(
      await page.evaluate(() => {
        const { w } = globalThis as unknown as { w: Window };
        try {
          return w.document.body.textContent;
        } catch {
          return w.closed; // as the opener policy makes it look
        }
      }),
    ).toBe(true);
    await page.context().close();

    const foreign = answers.splice(0).filter((a) => a.site !== "same-origin"); // a refusal has a style sheet
    const looked = foreign.filter((a) => a.path === "/help");
    expect(looked.map((a) => a.status)).toEqual([200]);
    for (const a of foreign.filter((a) => a.path !== "/help")) {
      expect([403, 405], `${home}: ${a.method} ${a.path} as ${a.dest}`).toContain(a.status);
    }
    for (const dest of ["document", "empty", "image", "script", "style", "iframe", "object", "websocket"]) {
      expect(
        foreign.some((a) => a.dest === dest),
        `${home}: no ${dest} came to the case`,
      ).toBe(true);
    }
    expect(
      foreign.some((a) => a.path.endsWith("/events")),
      "a stream was asked for",
    ).toBe(true);
    console.log(`${home}: ${foreign.length - looked.length} requests refused`);
  }
  expect(await held(own)).toBe(before);
  await other.close();

  // The control: the same form, in a page of the workbench.
  const page = await window(browser);
  await page.goto(`${url}/inbox`);
  expect(await post(page, `${url}/inbox`, fields)).toBe(303);
  expect(await held(own)).not.toBe(before);
  await page.context().close();
  await tap.close();
});

test("a name of somebody else that leads here is no way in", async ({ browser, own }) => {
  const before = await held(own);
  const fields = await keeping(own);
  const { port } = new URL(own.url);
  const page = await window(browser);
  for (const name of ["rebound.localhost", "dalil.localhost"]) {
    // browsers look these up as this machine
    const there = `http://${name}:${port}`;
    expect((await page.goto(`${there}/inbox`))?.status()).toBe(421);
    await expect(page.locator("body")).not.toContainText("keep");
    expect(await page.evaluate(async () => (await fetch("/statements.json")).status)).toBe(421); // of one origin with itself
    expect(await post(page, `${there}/inbox`, fields)).toBe(421);
  }
  await page.context().close();

  const ask = (host: string, method: string) =>
    new Promise<number>((ok, no) => {
      const r = request(
        {
          host: "127.0.0.1",
          port,
          path: "/inbox",
          method,
          setHost: false,
          headers: { Host: host, "Content-Type": "application/x-www-form-urlencoded" },
        },
        (a) => {
          a.resume();
          ok(a.statusCode ?? 0);
        },
      );
      r.on("error", no);
      r.end(method === "POST" ? new URLSearchParams(fields).toString() : undefined);
    });
  for (const host of [
    "evil.example",
    `evil.example:${port}`,
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.2",
    "0.0.0.0",
    "[::2]",
    "2130706433",
    "localhost@evil.example",
    "",
  ]) {
    for (const method of ["GET", "POST"]) {
      expect([400, 421], `${method} with Host: ${host}`).toContain(await ask(host, method));
    }
  }
  expect(await held(own)).toBe(before);
  expect(await ask(`localhost:${port}`, "GET")).toBe(200); // the control
});
