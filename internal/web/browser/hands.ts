// Two hands on a keyboard, and no mouse. With script a step is the key that the
// page declares; without, it is the button or link of that key, reached with Tab
// and pressed with Enter. Either way it is the same step of a scene.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Download, expect, type FileChooser, type Locator, type Page } from "@playwright/test";
import { arabic, type Layout, latin, press, write } from "./keyboards.ts";

export class Hands {
  readonly layout: Layout;

  constructor(
    readonly page: Page,
    language: string,
    readonly scripted: boolean,
  ) {
    this.layout = language === "en" ? latin : arabic;
    page.on("filechooser", () => undefined); // asked for now, since a key would be faster than the asking
  }

  /** Waits until the page listens to keys. */
  async ready(): Promise<void> {
    if (this.scripted) {
      await this.page.waitForFunction(() => document.documentElement.dataset.script === "on");
    }
  }

  /** Goes on with Tab until something has the focus, over the rail by the link that every page begins with. */
  async reach(target: Locator): Promise<void> {
    await expect(target).toHaveCount(1);
    for (let i = 0; i < 400; i++) {
      const at = await target.evaluate((e) => {
        const now = document.activeElement;
        return e === now ? "there" : now?.matches(".skip") && e.closest("main") ? "skip" : "";
      });
      if (at === "there") {
        return;
      }
      await press(this.page, at === "skip" ? "Enter" : "Tab");
    }
    throw new Error(`Tab does not lead to ${target}`);
  }

  /** One step, whatever comes of it. */
  async step(key: string, control: string): Promise<void> {
    if (this.scripted) {
      await press(this.page, key, this.layout);
    } else {
      await this.reach(this.page.locator(control).first());
      await press(this.page, "Enter");
    }
  }

  /** A step that leads to a page. */
  async go(key: string, control: string, to: RegExp): Promise<void> {
    await Promise.all([this.page.waitForEvent("load", { timeout: 60_000 }), this.step(key, control)]);
    await expect(this.page).toHaveURL(to);
    await this.ready();
  }

  /** A step that asks for files. */
  async choose(key: string, control: string, files: string | string[]): Promise<void> {
    const [chooser] = await Promise.all([this.page.waitForEvent("filechooser") as Promise<FileChooser>, this.step(key, control)]);
    await chooser.setFiles(files);
  }

  /** A step that saves a file; its bytes. */
  async save(key: string, control: string): Promise<Buffer> {
    const [saved] = await Promise.all([this.page.waitForEvent("download") as Promise<Download>, this.step(key, control)]);
    return readFileSync(await saved.path());
  }

  /** Writes into a field. With script there is a key that leads to it; otherwise Tab does. */
  async fill(key: string | undefined, field: string, text: string): Promise<void> {
    if (this.scripted && key) {
      await press(this.page, key, this.layout);
      await expect(this.page.locator(field)).toBeFocused();
    } else {
      await this.reach(this.page.locator(field));
    }
    await write(this.page, text, this.layout);
    await expect(this.page.locator(field)).toHaveValue(text);
  }

  /** Opens what is folded away, reaching it with Tab. */
  async unfold(summary: string): Promise<void> {
    await this.reach(this.page.locator(summary));
    await press(this.page, "Enter");
    await expect(this.page.locator(`details[open] > summary`).and(this.page.locator(summary))).toHaveCount(1);
  }

  /** Opens a row of a list: with j and o, or by its link. */
  async open(row: Locator, to: RegExp): Promise<void> {
    const { page } = this;
    if (this.scripted) {
      for (let i = 0; !(await row.evaluate((e) => e.getAttribute("aria-current") === "true")); i++) {
        expect(i, "j does not lead to the row").toBeLessThan(100);
        await press(page, "j", this.layout);
      }
      await Promise.all([page.waitForEvent("load"), press(page, "o", this.layout)]);
    } else {
      const link = row.locator("[data-open]");
      await this.reach((await link.count()) > 0 ? link : row.locator("a[href]").first());
      await Promise.all([page.waitForEvent("load"), press(page, "Enter")]);
    }
    await expect(page).toHaveURL(to);
    await this.ready();
  }

  /** Back to where one came from; the link over the rail has left a step of its own on the way. */
  async back(to: RegExp): Promise<void> {
    const { page } = this;
    const whole = () => page.url().replace(/#.*/, "");
    const from = whole();
    for (let i = 0; i < 3 && whole() === from; i++) {
      if (this.scripted) {
        const at = page.url();
        await press(page, "u", this.layout);
        await expect(page).not.toHaveURL(at);
      } else {
        await page.goBack(); // the browser's own key, which a headless one has not
      }
    }
    await expect(page).toHaveURL((url) => to.test(url.pathname + url.search));
    await page.waitForLoadState("load");
    await this.ready();
  }

  /** Waits until a job's page, or a preflight's, is no longer about work going on. */
  async over(): Promise<void> {
    const { page } = this;
    const live = page.locator("dl-live");
    if (this.scripted) {
      if ((await live.count()) > 0) {
        await expect(page.locator("[data-live-end]")).toBeVisible({ timeout: 60_000 });
        await this.go("o", "", /./);
      }
    } else {
      for (let i = 0; (await live.count()) > 0; i++) {
        expect(i, "the work does not end").toBeLessThan(200);
        await this.go("", ".unscripted a", /./);
      }
    }
    await expect(live).toHaveCount(0);
  }
}

/** A number as the page writes it, in whatever digits. */
export function numberOf(text: string | null): number {
  const latinDigits = (text ?? "")
    .replace(/[٠-٩]/g, (d) => String(d.charCodeAt(0) - 0x660))
    .replace(/[۰-۹]/g, (d) => String(d.charCodeAt(0) - 0x6f0));
  return Number(latinDigits.replace(/[^0-9]/g, ""));
}

/** What the newest checkpoint of a case says: how many entries its log has, and their root. */
export function standing(dir: string): { size: number; root: string } {
  const [, size, root] = readFileSync(join(dir, "log", "checkpoint"), "utf8").split("\n");
  return { size: Number(size), root: root ?? "" };
}
