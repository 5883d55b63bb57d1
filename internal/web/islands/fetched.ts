// Pages fetched to be shown in part. XMLHttpRequest parses them into a document
// in which nothing runs and nothing loads, and needs no string made into HTML:
// Trusted Types can stay required.

/** Fetches a page of ours. It fails with the status when that is no success. */
export function fetchPage(address: string, signal: AbortSignal): Promise<Document> {
  return new Promise((resolve, reject) => {
    const x = new XMLHttpRequest();
    x.open("GET", address);
    x.responseType = "document";
    x.addEventListener("load", () => {
      if (x.status >= 200 && x.status < 300 && x.responseXML) {
        resolve(x.responseXML);
      } else {
        reject(new Error(String(x.status)));
      }
    });
    x.addEventListener("error", () => reject(new Error("unreachable")));
    signal.addEventListener("abort", () => {
      x.abort();
      reject(signal.reason as Error);
    });
    x.send();
  });
}

/** True for an address on this very server, written as a path. */
export function isOurs(address: string): boolean {
  const url = URL.parse(address, location.href);
  return address.startsWith("/") && url?.origin === location.origin;
}
