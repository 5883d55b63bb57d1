// A page with every island on it, served under the policy that dalil's own pages
// have, for what those do not show yet: specs of the islands themselves.

import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { here } from "./made.ts";

/** What dalil sends; pages.spec.ts holds the two together. */
export const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export interface Lab {
  url: string;
  /** What was uploaded, as it came. */
  uploads: string[];
  /** Addresses asked for, in order. */
  asked: string[];
  /** Sends an event to everybody who listens; name "" is a message. */
  send: (name: string, data: unknown) => void;
  listeners: () => number;
  close: () => Promise<void>;
}

function body(r: IncomingMessage): Promise<string> {
  return new Promise((ok) => {
    const parts: Buffer[] = [];
    r.on("data", (b: Buffer) => parts.push(b));
    r.on("end", () => ok(Buffer.concat(parts).toString("utf8")));
  });
}

export async function openLab(): Promise<Lab> {
  const uploads: string[] = [];
  const asked: string[] = [];
  const listening = new Set<import("node:http").ServerResponse>();
  const read = (name: string) => readFileSync(join(here, name), "utf8");
  const server: Server = createServer(async (r, w) => {
    const url = new URL(r.url ?? "/", "http://x");
    if (url.pathname !== "/favicon.ico") {
      asked.push(url.pathname + url.search);
    }
    w.setHeader("Content-Security-Policy", policy);
    w.setHeader("X-Content-Type-Options", "nosniff");
    const html = (text: string, code = 200) => {
      w.writeHead(code, { "Content-Type": "text/html; charset=utf-8" });
      w.end(text);
    };
    if (url.pathname === "/dalil.js") {
      w.writeHead(200, { "Content-Type": "text/javascript" });
      w.end(readFileSync(join(here, "..", "assets", "dalil.js")));
    } else if (url.pathname === "/favicon.ico") {
      w.writeHead(204);
      w.end();
    } else if (url.pathname === "/lab.css") {
      w.writeHead(200, { "Content-Type": "text/css" });
      w.end(".unseen{position:absolute;clip-path:inset(50%)}[aria-selected=true]{outline:2px solid}");
    } else if (url.pathname === "/palette") {
      w.writeHead(200, { "Content-Type": "application/json" });
      const found = [
        { title: "أصحاب الكهف <b>", url: "/row/3", kind: "statement" },
        { title: "elsewhere", url: "//evil.example/", kind: "trap" },
        { title: "runs", url: "javascript:alert(1)", kind: "trap" },
      ];
      w.end(JSON.stringify(url.searchParams.get("q") === "none" ? [] : found));
    } else if (url.pathname === "/events") {
      w.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      w.write(": hello\n\n");
      listening.add(w);
      r.on("close", () => listening.delete(w));
    } else if (url.pathname === "/upload" && r.method === "POST") {
      const text = await body(r);
      if (text.includes("refuse me")) {
        html(`<!doctype html><title>no</title><main><section class="notice" role="alert">This file is refused.</section></main>`, 422);
        return;
      }
      uploads.push(text);
      w.writeHead(303, { Location: "/row/done" });
      w.end();
    } else if (url.pathname.startsWith("/row/")) {
      const n = url.pathname.slice(5);
      // Fetched for the preview it has a script in it, which must not even try to run.
      const trap = r.headers["sec-fetch-mode"] === "navigate" ? "" : "<script>window.ran = true</script>";
      html(`<!doctype html><title>row ${n}</title><main><h1>Row ${n}</h1>${trap}</main>`);
    } else if (url.pathname === "/" || url.pathname === "/rtl" || url.pathname === "/off") {
      let text = read("lab.html");
      if (url.pathname === "/rtl") {
        text = text.replace('lang="en" dir="ltr"', 'lang="ar" dir="rtl"');
      } else if (url.pathname === "/off") {
        text = text.replace('dir="ltr"', 'dir="ltr" data-keys="off"');
      }
      html(text);
    } else {
      html(`<!doctype html><title>${url.pathname}</title><main>${url.pathname}</main>`);
    }
  });
  await new Promise<void>((ok) => server.listen(0, "127.0.0.1", ok));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    uploads,
    asked,
    listeners: () => listening.size,
    send: (name, data) => {
      for (const w of listening) {
        w.write(`${name ? `event: ${name}\n` : ""}data: ${JSON.stringify(data)}\n\n`);
      }
    },
    close: () =>
      new Promise((ok) => {
        server.closeAllConnections();
        server.close(() => ok());
      }),
  };
}
