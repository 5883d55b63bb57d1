// Without any script: read, search, change a setting, and go on.

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
