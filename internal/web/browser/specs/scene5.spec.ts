// Scene 5, what is the same text: a person puts a post into a family, takes it out
// again, sees in the history who did, and takes that back. By keyboard alone: from
// left to right, from right to left on an Arabic keyboard, and without script.

import { travelling } from "../exported.ts";
import { Hands } from "../hands.ts";
import { press } from "../keyboards.ts";
import { expect, test } from "../workbench.ts";

test("what is the same text is decided on the page of a family", async ({ page, story, language, javaScriptEnabled }) => {
  test.setTimeout(600_000);
  const h = new Hands(page, language, javaScriptEnabled !== false);
  await page.goto(`${story.url}/statements?q=ferry`);
  const ferry = (await page.locator("main [data-row]").first().getAttribute("data-row")) ?? "";
  await page.goto(story.url);
  await h.ready();
  await h.go("g y", "#menu a[href='/families']", /\/families/);
  const family = page.locator("main [data-row]").filter({ hasText: travelling.slice(0, 20) });
  await h.open(family.first(), /\/y\/Y-/);
  const posts = page.locator("ol.posts > li[data-row]");
  const before = await posts.count();

  // A statement that the machine did not take for the same is put into it.
  await h.step("y", "aside details.acts-on summary");
  await expect(page.locator("aside details.acts-on")).toHaveAttribute("open", "");
  await h.fill(undefined, "aside input[name=with]", ferry);
  await h.fill(undefined, "aside input[name=reason]", "I read both");
  await h.reach(page.locator("aside details.acts-on button"));
  await Promise.all([page.waitForEvent("load"), press(page, "Enter")]);
  await expect(page).toHaveURL(/\/y\/Y-.*did=D-/);
  await h.ready();
  await expect(posts).toHaveCount(before + 1);

  // Out of the family, with a reason; the history tells of it.
  const row = `li[data-row="${ferry}"]`;
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
  await expect(page).toHaveURL(/\/y\/Y-.*did=D-/);
  await h.ready();
  await expect(posts).toHaveCount(before);
  await expect(page.locator(row)).toHaveCount(0);
  await expect(page.locator("#history ~ ul")).toContainText("another ship");

  // Taken back, it is there again.
  await h.go("z", ".did button", /\/y\/Y-.*did=D-/);
  await expect(posts).toHaveCount(before + 1);
  await expect(page.locator(row)).toHaveCount(1);
});
