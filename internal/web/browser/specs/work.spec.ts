// Long work, told of on every page: the pill comes, follows and goes, and nothing
// in the page moves for it; also from right to left, and without script.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "../workbench.ts";

test("a pill follows long work, and nothing moves", async ({ page, own, language, javaScriptEnabled }) => {
  test.setTimeout(300_000);
  const tmp = mkdtempSync(join(tmpdir(), "dalil-work-"));
  try {
    const posts = Array.from({ length: 30_000 }, (_, i) => ({
      id: i + 1,
      type: "message",
      date: "2024-05-01T10:00:00",
      date_unixtime: String(1_714_557_600 + i * 60),
      from: "Quay Desk",
      from_id: "channel7700",
      text: `The ferry of pier ${i} left the harbour late`,
      text_entities: [],
    }));
    const file = join(tmp, "result.json");
    writeFileSync(file, JSON.stringify({ name: "Quay Desk", type: "public_channel", id: 7700, messages: posts }));

    await page.goto(`${own.url}/import`);
    const pill = page.locator(".working");
    await expect(pill).toBeHidden();
    const head = page.locator("h1");
    const before = await head.boundingBox();
    await page.setInputFiles("input[name=file]", file);
    await page.click(".drop button[type=submit]");
    await page.waitForURL(/\/import\/[A-Z0-9-]+$/);
    const importing = page.locator("button[value=import]");
    while (!(await importing.isVisible())) {
      await page.waitForTimeout(1000);
      await page.reload();
    }
    await importing.click();
    await page.waitForURL(/\/jobs\/[A-Z0-9-]+$/);
    const job = new URL(page.url()).pathname;
    // The tab says how far it is, and what.
    await expect(page).toHaveTitle(/[%\u066a].* · |· /);

    await page.goto(`${own.url}/import`);
    await expect(pill).toBeVisible();
    await expect(pill).toHaveAttribute("href", job);
    expect(await head.boundingBox()).toEqual(before);
    const room = await page.locator(".top").boundingBox();
    const at = await pill.boundingBox();
    const width = page.viewportSize()?.width ?? 0;
    expect(at && room && at.x >= room.x && at.x + at.width <= room.x + room.width).toBeTruthy();
    expect(language === "en" ? (at?.x ?? 0) > width / 2 : (at?.x ?? width) < width / 2).toBeTruthy();
    if (javaScriptEnabled === false) {
      return;
    }
    const first = await pill.textContent();
    await expect.poll(() => pill.textContent(), { timeout: 120_000 }).not.toBe(first);
    await expect(page.locator("dl-work [role=status]")).not.toBeEmpty();
    await expect(pill).toBeHidden({ timeout: 240_000 }); // its end was told of
    expect(await head.boundingBox()).toEqual(before);
  } finally {
    rmSync(tmp, { recursive: true, force: true });
  }
});
