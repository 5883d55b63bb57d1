// Scene 3, a statement: its text and a translation, the proof, who posted it
// first, how it is cited; then a search that is kept, and handed out. By keyboard
// alone: from left to right, from right to left on an Arabic keyboard, and
// without script.

import { createHash } from "node:crypto";
import type { Locator, Page } from "@playwright/test";
import { first, second, travelling } from "../exported.ts";
import { Hands, numberOf, standing } from "../hands.ts";
import { expect, test } from "../workbench.ts";

/** Searches from wherever one is. */
async function search(h: Hands, words: string): Promise<void> {
  await h.fill("/", "#q", words);
  await Promise.all([h.page.waitForEvent("load"), h.page.keyboard.press("Enter")]);
  await expect(h.page).toHaveURL(/\/statements\?q=/);
  await h.ready();
}

const rowOf = (page: Page, source: string): Locator => page.locator("main [data-row]").filter({ has: page.locator(".source", { hasText: source }) });

const plain = (text: string) =>
  text
    .replace(/[\u2066-\u2069]/g, "")
    .replace(/\s+/g, " ")
    .trim();

test("a statement is read, proved, traced, cited and translated", async ({ page, story, language, javaScriptEnabled, context }) => {
  test.setTimeout(300_000);
  const h = new Hands(page, language, javaScriptEnabled !== false);
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(story.url);
  await h.ready();
  await search(h, "القمح");
  await expect(page.locator("main [data-row]")).toHaveCount(2);
  await h.open(rowOf(page, second), /\/s\/S-/);
  const statement = new RegExp(`^${new URL(page.url()).pathname}$`);

  // The original, from right to left whatever the interface does, with both clocks.
  const original = page.locator(".original .text").first();
  await expect(original).toHaveAttribute("lang", "ar");
  await expect(original).toContainText(travelling);
  expect(await original.locator("p").evaluate((e) => getComputedStyle(e).direction)).toBe("rtl");
  await expect(page.locator("main header time").first()).toHaveAttribute("datetime", "2025-06-20T05:12:00Z");
  await expect(page.locator("main header time").first()).toHaveText("2025-06-20 08:12:00");
  await expect(page.locator("main header")).toContainText("2025-06-20 05:12:00");

  // The proof: the panel, the bytes it speaks of, and all of its steps.
  const proof = page.locator("aside.proof");
  await expect(proof.locator(".chip.verified")).toBeVisible();
  const hash = plain((await proof.locator("dd.hash").first().textContent()) ?? "");
  const bytes = await h.save("v", "[data-key=v]");
  expect(createHash("sha256").update(bytes).digest("hex")).toBe(hash);
  expect(JSON.parse(bytes.toString("utf8")).forwarded_from).toBe(first);
  await h.go("p", "[data-key=p]", /\/proof$/);
  const { root, size } = standing(story.dir);
  await expect(page.locator("pre").last()).toContainText(`\n${size}\n${root}\n`);
  await expect(page.locator("main .hash").first()).toContainText(hash);
  await h.back(statement);

  // Every character of it, and back.
  await h.go("r", "[data-key=r]", /\?show=all$/);
  await h.go("r", "[data-key=r]", /\/s\/S-[^?]+$/);

  // Who was first, as far as anybody can see.
  await expect(page.locator("section[aria-labelledby=spread] svg.strip")).toBeVisible();
  await expect(page.locator(".familyline")).toBeVisible();
  await h.go("f", "[data-key=f]", /\/y\/Y-/);
  await h.unfold(".spread ~ details > summary");
  const lanes = page.locator(".spread ~ details tbody tr").filter({ hasNot: page.locator("td:empty + td:empty") });
  expect((await lanes.locator("th").allTextContents()).map(plain).filter((v, i, all) => all.indexOf(v) === i)).toEqual([first, second]);
  const late = lanes.filter({ has: page.locator("th", { hasText: second }) });
  expect(numberOf(await late.locator("td").nth(2).textContent())).toBe(2); // minutes
  if (language === "en") {
    await expect(late).toContainText("forward header");
    await expect(page.locator("aside.proof")).toContainText("first that we captured");
  }
  await h.open(page.locator("main li[data-row]").first(), /\/s\/S-/);
  await expect(page.locator("main h1")).toContainText(first);
  await expect(page.locator("aside.proof h3#history ~ *")).not.toHaveCount(0);
  await expect(page.locator("aside.proof ul").first().locator("li")).toHaveCount(1); // the hole in its ids: 3 to 5
  await h.back(/\/y\/Y-/);
  await h.back(statement);

  // The citation, ready to be pasted.
  if (h.scripted) {
    await h.step("c", "");
    await expect(page.locator("[data-copy=cite-0][data-key=c] [role=status]")).toBeVisible();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toContain(second);
    expect(copied).toContain("08.12 hours (Baghdad time)");
    expect(copied).not.toMatch(/[\u2066-\u2069]/);
  }
  await h.unfold(".cite > summary");
  expect(plain((await page.locator("#cite-0").textContent()) ?? "")).toContain("08.12 hours (Baghdad time)");
  await expect(page.locator("#cite-key")).toContainText("20250620-0812");

  // A translation beside it, under a name; the original stays what it was.
  const english = "Three ships with wheat reached the port of Marsa al-Jadid this morning.";
  await h.go("T", "a[href*='tr=new']", /tr=new/);
  if (h.scripted) {
    await expect(page.locator("#tr-text")).toBeFocused();
  } else {
    await h.reach(page.locator("#tr-text"));
  }
  await page.keyboard.insertText(english);
  await h.go("Ctrl+Enter", ".translation button[type=submit]", /\/s\/S-/);
  await expect(original).toContainText(travelling);
  await expect(page.locator("#translation .text")).toContainText(english);
  await expect(page.locator("#translation .text")).toHaveAttribute("lang", "en");
  await expect(page.locator("#translation .made")).toContainText(/v[1١]/);
  const [left, right] = await Promise.all([original.boundingBox(), page.locator("#translation .text").first().boundingBox()]);
  expect(Math.abs((left?.x ?? 0) - (right?.x ?? 0))).toBeGreaterThan(100); // side by side
  await expect(page.locator("#history ~ ul").first().locator("li")).not.toHaveCount(0);
  expect(standing(story.dir).size).toBeGreaterThan(size);

  // What was edited at its source is here as it was and as it is.
  await search(h, "الجسر");
  await h.open(page.locator("main [data-row]").first(), /\/s\/S-/);
  await expect(page.locator(".version ins")).toContainText("الأحد");
  await expect(page.locator(".version del")).toContainText("الجمعة");
});

test("a search is kept, and what it finds is handed out", async ({ page, story, language, javaScriptEnabled }) => {
  test.setTimeout(300_000);
  const h = new Hands(page, language, javaScriptEnabled !== false);
  await page.goto(`${story.url}/sources`);
  await h.ready();
  await search(h, "الرصيف");
  const found = numberOf(await page.locator(".echo b").textContent());
  expect(found).toBeGreaterThan(1);
  await expect(page.locator("main [data-row]")).toHaveCount(found);

  await h.step("s", ".kept details > summary");
  await expect(page.locator(".kept details")).toHaveAttribute("open", "");
  await h.fill(undefined, ".kept input[name=name]", "الرصيف");
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  await h.ready();
  await expect(page.locator(".kept a[aria-current]")).toHaveText("الرصيف");

  // It is there from elsewhere, and finds the same.
  await h.go("g s", "#menu a[href='/statements']", /\/statements$/);
  await h.reach(page.locator(".kept li a"));
  await Promise.all([page.waitForEvent("load"), page.keyboard.press("Enter")]);
  await h.ready();
  expect(numberOf(await page.locator(".echo b").textContent())).toBe(found);

  // What would leave is said first; the table has a row for each.
  await h.go("d", "[data-key=d]", /\/statements\/export/);
  await expect(page.locator(".stays li")).not.toHaveCount(0);
  const table = (await h.save("Ctrl+Enter", "[data-key='Mod+Enter']")).toString("utf8");
  expect(table.startsWith("\ufeff")).toBe(true);
  const lines = table.trimEnd().split("\r\n");
  expect(lines.length).toBe(found + 1);
  expect(table).toContain("الرصيف");
});
