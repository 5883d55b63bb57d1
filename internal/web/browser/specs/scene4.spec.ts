// Scene 4, a protected name and a question about the past: names are masked,
// opened with a reason and masked again one by one; the case is seen as it was
// known before a decision, where nothing can be changed. By keyboard alone: from
// left to right, from right to left on an Arabic keyboard, and without script.

import type { Locator, Page } from "@playwright/test";
import { Hands, standing } from "../hands.ts";
import { press } from "../keyboards.ts";
import { expect, test } from "../workbench.ts";

/** A word that stands for a person's name, and others of the same post. */
const ferry = { name: "ferry", rest: "to the islands" };
const council = { name: "Council", rest: "about the northern quay" };
const mask = "█████";

const rowOf = (page: Page, rest: string): Locator => page.locator("main [data-row]").filter({ hasText: rest });
const text = (page: Page): Locator => page.locator(".unit-page .text").first();

/** Goes to the page of a post in the inbox. */
async function toUnit(h: Hands, rest: string): Promise<void> {
  await h.go("g i", "#menu a[href^='/inbox']", /\/inbox/);
  if (h.scripted) {
    await press(h.page, "g g", h.layout); // the cursor is where it was the last time
  }
  await h.open(rowOf(h.page, rest), /\/inbox\/S-/);
}

/** Masks a name, with a reason. */
async function shield(h: Hands, { name, rest }: typeof ferry): Promise<void> {
  await toUnit(h, rest);
  await expect(text(h.page)).toContainText(name);
  await h.fill(undefined, ".decide input[name=reason]", "accused without proof");
  await h.unfold("details:has(> p textarea[name=names]) > summary");
  await h.fill(undefined, "textarea[name=names]", name);
  await h.go("", "button[value=shield]", /did=D-/); // it has no key: nobody masks in passing
}

/** Opens the masked name of the post one is at. */
async function open(h: Hands, { name }: typeof ferry): Promise<void> {
  await expect(text(h.page)).toContainText(mask);
  await h.step("m", ".mask summary");
  await h.fill(undefined, ".mask input[name=reason]", "to warn the person");
  await h.go("", ".mask details button", /\/inbox\/S-.*did=D-/);
  await expect(h.page.locator(".did")).toBeVisible();
  await expect(text(h.page)).toContainText(name);
  await expect(text(h.page)).not.toContainText(mask);
}

/** A button of the page, where no key is meant or one has not to be known. */
class Tabbing extends Hands {
  override async step(key: string, control: string): Promise<void> {
    if (key !== "") {
      return super.step(key, control);
    }
    await this.reach(this.page.locator(control));
    await press(this.page, "Enter");
  }
}

test("a masked name is opened with a reason, and masked again", async ({ page, story, language, javaScriptEnabled, browser }) => {
  test.setTimeout(600_000);
  const h = new Tabbing(page, language, javaScriptEnabled !== false);
  await page.goto(story.url);
  await h.ready();
  await shield(h, ferry);
  await expect(page.locator(".pinned li")).toHaveCount(1);
  await expect(page.locator("main")).not.toContainText(ferry.name);
  await shield(h, council);
  await expect(page.locator(".pinned li")).toHaveCount(2);

  // Without a reason it stays masked; with one it is shown, here and nowhere else.
  await toUnit(h, ferry.rest);
  const size = standing(story.dir).size;
  await h.step("m", ".mask summary");
  await h.reach(page.locator(".mask details button"));
  await press(page, "Enter");
  await expect(page.locator(".mask input[name=reason]:invalid")).toBeVisible();
  expect(standing(story.dir).size).toBe(size);
  await page.reload();
  await h.ready();
  await open(h, ferry);
  expect(standing(story.dir).size).toBe(size + 1);
  const unit = page.url().replace(/\?.*/, "");
  const elsewhere = await browser.newContext();
  const other = await elsewhere.newPage();
  await other.goto(unit);
  await expect(text(other)).toContainText(mask);
  await expect(other.locator("form.opened")).toHaveCount(0);
  await elsewhere.close();

  // Masked again, and that it was seen stays on record.
  await h.go("M", ".mask button[name=unit]", /\/inbox\/S-/);
  await expect(text(page)).toContainText(mask);
  await expect(page.locator("form.opened")).toHaveCount(0);
  await h.go("g l", "#menu a[href='/log']", /\/log$/);
  await expect(page.locator("main .acts li").first()).toContainText("to warn the person");

  // Of two that are open, one is masked again; then whatever is left.
  await toUnit(h, ferry.rest);
  await open(h, ferry);
  await toUnit(h, council.rest);
  await open(h, council);
  const id = new URL(page.url()).pathname.split("/").pop() ?? "";
  await h.reach(page.locator("[popovertarget=open-names]"));
  await press(page, "Enter");
  await expect(page.locator("#open-names button")).toHaveCount(2);
  await h.go("", `#open-names button[value="${id}"]`, /\/inbox\/S-/);
  await expect(text(page)).toContainText(mask);
  await toUnit(h, ferry.rest);
  await expect(text(page)).toContainText(ferry.name);
  await h.go("", ".opened button", /\/inbox\/S-/);
  await expect(text(page)).toContainText(mask);
});

test("the case is seen as it was known before a decision", async ({ page, story, language, javaScriptEnabled }) => {
  test.setTimeout(600_000);
  const h = new Tabbing(page, language, javaScriptEnabled !== false);
  await page.goto(story.url);
  await h.ready();
  await h.go("s", "form[action='/seen'] button", /\/$/); // it is remembered until when somebody looked
  const looked = standing(story.dir).size;
  await toUnit(h, council.rest);
  await h.go("1", ".decide button[value=keep]", /\/inbox.*did=D-/);
  await expect(rowOf(page, council.rest)).toHaveCount(0);

  // From its entry in the log to the case as it was before.
  await h.go("g l", "#menu a[href='/log']", /\/log$/);
  await h.open(page.locator("main .acts li[data-row]").first(), /\/log\/\d+$/);
  const { root, size } = standing(story.dir);
  await h.go("", `main a[href='/statements?at=@${size - 1}']`, /\/statements\?at=@/);
  const banner = page.locator(".then");
  await expect(banner).toBeVisible();
  await expect(page.locator("main [data-row]")).not.toHaveCount(0);

  // Wherever one goes, it stays that moment, and there is nothing to decide with.
  const past = async (): Promise<void> => {
    await expect(banner).toBeVisible();
    expect(new URL(page.url()).searchParams.get("at")).toBe(`@${size - 1}`);
    const forms = await page.locator("form[method=post]").evaluateAll((all) => all.map((f) => f.getAttribute("action")));
    expect(forms.filter((f) => f !== "/settings")).toEqual([]);
  };
  await past();
  await h.go("g i", "#menu a[href^='/inbox']", /\/inbox/);
  await past();
  await expect(rowOf(page, council.rest)).toHaveCount(1);
  if (h.scripted) {
    const at = page.url();
    await press(page, "g g 1 3 z", h.layout); // the keys that decide
    await expect(page.locator("[data-row][aria-current]")).toHaveCount(1);
    expect(page.url()).toBe(at);
  }
  await h.open(rowOf(page, council.rest), /\/inbox\/S-/);
  await past();
  await h.go("g t", "#menu li a[href^='/?']", /\/\?at=/);
  await past();
  await h.go("g l", "#menu a[href^='/log']", /\/log\?/);
  await past();
  await h.open(page.locator("main .acts li[data-row]").first(), /\/log\/\d+\?/);
  await past();
  expect(standing(story.dir)).toEqual({ root, size });

  // Back to now: it is decided.
  await h.go("g z", ".then a[data-now]", /\/log\/\d+$/);
  await expect(banner).toHaveCount(0);
  await h.go("g i", "#menu a[href^='/inbox']", /\/inbox$/);
  await expect(rowOf(page, council.rest)).toHaveCount(0);

  // Another moment is chosen on the page itself.
  await h.step("g a", "[popovertarget=at]");
  if (h.scripted) {
    await expect(page.locator("#at input[name=at]")).toBeFocused();
  }
  await h.go("", "#at p a[href*='at=']", /\/inbox\?/);
  await expect(banner).toBeVisible();
  expect(new URL(page.url()).searchParams.get("at")).toBe(`@${looked}`);
  await expect(rowOf(page, council.rest)).toHaveCount(1);
});
