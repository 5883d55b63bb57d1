// Keys as a person presses them on a keyboard with another layout: the browser
// is told the place of the key and the character this layout has there.

import type { CDPSession, Page } from "@playwright/test";

type Plane = Record<string, string>;

/** What stands on the keys of a layout, by the character of a QWERTY keyboard. */
export interface Layout {
  name: string;
  keys: Plane;
}

function plane(qwerty: string, here: string): Plane {
  const theirs = here.split(" ");
  return Object.fromEntries([...qwerty].map((k, i) => [k, theirs[i] ?? k]));
}

export const latin: Layout = { name: "QWERTY", keys: {} };

/** Arabic (101). One key writes two letters at once: لا. */
export const arabic: Layout = {
  name: "Arabic",
  keys: {
    ...plane("qwertyuiop[]asdfghjkl;'zxcvbnm,./`", "ض ص ث ق ف غ ع ه خ ح ج د ش س ي ب ل ا ت ن م ك ط ئ ء ؤ ر لا ى ة و ز ظ ذ"),
    ...plane("QWERTYUIOPASDFGHJKLZXCVBNM?", "\u064e \u064b \u064f \u064c لإ إ ` ÷ × ؛ \u0650 \u064d ] [ لأ أ ـ ، / ~ \u0652 } { لآ آ ' ؟"),
    ...plane("1234567890", "١ ٢ ٣ ٤ ٥ ٦ ٧ ٨ ٩ ٠"),
  },
};

/** Persian, ISIRI 9147. */
export const persian: Layout = {
  name: "Persian",
  keys: {
    ...plane("qwertyuiop[]asdfghjkl;'zxcvbnm,./", "ض ص ث ق ف غ ع ه خ ح ج چ ش س ی ب ل ا ت ن م ک گ ظ ط ز ر ذ د پ و . /"),
    ...plane("JKGZX?", "ة » ۀ ك ط ؟"),
    ...plane("1234567890", "۱ ۲ ۳ ۴ ۵ ۶ ۷ ۸ ۹ ۰"),
  },
};

/** US Dvorak, as far as the tests use it: the letters decide, not the places. */
export const dvorak: Layout = { name: "Dvorak", keys: plane("jcvb", "h j k x") };

/** The key of a layout that writes a character, named as on a QWERTY keyboard; undefined when it takes more than one. */
function keyFor(character: string, layout: Layout): string | undefined {
  const there = Object.keys(layout.keys).find((k) => layout.keys[k] === character);
  return there ?? (/^[a-zA-Z0-9]$/.test(character) && layout.keys[character] === undefined ? character : undefined);
}

const named: Record<string, [code: string, key: string, number: number]> = {
  Enter: ["Enter", "Enter", 13],
  Escape: ["Escape", "Escape", 27],
  Tab: ["Tab", "Tab", 9],
  ArrowDown: ["ArrowDown", "ArrowDown", 40],
  ArrowUp: ["ArrowUp", "ArrowUp", 38],
  ArrowLeft: ["ArrowLeft", "ArrowLeft", 37],
  ArrowRight: ["ArrowRight", "ArrowRight", 39],
};

const marks = "`-=[]\\;',./";
const markCodes = ["Backquote", "Minus", "Equal", "BracketLeft", "BracketRight", "Backslash", "Semicolon", "Quote", "Comma", "Period", "Slash"];
const shiftedMarks = '~_+{}|:"<>?';
const shiftedDigits = ")!@#$%^&*(";

/** The place of a QWERTY character, and whether it needs Shift. */
function place(c: string): [code: string, shift: boolean, number: number] {
  if (/[a-z]/i.test(c)) {
    return [`Key${c.toUpperCase()}`, c !== c.toLowerCase(), c.toUpperCase().charCodeAt(0)];
  }
  if (/[0-9]/.test(c)) {
    return [`Digit${c}`, false, c.charCodeAt(0)];
  }
  if (shiftedDigits.includes(c)) {
    return [`Digit${shiftedDigits.indexOf(c)}`, true, 48 + shiftedDigits.indexOf(c)];
  }
  const i = marks.includes(c) ? marks.indexOf(c) : shiftedMarks.indexOf(c);
  return [markCodes[i] ?? "", !marks.includes(c), 186];
}

const sessions = new WeakMap<Page, Promise<CDPSession>>();

/** Presses keys one after the other, named as on a QWERTY keyboard: "j j o", "g s", "J", "Ctrl+k". */
export async function press(page: Page, keys: string, layout: Layout = latin): Promise<void> {
  const opened = sessions.get(page) ?? page.context().newCDPSession(page);
  sessions.set(page, opened);
  const cdp = await opened;
  // A hand is as quick on a busy machine: what is typed in a row is a row, however late it comes.
  const begun = Date.now() / 1000;
  for (const [i, word] of keys.split(" ").entries()) {
    const ctrl = word.startsWith("Ctrl+");
    const c = ctrl ? word.slice(5) : word;
    const special = named[c];
    const [code, shift, number] = special ? [special[0], false, special[2]] : place(c);
    const key = special ? special[1] : (layout.keys[c] ?? c);
    const modifiers = (shift ? 8 : 0) | (ctrl ? 2 : 0);
    const event = { key, code, windowsVirtualKeyCode: number, nativeVirtualKeyCode: number, modifiers, timestamp: begun + i / 1000 };
    const text = special || ctrl ? (c === "Enter" ? "\r" : undefined) : key;
    await cdp.send("Input.dispatchKeyEvent", { ...event, type: text ? "keyDown" : "rawKeyDown", ...(text ? { text } : {}) });
    await cdp.send("Input.dispatchKeyEvent", { ...event, type: "keyUp" });
  }
}

/**
 * Writes a text into what has the focus: key by key where the layout has the
 * character, and what it has not (a space is one) as an input method would.
 */
export async function write(page: Page, text: string, layout: Layout = latin): Promise<void> {
  for (const character of text) {
    const key = keyFor(character, layout);
    if (key === undefined) {
      await page.keyboard.insertText(character);
    } else {
      await press(page, key, layout);
    }
  }
}
