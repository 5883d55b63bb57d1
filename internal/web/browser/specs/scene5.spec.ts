// Scene 5, what is the same text: a person takes a post out of its family, sees in
// its history who did, takes that back, and puts a translation into it. By keyboard
// alone: from left to right, from right to left on an Arabic keyboard, and without
// script.

import { travelling } from "../exported.ts";
import { Hands } from "../hands.ts";
import { press } from "../keyboards.ts";
import { expect, test } from "../workbench.ts";

test("what is the same text is decided on the page of a family", async ({ page, story, language, javaScriptEnabled }) => {
  test.setTimeout(600_000);
  const h = new Hands(page, language, javaScriptEnabled !== false);
  await page.goto(story.url);
  await h.ready();
  await h.go("g y", "#menu a[href='/families']", /\/families/);
  await h.open(
    page
      .locator("main [data-row]")
      .filter({ hasText: travelling.slice(0, 20) })
      .first(),
    /\/y\/Y-/,
  );
  const posts = page.locator("ol.posts > li[data-row]");
  const all = await posts.count();
  expect(all).toBeGreaterThan(2);
  const family = page.url();
  const last = (await posts.last().getAttribute("data-row")) ?? "";

  // Out of the family, with a reason.
  const row = `li[data-row="${last}"]`;
  if (h.scripted) {
    for (let i = 0; (await page.locator(row).getAttribute("aria-current")) !== "true"; i++) {
      expect(i).toBeLessThan(100);
      await press(page, "j", h.layout);
    }
  }
  await h.step("n", `${row} details.acts-on summary`);
  await expect(page.locator(`${row} details.acts-on`)).toHaveAttribute("open", "");
  await h.fill(undefined, `${row} input[name=reason]`, "another ship");
  await h.reach(page.locator(`${row} button[value=split]`));
  await Promise.all([page.waitForEvent("load"), press(page, "Enter")]);
  await h.ready();
  await expect(posts).toHaveCount(all - 1);
  await expect(page.locator(row)).toHaveCount(0);
  await expect(page.locator("#history ~ ul")).toContainText("another ship");

  // Taken back, it is there again.
  await h.go("z", ".did button", /./);
  await page.goto(family);
  await h.ready();
  await expect(posts).toHaveCount(all);

  // A statement that the machine did not take for the same is put into it.
  await page.goto(`${story.url}/statements?q=ferry`);
  await h.ready();
  const ferry = (await page.locator("main [data-row]").first().getAttribute("data-row")) ?? "";
  await page.goto(family);
  await h.ready();
  await h.step("y", "aside details.acts-on summary");
  await expect(page.locator("aside details.acts-on")).toHaveAttribute("open", "");
  await h.fill(undefined, "aside input[name=with]", ferry);
  await h.fill(undefined, "aside input[name=reason]", "I read both");
  await h.reach(page.locator("aside details.acts-on button"));
  await Promise.all([page.waitForEvent("load"), press(page, "Enter")]);
  await h.ready();
  await expect(page).toHaveURL(/\/y\/Y-.*did=D-/);
  await expect(page.locator(`li[data-row="${ferry}"]`)).toHaveCount(1);
});
