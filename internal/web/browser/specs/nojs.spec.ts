// Without any script: read, search, change a setting, and go on.

import { readFileSync } from "node:fs";
import { expect, test } from "../workbench.ts";

test("a case is read and searched without script", async ({ page, sample }) => {
  await page.goto(sample.url);
  await expect(page.locator("main h1")).toHaveCount(1);
  await page.goto(`${sample.url}/statements`);
  await page.locator("input[name=q]").first().fill("lang:ar");
  await page.locator("input[name=q]").first().press("Enter");
  await expect(page).toHaveURL(/\/statements\?q=lang%3Aar/);
  await page.locator("main a[href^='/s/']").first().click();
  await expect(page).toHaveURL(/\/s\/S-/);
  await expect(page.locator(".proof").first()).toBeVisible();
});

test("the interface turns over without script", async ({ page, sample }) => {
  await page.goto(`${sample.url}/sources`);
  await page.getByRole("button", { name: "العربية" }).click();
  await expect(page).toHaveURL(`${sample.url}/sources`);
  await expect(page.locator("html")).toHaveAttribute("dir", "rtl");
  await page.getByRole("button", { name: "English" }).click();
  await expect(page.locator("html")).toHaveAttribute("dir", "ltr");
});

test("triage without script: one thing decided, and taken back", async ({ page, own }) => {
  await page.goto(`${own.url}/inbox`);
  const id = await page.locator("[data-row]").first().getAttribute("data-row");
  await page.locator("[data-row]").first().hover();
  await page.locator("[data-row] button[data-key='1']").first().click();
  await expect(page.locator(".did")).toBeVisible();
  await expect(page.locator(`[data-row="${id}"]`)).toHaveCount(0);
  await page.locator(".did button[data-key='z']").click();
  await expect(page.locator(`[data-row="${id}"]`)).toHaveCount(1);
});

test("a sheet without script: saved, filled in, looked at, recorded, taken back", async ({ page, own }) => {
  await page.goto(`${own.url}/inbox?view=table`);
  const waiting = page.waitForEvent("download");
  await page.locator("a[href^='/inbox.csv']").click();
  const sheet = readFileSync(await (await waiting).path(), "utf8");
  const rows = sheet.split("\r\n");
  expect(rows[0]).toMatch(/^\ufeffid,state,of,until,labels,assigned,reason,/);
  const id = rows[1]?.split(",")[0];
  rows[1] = rows[1]?.replace(",new,", ",kept,") ?? "";
  rows[2] = rows[2]?.replace(",new,", ",perhaps,") ?? "";
  await page.goto(`${own.url}/apply`);
  await page.locator("input[type=file]").setInputFiles({ name: "edits.csv", mimeType: "text/csv", buffer: Buffer.from(rows.join("\r\n")) });
  await page.locator("form.hand button[type=submit]").click();
  await expect(page).toHaveURL(/\/apply\/[0-9a-f]+$/);
  await expect(page.locator(".edits").last().locator("tbody tr")).toHaveCount(1);
  await expect(page.locator(".edits").first()).toContainText("perhaps");
  await page.locator("form.hand button[type=submit]").click();
  await expect(page.locator(".did")).toBeVisible();
  await page.goto(`${own.url}/inbox?q=state%3Akept`);
  await expect(page.locator(`[data-row="${id}"]`)).toHaveCount(1);
  await page.goBack();
  await page.locator(".did button[data-key='z']").click();
  await page.goto(`${own.url}/inbox?q=state%3Akept`);
  await expect(page.locator(`[data-row="${id}"]`)).toHaveCount(0);
});
