// Scene 2, triage: a shift at the inbox by keyboard alone, from left to right on
// a Latin keyboard and from right to left on an Arabic one.

import type { Page } from "@playwright/test";
import { arabic, latin, press } from "../keyboards.ts";
import { expect, test } from "../workbench.ts";

const current = (page: Page) => page.evaluate(() => document.querySelector("[data-row][aria-current]")?.getAttribute("data-row") ?? "");
const rows = (page: Page) => page.locator("[data-row]").evaluateAll((all) => all.map((r) => r.getAttribute("data-row") ?? ""));

/** Waits for the page that a decision leads to. */
async function told(page: Page, key: string, layout: typeof latin): Promise<void> {
  await Promise.all([page.waitForEvent("load", { timeout: 120_000 }), press(page, key, layout)]);
  await page.waitForFunction(() => document.documentElement.dataset.script === "on");
  await expect(page.locator(".did")).toBeVisible();
}

test("a shift at the inbox", async ({ page, own, language }) => {
  test.setTimeout(600_000); // a few seconds on a machine with nothing else to do
  const layout = language === "en" ? latin : arabic;
  await page.goto(own.url);
  await page.waitForFunction(() => document.documentElement.dataset.script === "on");
  await press(page, "g i", layout);
  await expect(page).toHaveURL(/\/inbox/);
  await page.waitForFunction(() => document.documentElement.dataset.script === "on");
  const before = await rows(page);
  expect(before.length).toBeGreaterThan(5);
  const total = await page.locator(".echo b").textContent();

  // Looking: the pane follows, and decides nothing.
  const pane = page.locator("[data-preview-pane]");
  for (const id of before.slice(0, 3)) {
    await press(page, "j", layout);
    expect(await current(page)).toBe(id);
    await expect(pane.locator(".id").first()).toHaveText(id);
  }
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.script === "on");
  expect(await page.locator(".echo b").textContent()).toBe(total);
  expect(await current(page)).toBe(before[2]);

  // One is kept; the cursor stays in its place; one key takes it back.
  await press(page, "k k", layout);
  await told(page, "1", layout);
  expect(await rows(page)).not.toContain(before[0]);
  expect(await current(page)).toBe(before[1]);
  await told(page, "z", layout);
  expect(await rows(page)).toContain(before[0]);

  // Three are set aside at once, and one key takes that back.
  await press(page, "g g x J J", layout);
  await expect(page.locator("[data-row] input:checked")).toHaveCount(3);
  await told(page, "3", layout);
  expect((await rows(page)).some((r) => before.slice(0, 3).includes(r))).toBe(false);
  await told(page, "z", layout);
  expect((await rows(page)).slice(0, 3)).toEqual(before.slice(0, 3));

  // What keys there are, where else to go, and into the first family.
  await press(page, "?", layout);
  await expect(page.locator("#keys")).toBeVisible();
  await press(page, "Escape", layout);
  await expect(page.locator("#keys")).toBeHidden();
  await press(page, "g g o", layout);
  await expect(page).not.toHaveURL(/\/inbox$/);
});

test("a shift in the table, at rows of 28 pixels", async ({ page, own, language }) => {
  test.setTimeout(600_000);
  const layout = language === "en" ? latin : arabic;
  await page.goto(`${own.url}/inbox?view=table`);
  await page.locator(".chooser summary").click();
  await page.locator(".chooser button[name=rows][value='28']").click();
  await page.waitForFunction(() => document.documentElement.dataset.script === "on" && document.documentElement.dataset.rows === "28");
  const before = await rows(page);
  const heights = await page.locator("tr[data-row]").evaluateAll((all) => all.map((r) => Math.round(r.getBoundingClientRect().height)));
  expect(Math.max(...heights)).toBeLessThanOrEqual(29);
  await press(page, "j j", layout);
  expect(await current(page)).toBe(before[1]);
  await told(page, "1", layout);
  expect(await rows(page)).not.toContain(before[1]);
  await told(page, "z", layout);
  expect(await rows(page)).toContain(before[1]);
  // The first column stays when the table is moved.
  const region = page.locator(".scroll").first();
  const left = () =>
    region.evaluate((r) => Math.round((r.querySelector("tbody th") as HTMLElement).getBoundingClientRect().left - r.getBoundingClientRect().left));
  const was = await left();
  await region.evaluate((r) => r.scrollBy({ left: document.dir === "rtl" ? -400 : 400 }));
  expect(Math.abs((await left()) - was)).toBeLessThanOrEqual(1);
});
