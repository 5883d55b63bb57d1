// The tests that use dalil in a real browser. Each project is a way of reading:
// a language, colours, a width, no script. Specs that only look at pages run in
// all of them, those that work in the ones that differ for work.

import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";
import { every } from "./made.ts";
import type { Reading } from "./workbench.ts";

const desk = { width: 1440, height: 900 };

// Debian has Chromium also without its windows, which takes a third less time for the same pages.
const shell = "/usr/bin/chromium-headless-shell";
const chromium = process.env.DALIL_CHROMIUM ?? (existsSync(shell) ? shell : "/usr/bin/chromium");

export default defineConfig<Reading>({
  testDir: "specs",
  globalSetup: "./made.ts",
  outputDir: "test-results",
  fullyParallel: false,
  workers: 3, // two leave two processors idle for a part of the time, three hardly ever
  retries: 0, // a test that sometimes fails is a defect
  forbidOnly: Boolean(process.env.CI),
  timeout: 120_000, // machines are shared; nothing is measured by it
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: desk,
    timezoneId: "Etc/UTC",
    trace: process.env.DALIL_TRACE ? "retain-on-failure" : "off", // they cost a third of the time,
    launchOptions: {
      executablePath: chromium,
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--font-render-hinting=none",
        // A frame made anew for every page of the same site costs a third of the time. The last list of this
        // name counts, so what of Playwright's own matters here is in it.
        "--disable-features=RenderDocument,PaintHolding,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,MediaRouter,OptimizationHints,NetworkTimeServiceQuerying",
      ],
    },
  },
  projects: [
    { name: "ltr", use: { language: "en" }, testIgnore: /specs\/nojs/ },
    { name: "rtl", use: { language: "ar" }, testMatch: every ? /specs\/(pages|scene|bidi|work)/ : /specs\/(scene|work)/ },
    { name: "rtl-dark", use: { language: "ar", theme: "dark" }, testMatch: /specs\/pages/ },
    { name: "390", use: { viewport: { width: 390, height: 844 } }, testMatch: /specs\/pages/ },
    // Ways of reading that differ from the others by one thing only take their time.
    ...(every
      ? [
          { name: "fa", use: { language: "fa" as const }, testMatch: /specs\/pages/ },
          { name: "dark", use: { theme: "dark" as const }, testMatch: /specs\/pages/ },
          { name: "1024", use: { viewport: { width: 1024, height: 800 } }, testMatch: /specs\/pages/ },
          { name: "390-rtl", use: { language: "ar" as const, viewport: { width: 390, height: 844 } }, testMatch: /specs\/pages/ },
        ]
      : []),
    { name: "nojs", use: { javaScriptEnabled: false }, testMatch: /specs\/(nojs|scene[1345]|work)/ },
  ],
});
