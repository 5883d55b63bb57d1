// Every sort of page, in every way of reading: no violation of WCAG 2.2 AA that
// axe can find, nothing said on the console, nothing asked for elsewhere (the
// fixtures see to both), no page wider than its window, first load within its
// budget.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { expect, type Served, test } from "../workbench.ts";

/** Places without an id in them. */
const fixed = [
  "/",
  "/statements",
  "/statements?q=lang%3Aar",
  "/statements?q=frmo%3Ax",
  "/statements?q=zzzz",
  "/inbox?view=table",
  "/apply",
  "/families",
  "/firsts",
  "/sources",
  "/imports",
  "/log",
  "/settings",
  "/help",
  "/out?u=https%3A%2F%2Fexample.org%2Fa",
  "/?at=%4020",
  "/log/3?at=%4020",
  "/nowhere",
];

/** Pages of one thing: where a list has them, and how their addresses begin. */
const things: [list: string, begins: string][] = [
  ["/inbox", "/inbox/"],
  ["/statements", "/s/"],
  ["/families", "/y/"],
  ["/sources", "/c/"],
  ["/imports", "/imports/"],
  ["/log", "/log/"],
];

/** Every address to look at, from what the case has. */
export async function addresses(page: Page, served: Served): Promise<string[]> {
  const all = [...fixed];
  await page.goto(served.url);
  for (const place of await page.locator("header a[href^='/']").evaluateAll((links) => links.map((a) => a.getAttribute("href") ?? ""))) {
    if (!all.includes(place)) {
      all.push(place); // a page that the rail has and this list not yet
    }
  }
  for (const [list, begins] of things) {
    await page.goto(served.url + list);
    const link = page.locator(`main a[href^='${begins}']`).first();
    if ((await link.count()) > 0) {
      all.push((await link.getAttribute("href")) ?? "");
    }
  }
  const statement = all.find((a) => a.startsWith("/s/"));
  if (statement) {
    all.push(`/s/${statement.split("/")[2]}/proof`, `${statement}?show=all`);
  }
  return all;
}

/** What axe finds against WCAG 2.2 AA; of what is right it tells nothing, which takes it less time. */
const violations = async (page: Page) =>
  (
    await new AxeBuilder({ page })
      .setLegacyMode()
      .options({ resultTypes: ["violations"], preload: false })
      .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
      .analyze()
  ).violations;

test("what nobody can use is noticed", async ({ page }) => {
  await page.setContent("<!doctype html><title>x</title><img src='data:,'><p style='color: #777; background: #888'>pale</p><button></button>");
  expect((await violations(page)).map((v) => v.id).sort()).toEqual(["button-name", "color-contrast", "html-has-lang", "image-alt"]);
});

test("every page can be used by everybody", async ({ page, sample, wrongs }) => {
  test.setTimeout(900_000); // a minute on a machine with nothing else to do
  const all = await addresses(page, sample);
  expect(all.length).toBeGreaterThan(fixed.length + 5);
  const found: string[] = [];
  for (const address of all) {
    const status = (await page.goto(sample.url + address))?.status() ?? 0;
    if (status >= 400) {
      // The browser itself says on the console that a page was not found.
      for (let i = wrongs.length - 1; i >= 0; i--) {
        if (wrongs[i]?.includes(`the server responded with a status of ${status}`)) {
          wrongs.splice(i, 1);
        }
      }
    }
    const seen = await violations(page);
    for (const v of seen) {
      found.push(
        `${address}: ${v.id}: ${v.nodes
          .map((n) => `${n.target.join(" ")} ${n.failureSummary?.split("\n")[1]?.trim() ?? ""}`)
          .slice(0, 3)
          .join(" | ")}`,
      );
    }
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 1) {
      found.push(`${address}: ${over} px wider than the window`);
    }
  }
  expect(found).toEqual([]);
});

test("the first page is no more than 250 kB on its way", async ({ page, sample }) => {
  let bytes = 0;
  const counted: Promise<void>[] = [];
  page.on("requestfinished", (r) => {
    counted.push(
      r.sizes().then((s) => {
        bytes += s.responseBodySize + s.responseHeadersSize;
      }),
    );
  });
  await page.goto(sample.url, { waitUntil: "networkidle" });
  await Promise.all(counted);
  console.log(`first page: ${bytes} B in ${counted.length} requests`);
  expect(bytes).toBeLessThan(250_000);
});
