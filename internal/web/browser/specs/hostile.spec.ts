// A case in which every field an import fills holds, in turn, each of the
// vectors of internal/web/hostile: no page may run, load or send anything. The
// same vectors on a page without protection show that the test would notice.

import { readFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import type { Browser, BrowserContext, LaunchOptions, Page } from "@playwright/test";
import { every as everyVector, made } from "../made.ts";
import { expect, type Served, test, watch } from "../workbench.ts";

const vectors = (): string[] => JSON.parse(readFileSync(join(made, "exports", "vectors.json"), "utf8")) as string[];

/**
 * A place where every host but this machine seems to be: it counts connections
 * that are about evil.example, also those that the browser tells nobody of. The
 * name is in the clear also in a TLS greeting.
 */
async function canary(): Promise<{ args: string[]; calls: () => number; stop: () => void }> {
  let calls = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined); // whoever called may have gone
    socket.once("data", (hello) => {
      calls += hello.includes("evil.example") ? 1 : 0;
      socket.destroy();
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return { args: [`--host-resolver-rules=MAP * 127.0.0.1:${port}, EXCLUDE 127.0.0.1`], calls: () => calls, stop: () => server.close() };
}

/** A browser of its own, to which every host but this machine is the canary. */
const lured = (o: LaunchOptions, args: string[]): LaunchOptions => ({ ...o, args: [...(o.args ?? []), ...args] });

/** A context in which alert tells that it was called, and with what, from whatever frame. */
async function baited(browser: Browser, ran: (what: number, url: string) => void): Promise<BrowserContext> {
  const context = await browser.newContext();
  await context.exposeBinding("dalilRan", ({ page }, what: number) => ran(what, page.url()));
  await context.addInitScript(() => {
    window.alert = (what) => {
      (window as unknown as { dalilRan: (what: number) => void }).dalilRan(Number(what));
    };
  });
  return context;
}

test("without protection the vectors do run", async ({ browser, hostile }) => {
  test.setTimeout(900_000);
  const fired = new Set<number>();
  let elsewhere = 0;
  const context = await baited(browser, (what) => fired.add(what));
  const all = vectors();
  await context.route(/.*/, (route) => {
    const url = new URL(route.request().url());
    if (url.origin !== hostile.url) {
      elsewhere++;
      return route.abort();
    }
    const v = all[Number(url.searchParams.get("n") ?? "-1")];
    if (url.pathname !== "/unprotected" || v === undefined) {
      return route.fulfill({ status: 404, contentType: "text/plain", body: "no" });
    }
    const body = v.replaceAll("alert(1)", `alert(${url.searchParams.get("n")})`);
    return route.fulfill({ contentType: "text/html; charset=utf-8", body: `<!doctype html><title>unprotected</title><body>${body}` });
  });
  const page = await context.newPage(); // one: a page behind another is not drawn, and some vectors wait for that
  for (const n of all.keys()) {
    try {
      await page.goto(`${hostile.url}/unprotected?n=${n}`, { timeout: 5000 });
    } catch {
      // some lead away, which is what they are for
    }
  }
  console.log(`unprotected: ${fired.size} of ${all.length} vectors ran by themselves, ${elsewhere} requests went elsewhere`);
  expect(fired.size).toBeGreaterThan(all.length / 6);
  expect(elsewhere).toBeGreaterThan(10);
  await context.close();
});

/** What a page must not have, whether it ran or not. */
function dangers(): string[] {
  const found: string[] = [];
  for (const e of document.querySelectorAll("*")) {
    for (const a of e.attributes) {
      if (/^on/i.test(a.name) || a.name === "style" || a.name === "srcdoc" || a.name === "ping") {
        found.push(`<${e.localName} ${a.name}>`);
      }
      if (/^(href|src|action|formaction|data|xlink:href|data-src|data-search|data-preview)$/.test(a.name) && a.value !== "") {
        const to = new URL(a.value, location.href);
        if (to.origin !== location.origin && !(e.localName === "a" && location.pathname === "/out")) {
          found.push(`<${e.localName} ${a.name}=${a.value}>`);
        }
      }
    }
    if (/^(iframe|frame|object|embed|base|applet|style|video|audio|link|meta|script|template|math|foreignobject|animate|set)$/i.test(e.localName)) {
      const ours =
        (e.localName === "script" &&
          /^\/static\/dalil-[0-9a-f]+\.js$/.test(e.getAttribute("src") ?? "") &&
          e.textContent === "" &&
          e.parentElement === document.head) ||
        (/^(link|meta)$/.test(e.localName) && e.parentElement === document.head && !e.hasAttribute("http-equiv"));
      if (!ours) {
        found.push(`<${e.localName}>`);
      }
    }
  }
  if (document.querySelectorAll("main").length !== 1) {
    found.push(`${document.querySelectorAll("main").length} main`);
  }
  return found;
}

/** The pages of a list, one after the other to its end. */
async function pagesOf(page: Page, served: Served, list: string): Promise<string[]> {
  const all: string[] = [];
  for (let next: string | undefined = list; next; ) {
    all.push(next);
    const html = await (await page.request.get(served.url + next)).text();
    next = /rel="next" href="([^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&");
  }
  return all;
}

/**
 * Every address of the case: lists in all their forms to their end, and each
 * thing in them. Every vector is in every field of a post and of an article, so
 * each of these has its own page looked at. The other things, and the other
 * pages of one, show a field that those show too: some of them.
 */
async function everything(page: Page, served: Served): Promise<string[]> {
  const all = [
    "/",
    "/families",
    "/families?q=lang%3Aar",
    "/firsts",
    "/sources",
    "/matrix",
    "/imports",
    "/jobs",
    "/log",
    "/settings",
    "/help",
    "/import",
    "/capture",
  ];
  all.push("/statements/export?q=", "/capture?text=bridge");
  for (const list of ["/statements", "/statements?view=timeline", "/inbox?q=", "/log/entries"]) {
    all.push(...(await pagesOf(page, served, list)));
  }
  const columns = /name="cols" value="([a-z_]+)"/g;
  const chooser = await (await page.request.get(`${served.url}/statements?view=table`)).text();
  const every = [...chooser.matchAll(columns)].map((m) => m[1]).join(",");
  expect(every.split(",").length).toBeGreaterThan(9);
  all.push(...(await pagesOf(page, served, `/statements?view=table&cols=${every}`)));

  let n = 0;
  let next = "/statements.json";
  while (next !== "") {
    const answer = await page.request.get(served.url + next);
    for (const s of (await answer.json()) as { id: string; kind: string; text: string; log_entry?: number }[]) {
      // A channel's own notices, comments and notes have nothing that lists do not show whole.
      const whole = s.kind === "article" || (s.kind === "post" && s.text.includes(" anew"));
      if (whole || n % 35 === 0) {
        all.push(`/s/${s.id}${n % 2 === 0 ? "?show=all" : ""}`);
      }
      if (n % 35 === 0) {
        all.push(`/s/${s.id}/proof`, `/inbox/${s.id}`, `/s/${s.id}?tr=new`);
      }
      n++;
    }
    next = /<([^>]+)>; rel="next"/.exec(answer.headers().link ?? "")?.[1] ?? "";
  }
  for (const list of ["/sources", "/imports", "/families", "/log/entries"]) {
    await page.goto(served.url + list);
    const links = await page.locator("main a[href^='/']").evaluateAll((links) => links.map((a) => a.getAttribute("href") ?? ""));
    all.push(...links.slice(0, 25));
  }
  for (const [i, v] of vectors().entries()) {
    if (!everyVector && i % 3 > 0) {
      continue; // the tests of the server type all of them
    }
    const e = encodeURIComponent(v);
    all.push([`/statements?q=${e}`, `/out?u=${e}`, `/${e}`, `/capture?text=${e}`, `/inbox?q=${e}`, `/families?q=${e}`][((i / 3) % 6) | 0] ?? "");
  }
  return [...new Set(all)];
}

/** Pages that one tab goes through: it holds on to what it has shown, a gigabyte in the end. */
const visitsOfOne = 50;

test("nothing that was imported runs, loads or sends", async ({ playwright, launchOptions, hostile }) => {
  test.setTimeout(1_800_000); // some three minutes on two processors with nothing else to do
  const wrongs: string[] = [];
  // A page that refuses what was asked answers 400 or 404, which the browser says on its console.
  const bad = () => wrongs.filter((w) => !/the server responded with a status of 40[04]/.test(w));
  const elsewhere = await canary();
  const browser = await playwright.chromium.launch(lured(launchOptions, elsewhere.args));
  const bare = await browser.newPage();
  await bare.setContent('<link rel=preconnect href="http://evil.example"><img src="http://evil.example/x.png">');
  await expect.poll(elsewhere.calls, "the canary would notice nothing").toBeGreaterThan(0);
  await bare.close();
  const before = elsewhere.calls();
  const context = await baited(browser, (_, url) => wrongs.push(`${url}: RAN`));
  watch(context, wrongs);
  const first = await context.newPage();
  const todo = await everything(first, hostile);
  await first.close();
  const total = todo.length;
  let told = 0;
  const begun = Date.now();
  await Promise.all(
    [1, 2, 3].map(async () => {
      let page = await context.newPage();
      for (let address = todo.pop(), n = 1; address !== undefined; address = todo.pop(), n++) {
        if (n % visitsOfOne === 0) {
          await page.close();
          page = await context.newPage();
        }
        await page.goto(hostile.url + address);
        const { found, tells } = await page
          .evaluate(`(() => ({ found: (${dangers.toString()})(), tells: document.querySelector("main").textContent.includes("alert(1)") }))()`)
          .then((x) => x as { found: string[]; tells: boolean });
        told += tells ? 1 : 0;
        if (todo.length % 250 === 0) {
          console.log(`${total - todo.length} of ${total} pages, ${bad().length} wrongs`);
        }
        wrongs.push(...found.map((f) => `${address}: ${f}`));
      }
    }),
  );
  console.log(`${total} pages with ${vectors().length} vectors in ${Math.round((Date.now() - begun) / 1000)} s; ${told} of them show one`);
  await browser.close();
  elsewhere.stop();
  expect(bad()).toEqual([]);
  expect(elsewhere.calls() - before, "connections elsewhere").toBe(0);
  expect(told).toBeGreaterThan(vectors().length);
});
