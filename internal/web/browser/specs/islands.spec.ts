// The islands on a page made for them, with keys pressed as on keyboards of
// other layouts.

import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";
import { arabic, dvorak, type Layout, latin, persian, press } from "../keyboards.ts";
import { type Lab, openLab, policy } from "../lab.ts";
import { test as base, expect } from "../workbench.ts";

const test = base.extend<{ lab: Lab }>({
  // biome-ignore lint/correctness/noEmptyPattern: the shape that fixtures have
  lab: async ({}, use) => {
    const lab = await openLab();
    await use(lab);
    await lab.close();
  },
});

const at = (page: Page) => page.evaluate(() => document.querySelector("[aria-current=true]")?.getAttribute("data-row") ?? "");
const selected = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll<HTMLInputElement>("[data-row] input:checked")]
      .map((i) => i.closest("[data-row]")?.getAttribute("data-row"))
      .join(""),
  );

/** Opens the page of the lab and waits for its script. */
async function open(page: Page, lab: Lab, path = "/"): Promise<void> {
  if (page.url().startsWith(lab.url)) {
    await page.goto(`${lab.url}/elsewhere`);
    await page.evaluate(() => sessionStorage.clear()); // where the cursor was
  }
  await page.goto(lab.url + path);
  await page.waitForFunction(() => document.documentElement.dataset.script === "on");
}

for (const layout of [latin, arabic, persian] as Layout[]) {
  test(`a list is worked through on a ${layout.name} keyboard`, async ({ page, lab }) => {
    await open(page, lab);
    await press(page, "j", layout);
    expect(await at(page)).toBe("a");
    await press(page, "j j j", layout);
    expect(await at(page)).toBe("c");
    await press(page, "k", layout);
    expect(await at(page)).toBe("b");
    await press(page, "x", layout);
    expect(await selected(page)).toBe("b");
    await press(page, "x", layout);
    expect(await selected(page)).toBe("");
    await press(page, "G", layout);
    expect(await at(page)).toBe("c");
    await press(page, "g g", layout);
    expect(await at(page)).toBe("a");
    await press(page, "J J", layout);
    expect(await selected(page)).toBe("abc");
    await press(page, "K", layout);
    expect(await at(page)).toBe("b");
    await press(page, "*", layout);
    await expect(page.getByLabel("All 1,204 matching")).toBeChecked();
    await press(page, "/", layout);
    await expect(page.locator("#q")).toBeFocused();
    await press(page, "j", layout);
    expect(await at(page)).toBe("b"); // typed, not meant
    await expect(page.locator("#q")).not.toHaveValue("");
  });
}

for (const layout of [latin, arabic, persian] as Layout[]) {
  test(`keys press what the page declares, on a ${layout.name} keyboard`, async ({ page, lab }) => {
    for (const [keys, path] of [
      ["g s", "/statements"],
      ["g r", "/sources"],
      ["z", "/undo"],
      [".", "/menu"],
      ["j j o", "/row/b"],
      ["j Enter", "/row/a"],
      ["j v", "/row/a?original"],
      ["x g s", "/statements"],
    ] as const) {
      await open(page, lab);
      await press(page, keys, layout);
      await expect(page, keys).toHaveURL(lab.url + path);
    }
    await open(page, lab);
    await press(page, "j j 1", layout); // the button of the current row
    await expect(page).toHaveURL(/\/decide\?keep=b$/);
    await open(page, lab);
    await press(page, "j x j 1", layout); // something is selected: the button of all
    await expect(page).toHaveURL(/\/decide\?bulk=keep/);
    await open(page, lab);
    await press(page, "?", layout);
    await expect(page.locator("#sheet")).toBeVisible();
    await press(page, "g s", layout); // what lies behind a dialog is not meant
    await expect(page).toHaveURL(`${lab.url}/`);
    await press(page, "Escape", layout);
    await expect(page.locator("#sheet")).toBeHidden();
    if (layout !== persian) {
      await press(page, "z", layout); // also learns what layout it is
      await expect(page).toHaveURL(`${lab.url}/undo`);
      await page.waitForLoadState();
      await page.goBack();
      await page.waitForFunction(() => document.documentElement.dataset.script === "on");
      await press(page, "j Z", layout);
      await expect(page).toHaveURL(`${lab.url}/redo`);
    }
  });
}

test("on a Dvorak keyboard the letters count, not their places", async ({ page, lab }) => {
  await open(page, lab);
  await press(page, "j", dvorak); // writes h
  expect(await at(page)).toBe("");
  await press(page, "c c v b", dvorak); // j j k x
  expect(await at(page)).toBe("a");
  expect(await selected(page)).toBe("a");
});

test("the cursor stays in its place when the page is loaded anew", async ({ page, lab }) => {
  await open(page, lab);
  await press(page, "j j");
  await page.reload();
  await page.waitForFunction(() => document.documentElement.dataset.script === "on");
  expect(await at(page)).toBe("b");
});

test("single keys can be turned off, and never fire while somebody writes or holds a modifier", async ({ page, lab }) => {
  await open(page, lab, "/off");
  await press(page, "j g s z 1");
  expect(await at(page)).toBe("");
  await expect(page).toHaveURL(`${lab.url}/off`);
  await press(page, "Ctrl+k");
  await expect(page.locator("#palette")).toBeVisible();

  await open(page, lab);
  await press(page, "Ctrl+z Ctrl+x");
  expect(await at(page)).toBe("");
  await page.locator("#note").focus();
  await press(page, "j z 1 ؟ g s", arabic);
  await expect(page).toHaveURL(`${lab.url}/`);
  await page.locator("h1").click();
  await page.evaluate(() => document.dispatchEvent(new KeyboardEvent("keydown", { key: "j", code: "KeyJ", isComposing: true, bubbles: true })));
  expect(await at(page)).toBe("");
});

test("forward is where the line goes", async ({ page, lab }) => {
  await open(page, lab);
  await press(page, "ArrowRight");
  await expect(page).toHaveURL(`${lab.url}/next`);
  await open(page, lab, "/rtl");
  await press(page, "ArrowLeft");
  await expect(page).toHaveURL(`${lab.url}/next`);
  await open(page, lab, "/rtl");
  await press(page, "j"); // up and down stay
  expect(await at(page)).toBe("a");
});

test("Esc three times blanks the screen and its tab, and brings them back", async ({ page, lab }) => {
  await open(page, lab);
  await page.locator("#note").focus();
  await press(page, "Escape Escape");
  await expect(page.locator("h1")).toBeVisible();
  await press(page, "Escape");
  await expect(page.locator("h1")).toBeHidden();
  await expect(page).toHaveTitle("—");
  await press(page, "z"); // nothing happens unseen
  await expect(page).toHaveURL(`${lab.url}/`);
  await press(page, "Escape Escape Escape");
  await expect(page.locator("h1")).toBeVisible();
  await expect(page).toHaveTitle("Lab");
});

test("the palette finds commands and pages, by keyboard and for a screen reader", async ({ page, lab }) => {
  await open(page, lab);
  await press(page, "Ctrl+k", arabic);
  const box = page.getByRole("combobox", { name: "Search or command" });
  await expect(box).toBeFocused();
  await expect(page.getByRole("option")).toHaveCount(3);
  await box.fill("stat");
  await expect(page.getByRole("option", { name: "Statements" })).toHaveAttribute("aria-selected", "true");
  await expect(page.getByRole("option")).toHaveCount(2); // and the one page; what leads elsewhere is left out
  await expect(page.locator("#palette [role=status]")).toHaveText("2 found");
  await expect(page.getByRole("option").nth(1)).toContainText("أصحاب الكهف <b>");
  const bad = await new AxeBuilder({ page }).setLegacyMode().include("#palette").analyze();
  expect(bad.violations.map((v) => v.id)).toEqual([]);
  await press(page, "ArrowDown");
  await expect(box).toHaveAttribute("aria-activedescendant", "dl-palette-found-0");
  await press(page, "Enter");
  await expect(page).toHaveURL(`${lab.url}/row/3`);
  await open(page, lab);
  await press(page, "Ctrl+k");
  await box.fill("none");
  await expect(page.locator("#palette [role=status]")).toHaveText("Nothing found");
  await press(page, "Enter"); // nothing is chosen: it is a search
  await expect(page).toHaveURL(`${lab.url}/statements?q=none`);
});

test("the preview follows the cursor, runs nothing, and asks nobody else", async ({ page, lab }) => {
  await open(page, lab);
  const pane = page.locator("[data-preview-pane]");
  await press(page, "j");
  await expect(pane.locator("h1")).toHaveText("Row a");
  await press(page, "j");
  await expect(pane.locator("h1")).toHaveText("Row b");
  await press(page, "j"); // the address of this one is not ours
  await expect(page.locator("[data-row=c]")).toBeFocused();
  await press(page, "k");
  await expect.poll(() => lab.asked.filter((a) => a === "/row/b").length).toBe(2);
  expect(lab.asked.filter((a) => a.startsWith("/row/"))).toEqual(["/row/a", "/row/b", "/row/b"]);
  expect(await page.evaluate(() => "ran" in window)).toBe(false);
  await expect(page.locator("[data-row=b]")).toBeFocused();
});

test("what is copied has no isolates", async ({ page, lab, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await open(page, lab);
  await page.getByRole("button", { name: "Copy" }).click();
  await expect(page.getByRole("button", { name: "Copy" }).getByRole("status")).toHaveText(" Copied");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe("أصحاب الكهف (Telegram) at 20.41 hours");
  await page.evaluate(() => getSelection()?.selectAllChildren(document.getElementById("citation") as HTMLElement));
  await page.keyboard.press("Control+c");
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^أصحاب الكهف \(Telegram\)/);
});

test("a job's progress is shown as it comes and said at most every ten seconds", async ({ page, lab }) => {
  await page.clock.install();
  await open(page, lab);
  await expect.poll(() => lab.listeners()).toBe(1);
  await page.evaluate(() => {
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver(() => said.push(document.querySelector("[data-live-say]")?.textContent ?? "")).observe(
      document.querySelector("[data-live-say]") as Node,
      { childList: true },
    );
  });
  const done = page.locator("[data-live=done]");
  for (let i = 1; i <= 40; i++) {
    lab.send("", { fields: { done: String(i), progress: i / 100 }, say: `${i} % done`, title: `${i} % · import` });
  }
  await expect(done).toHaveText("40");
  await expect(page).toHaveTitle("40 % · import");
  expect(await page.locator("[data-live=progress]").evaluate((p: HTMLProgressElement) => p.value)).toBe(0.4);
  const said = () => page.evaluate(() => (window as unknown as { said: string[] }).said);
  expect(await said()).toEqual(["1 % done"]);
  await page.clock.runFor(10_100);
  expect(await said()).toEqual(["1 % done", "40 % done"]);
  lab.send("end", { fields: { done: "100" }, say: "finished", title: "done" });
  await expect(page.locator("[data-live-end]")).toBeVisible();
  expect(await said()).toEqual(["1 % done", "40 % done", "finished"]);
  await expect(page.locator("[data-live-lost]")).toBeHidden();
});

test("files and folders dropped anywhere are sent with their places", async ({ page, lab }) => {
  await open(page, lab);
  const dropped = await page.evaluateHandle(() => {
    const t = new DataTransfer();
    t.items.add(new File(["hello"], "result.json", { type: "application/json" }));
    t.items.add(new File(["سلام"], "رسالة.txt"));
    return t;
  });
  await page.dispatchEvent("h1", "dragenter", { dataTransfer: dropped });
  await expect(page.locator("dl-drop")).toHaveAttribute("data-over", "");
  await page.dispatchEvent("h1", "drop", { dataTransfer: dropped });
  await expect(page).toHaveURL(`${lab.url}/row/done`);
  const [sent] = lab.uploads;
  expect(sent).toMatch(
    /name="source"\r\n\r\ns1\r\n[\s\S]*name="path"\r\n\r\nresult\.json\r\n[\s\S]*filename="result\.json"[\s\S]*hello[\s\S]*name="path"\r\n\r\nرسالة\.txt\r\n[\s\S]*سلام/,
  );
});

test("the form sends with progress, and says when it was refused", async ({ page, lab, wrongs }) => {
  await open(page, lab);
  await page.getByLabel("Files").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("refuse me") });
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.locator("[data-drop-failed]")).toHaveText("This file is refused.");
  expect(wrongs.splice(0).every((w) => w.includes("422"))).toBe(true); // the browser says so too
  await page.getByLabel("Files").setInputFiles({ name: "a.txt", mimeType: "text/plain", buffer: Buffer.from("take me") });
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page).toHaveURL(`${lab.url}/row/done`);
  expect(lab.uploads.length).toBe(1);
});

test("the lab is under the policy of dalil's own pages", async ({ page, sample }) => {
  const answer = await page.goto(sample.url);
  expect(answer?.headers()["content-security-policy"]).toBe(policy);
});
