// Where characters stand on the screen. A name must not move what is beside it,
// and reads as it should itself; both are measured from the places that the
// browser gives each character, with the fonts that dalil brings.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { here } from "../made.ts";
import { nasty } from "../nasty.ts";
import { expect, test } from "../workbench.ts";

interface Seen {
  name: string; // characters of the name, from left to right
  time: string; // of the time beside it
  left: number; // edges of the name
  right: number;
  timeLeft: number;
  timeRight: number;
  sameLine: boolean;
}

/** Looks at the hit of a source in a list: its name, and the time beside it. */
async function look(page: Page, source: string): Promise<Seen> {
  await page.evaluate(() => document.fonts.ready);
  return page.evaluate((source) => {
    const places = (e: Element) => {
      const found: { c: string; x: number; y: number; w: number }[] = [];
      const walk = document.createTreeWalker(e, NodeFilter.SHOW_TEXT);
      for (let n = walk.nextNode(); n; n = walk.nextNode()) {
        for (const s of new Intl.Segmenter("en", { granularity: "grapheme" }).segment(n.textContent ?? "")) {
          const r = document.createRange();
          r.setStart(n, s.index);
          r.setEnd(n, s.index + s.segment.length);
          const box = r.getBoundingClientRect();
          if (box.width > 0 && s.segment.trim() !== "") {
            found.push({ c: s.segment, x: box.left + box.width / 2, y: Math.round(box.top / 12), w: box.width });
          }
        }
      }
      return found;
    };
    // A line's boxes differ by a pixel or two between fonts; a name of these is one line.
    const inOrder = (e: Element) =>
      places(e)
        .sort((a, b) => a.x - b.x)
        .map((p) => p.c)
        .join("");
    const name = document.querySelector(`main a[href^='/c/${source}'] bdi`) as Element;
    const hit = name.closest(".hit, [data-row]") as Element;
    const time = hit.querySelector("time") as Element;
    const a = name.getBoundingClientRect();
    const b = time.getBoundingClientRect();
    return {
      name: inOrder(name),
      time: inOrder(time),
      left: a.left,
      right: a.right,
      timeLeft: b.left,
      timeRight: b.right,
      sameLine: a.bottom > b.top && b.bottom > a.top,
    };
  }, source);
}

const golden = join(here, "nasty.json");

test("names stand as they should and move nothing beside them", async ({ page, bidi, language }) => {
  test.setTimeout(240_000);
  const answer = await page.request.get(`${bidi.url}/sources.json`);
  const sources = (await answer.json()) as { id: string; external_id: string }[];
  const want = JSON.parse(readFileSync(golden, "utf8")) as Record<string, string>;
  const got: Record<string, string> = {};
  let beside = 0;
  let time = "";
  for (const [i, text] of nasty.entries()) {
    const source = sources.find((s) => s.external_id === `telegram:${5000 + i}`);
    expect(source, `${i}: ${JSON.stringify(text)} came in`).toBeDefined();
    await page.goto(`${bidi.url}/statements?q=${encodeURIComponent(`from:${source?.id}`)}`);
    const seen = await look(page, source?.id ?? "");
    got[text] = seen.name;
    if (seen.sameLine) {
      beside++;
      if (language === "en") {
        expect(seen.right, text).toBeLessThanOrEqual(seen.timeLeft + 0.5);
      } else {
        expect(seen.left, text).toBeGreaterThanOrEqual(seen.timeRight - 0.5);
      }
    }
    const clock = seen.time.replace(/[0-9٠-٩۰-۹]/g, "0"); // the order of a time is that of every other
    time ||= clock;
    expect(clock, text).toBe(time);
  }
  expect(beside).toBeGreaterThan(nasty.length * 0.6);
  if (process.env.DALIL_UPDATE) {
    writeFileSync(golden, `${JSON.stringify(got, null, 2)}\n`);
    return;
  }
  expect(got).toEqual(want); // in both directions of the interface: a name is its own
});
