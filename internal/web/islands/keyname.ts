// What a key press is called, whatever keyboard layout is on.
//
// The rule: the character, if it is Latin; its value, if it is a digit of any
// script; and otherwise the character that the same key has on a QWERTY
// keyboard. So j is j, also where that key writes ت, and a Dvorak h is an h.

/** The plain and the shifted character of each key that is neither letter nor digit. */
const qwerty: Record<string, string> = {
  Minus: "-_",
  Equal: "=+",
  BracketLeft: "[{",
  BracketRight: "]}",
  Backslash: "\\|",
  Semicolon: ";:",
  Quote: "'\"",
  Backquote: "`~",
  Comma: ",<",
  Period: ".>",
  Slash: "/?",
};

/** Where the digits of Arabic and of Persian begin. */
const zeros = [0x0660, 0x06f0];

/** What is needed of a KeyboardEvent. */
export interface Press {
  key: string;
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
}

/** True for a letter of another script than Latin: the layout is one without Latin letters. */
export function isForeign(key: string): boolean {
  return /\p{L}/u.test(key) && !/\p{Script=Latin}/u.test(key);
}

/** The character a key has on a QWERTY keyboard, or "". */
function byCode(code: string, shift: boolean): string {
  if (/^Key[A-Z]$/.test(code)) {
    return shift ? code.slice(3) : code.slice(3).toLowerCase();
  }
  if (/^Digit[0-9]$/.test(code)) {
    return (shift ? ")!@#$%^&*(" : "0123456789")[Number(code[5])] ?? "";
  }
  return qwerty[code]?.[shift ? 1 : 0] ?? "";
}

/** The character or name of the key alone. foreign: the layout has no Latin letters. */
function base(p: Press, foreign: boolean): string {
  const key = p.key;
  if (key === " ") {
    return "Space";
  }
  if (/^[A-Z][A-Za-z0-9]+$/.test(key)) {
    return key === "Unidentified" ? byCode(p.code, p.shiftKey) : key; // Enter, ArrowDown, Dead
  }
  if (/^[A-Za-z]$/.test(key)) {
    return p.shiftKey ? key.toUpperCase() : key.toLowerCase(); // whatever Caps Lock says
  }
  if (/^[!-~]$/.test(key)) {
    // An Arabic layout writes ~ where Z is, with Shift.
    return foreign && p.code.startsWith("Key") ? byCode(p.code, p.shiftKey) : key;
  }
  if (key === "؟") {
    return "?";
  }
  const point = key.codePointAt(0) ?? 0;
  for (const zero of zeros) {
    if (key.length === 1 && point >= zero && point < zero + 10) {
      return String(point - zero);
    }
  }
  return byCode(p.code, p.shiftKey);
}

/**
 * The name of a key press as declare() spells it: "j", "J", "?", "1", "Enter",
 * "Mod+k". "" for what no shortcut can be, like anything with Alt.
 */
export function keyName(p: Press, foreign: boolean): string {
  const name = p.altKey ? "" : base(p, foreign);
  if (!(p.ctrlKey || p.metaKey) || name === "") {
    return name;
  }
  return `Mod+${p.shiftKey && name.length === 1 ? "Shift+" : ""}${name.length === 1 ? name.toLowerCase() : name}`;
}

/** Spells one declared key as keyName() does. */
function spell(word: string, exactCase: boolean): string {
  const parts = word.split(/(?<=.)\+(?=.)/);
  let key = parts.pop() ?? "";
  const has = (...names: string[]) => parts.some((m) => names.includes(m.toLowerCase()));
  const single = /^[A-Za-z]$/.test(key);
  if (has("mod", "control", "ctrl", "meta", "cmd")) {
    return `Mod+${has("shift") ? "Shift+" : ""}${single ? key.toLowerCase() : key}`;
  }
  if (single && has("shift")) {
    key = key.toUpperCase();
  } else if (single && !exactCase) {
    key = key.toLowerCase();
  }
  return key;
}

/**
 * Reads the keys that markup declares: data-key="g s" is a sequence and
 * data-key="o | Enter" are two ways; capitals mean Shift.
 */
export function declare(keys: string): string[][] {
  return keys
    .split(" | ")
    .map((way) =>
      way
        .trim()
        .split(/\s+/)
        .filter((w) => w !== "")
        .map((w) => spell(w, true)),
    )
    .filter((way) => way.length > 0);
}

/** Reads aria-keyshortcuts: alternatives with spaces between, in no case that means anything. */
export function declareAria(keys: string): string[][] {
  return keys
    .split(/\s+/)
    .filter((w) => w !== "")
    .map((w) => [spell(w, false)]);
}
