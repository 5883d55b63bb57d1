// Scene 1, the first import: an export is looked into, brought in, and brought
// in again when there is a newer one. By keyboard alone: from left to right,
// from right to left on an Arabic keyboard, and without script.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { writeExport } from "../exported.ts";
import { Hands, numberOf, standing } from "../hands.ts";
import { expect, test } from "../workbench.ts";

/** The six figures of a preflight, in their order. */
const figures = async (page: Page) => (await page.locator(".preflight b").allTextContents()).map(numberOf);

/** From anywhere to the preflight of a folder. */
async function lookInto(h: Hands, folder: string): Promise<void> {
  await h.go("g n", "#menu a[href='/import']", /\/import$/);
  await h.choose("O", "input[name=folder]", folder);
  await h.go("Ctrl+Enter", ".drop button[type=submit]", /\/import\/[A-Z0-9-]+$/);
  await h.over();
}

/** From the preflight through the import to its end. */
async function bringIn(h: Hands): Promise<void> {
  await h.go("Ctrl+Enter", "button[value=import]", /\/jobs\/[A-Z0-9-]+$/);
  await h.over();
  await expect(h.page.locator("main .head .chip.verified")).toBeVisible();
}

async function toReceipt(h: Hands): Promise<void> {
  await h.go("o", "main a[href^='/imports/']", /\/imports\/[A-Z0-9-]+$/);
}

/** The first table of a receipt, or of a job: read, new, known, edited, failed, and what else there is. */
const receipt = async (page: Page) => (await page.locator("main .columns section").first().locator("td").allTextContents()).map(numberOf);

test("a first import, and the same channels again", async ({ page, own, language, javaScriptEnabled }) => {
  test.setTimeout(300_000);
  const h = new Hands(page, language, javaScriptEnabled !== false);
  const tmp = mkdtempSync(join(tmpdir(), "dalil-export-"));
  try {
    const before = standing(own.dir);
    await page.goto(own.url);
    await h.ready();

    // What would be added, what is missing, what is left out on purpose; and nothing is written.
    const folder = writeExport(join(tmp, "ChatExport_2025-06-20"), "first");
    await lookInto(h, folder);
    expect(await figures(page)).toEqual([10, 0, 0, 1, 1, 0]);
    const main = page.locator("main");
    await expect(main).toContainText("نبض المرسى");
    await expect(main).toContainText("Harbour Voice");
    if (language === "en") {
      await expect(main).toContainText("personal information of the exporting account");
      await expect(main).toContainText("sessions of the exporting account");
    }
    await expect(page.locator("body")).not.toContainText("+000 000"); // nobody's telephone number
    expect(standing(own.dir)).toEqual(before);

    // The import, its receipt, and the log that it says it is in.
    await bringIn(h);
    await toReceipt(h);
    expect(await receipt(page)).toEqual([10, 10, 0, 0, 0, 0, 0]);
    const after = standing(own.dir);
    expect(after.size).toBeGreaterThan(before.size + 10);
    await expect(page.locator("footer")).toContainText(after.root);
    const first = page.url().split("/").pop() ?? "";

    // To what it brought in: every statement, and the inbox, where what travels is one row.
    await h.go("o", "main a[href^='/statements?q=import']", /\/statements\?q=import/);
    await expect(page.locator("main [data-row]")).toHaveCount(10);
    await h.back(new RegExp(`/imports/${first}$`));
    await h.go("i", "main a[href^='/inbox?q=import']", /\/inbox\?q=import/);
    await expect(page.locator("main [data-row]")).toHaveCount(9);
    const travels = page.locator("main [data-row]").filter({ hasText: "×" });
    await expect(travels).toHaveCount(1);
    await h.open(travels, /\/inbox\/Y-/);
    await expect(page.locator("main")).toContainText("ميناء المرسى الجديد");

    // A newer export of the same: what is known is left alone, an edit is kept beside what was.
    const newer = writeExport(join(tmp, "ChatExport_2025-06-21"), "later");
    await lookInto(h, newer);
    expect(await figures(page)).toEqual([2, 9, 1, 1, 1, 0]);
    expect(standing(own.dir)).toEqual(after);
    await bringIn(h);
    await toReceipt(h);
    expect((await receipt(page)).slice(0, 5)).toEqual([12, 2, 9, 1, 0]);

    // And once more: nothing is new, and nothing is written.
    const last = standing(own.dir);
    await lookInto(h, newer);
    expect((await figures(page)).slice(0, 3)).toEqual([0, 12, 0]);
    await bringIn(h);
    expect((await receipt(page)).slice(0, 5)).toEqual([12, 0, 12, 0, 0]);
    expect(standing(own.dir)).toEqual(last);

    // The list of imports has the others, and opens them.
    await h.go("g m", "#menu a[href='/imports']", /\/imports$/);
    await expect(page.locator(`main [data-row="${first}"]`)).toBeVisible();
    await h.open(page.locator(`main [data-row="${first}"]`), new RegExp(`/imports/${first}$`));
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
});
