// Makes, once for a run, what the tests need: the program, the sample case, a
// case of hostile exports and two small ones. Everything lies in .made beside
// this file.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeExport } from "./exported.ts";
import { channels } from "./nasty.ts";

export const here = dirname(fileURLToPath(import.meta.url));
export const made = join(here, ".made");
export const program = join(made, "dalil");

/** Whether what takes its time is wanted: every hostile text, every way of reading. */
export const every = Boolean(process.env.DALIL_EVERY);

/** A case made for the tests, and the home with the key that it was signed with. */
export const cases = { sample: join(made, "sample"), hostile: join(made, "hostile"), bidi: join(made, "bidi"), story: join(made, "story") };

/** What the program may know of whoever runs it: a home of its own. */
export function environment(home = join(made, "home")): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH ?? "", HOME: home, XDG_CONFIG_HOME: join(home, "config"), LANG: "C.UTF-8", TZ: "UTC" };
}

/** Runs dalil to its end and returns what it wrote. Exit code 3, some items failed, is a success here. */
export function dalil(dir: string, ...args: string[]): string {
  try {
    return execFileSync(program, ["--case", dir, ...args], { env: environment(), encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (e) {
    const failed = e as { status?: number; stdout?: string; stderr?: string };
    if (failed.status === 3) {
      return failed.stdout ?? "";
    }
    throw new Error(`dalil ${args.join(" ")}: ${failed.stderr ?? e}`);
  }
}

function newCase(dir: string, ...imports: string[]): void {
  execFileSync(program, ["init", dir, "--tz", "Asia/Baghdad"], { env: environment(), stdio: "ignore" });
  for (const folder of imports) {
    dalil(dir, "import", folder);
  }
}

export default function make(): void {
  if (process.env.DALIL_KEEP && existsSync(cases.story)) {
    return; // while a spec is being written
  }
  rmSync(made, { recursive: true, force: true });
  mkdirSync(environment().HOME ?? "", { recursive: true });
  const go = { cwd: join(here, "..", "..", ".."), stdio: "inherit" as const };
  execFileSync("go", ["build", "-o", program, "./cmd/dalil"], go);
  execFileSync(program, ["demo", "--dir", cases.sample, "--no-serve"], { env: environment(), stdio: "ignore" });

  const exports = join(made, "exports");
  execFileSync("go", ["run", "./internal/web/hostile/write", ...(every ? [] : ["-some"]), exports], go);
  newCase(cases.hostile, join(exports, "0"), join(exports, "1"));

  const nasty = join(made, "nasty");
  for (const [name, text] of Object.entries(channels())) {
    mkdirSync(dirname(join(nasty, name)), { recursive: true });
    writeFileSync(join(nasty, name), text);
  }
  newCase(cases.bidi, nasty);

  const account = join(made, "account");
  newCase(cases.story, writeExport(join(account, "ChatExport_2025-06-20"), "first"), writeExport(join(account, "ChatExport_2025-06-21"), "later"));
}
