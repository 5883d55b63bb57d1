// dl-keys: the keyboard. A page declares its keys in its markup: whatever can
// be seen and has data-key (or aria-keyshortcuts) is pressed by that key, so
// there is no key without a button or link that does the same. Lists bring
// j k o u x of their own (rows.ts), Esc Esc Esc is in panic.ts.
//
// Keys never fire while somebody types, composes with an input method, or holds
// a modifier that was not declared. <html data-keys="off"> turns off those of a
// single character (WCAG 2.1.4).

import { declare, declareAria, isForeign, keyName } from "./keyname.ts";
import { escapePressed, isBlank } from "./panic.ts";
import { anySelected, currentRow, edge, move, open, select } from "./rows.ts";

const patience = 1500; // milliseconds between the keys of a sequence

let typed: string[] = [];
let last = 0;
let hint = 0;
// The layout outlasts the page: what Shift and M write on an Arabic keyboard, an
// apostrophe, says nothing by itself of which key it is.
const layout = "dl-foreign-layout";
let foreign = sessionStorage.getItem(layout) !== null;

/** True where a character is meant to be written. */
function takesText(target: EventTarget | undefined): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable ||
      target.matches(
        "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=file], [type=image]), [role=textbox], [role=combobox], [role=searchbox], [role=spinbutton]",
      ))
  );
}

function usable(e: HTMLElement): boolean {
  // The rail of a narrow window is folded away, and its keys are not.
  const there = e.checkVisibility({ visibilityProperty: true }) || (e.closest("[popover]") !== null && !e.closest("dialog"));
  return there && !e.matches(":disabled, [aria-disabled=true], [inert] *");
}

function ways(e: HTMLElement): string[][] {
  const own = e.dataset.key;
  return own === undefined ? declareAria(e.getAttribute("aria-keyshortcuts") ?? "") : declare(own);
}

/** The wish of those who select rows comes before the current row, and that before the page. */
function rank(e: HTMLElement): number {
  const row = e.closest("[data-row]");
  if (row) {
    return row === currentRow() ? 1 : -1; // the buttons of another row are not meant
  }
  return e.closest("[data-bulk]") && anySelected() ? 2 : 0;
}

/** True for a key of the preview that the list has too: it means the row, not what happens to be shown of it by now. */
function isOfList(e: HTMLElement, way: string[]): boolean {
  return way.length === 1 && /^(o|Enter)$/.test(way[0] ?? "") && e.closest("[data-preview-pane]") !== null;
}

/** Finds what the keys typed so far press, and whether they begin a longer sequence. */
function find(scope: ParentNode): { control: HTMLElement | undefined; begins: boolean } {
  let control: HTMLElement | undefined;
  let best = -1;
  let begins = false;
  for (const e of scope.querySelectorAll<HTMLElement>("[data-key], [aria-keyshortcuts]")) {
    for (const way of ways(e)) {
      if (!typed.every((k, i) => k === way[i]) || !usable(e) || isOfList(e, way)) {
        continue;
      }
      const r = rank(e);
      if (way.length > typed.length) {
        begins = true;
      } else if (r > best) {
        control = e;
        best = r;
      }
    }
  }
  return { control, begins };
}

function press(e: HTMLElement): void {
  if (takesText(e)) {
    e.focus();
    if (e instanceof HTMLInputElement) {
      e.select();
    }
    return;
  }
  e.click();
}

/** The keys every list has. */
function inList(key: string): boolean {
  const focus = document.activeElement;
  const free = !focus || focus === document.body || focus.matches("[data-row], main");
  switch (key) {
    case "j":
      return move(1);
    case "k":
      return move(-1);
    case "J":
      return move(1, true);
    case "K":
      return move(-1, true);
    case "ArrowDown":
      return free && currentRow() !== undefined && move(1);
    case "ArrowUp":
      return free && currentRow() !== undefined && move(-1);
    case "G":
      return edge(true);
    case "x":
      return select(currentRow());
    case "o":
      return open(currentRow());
    case "Enter":
      return free && open(currentRow());
    case "u":
      history.back();
      return true;
  }
  return false;
}

/** Does what the keys typed so far mean; true when they meant something, or may yet. */
function act(key: string, scope: ParentNode, modal: boolean): boolean {
  const { control, begins } = find(scope);
  if (control) {
    typed = [];
    press(control);
    return true;
  }
  if (typed.length === 2 && typed[0] === "g" && key === "g" && !modal) {
    typed = [];
    return edge(false);
  }
  if (begins || (key === "g" && typed.length === 1 && !modal)) {
    return begins;
  }
  if (typed.length > 1) {
    typed = [key]; // a sequence that leads nowhere is forgotten, its last key is not
    return act(key, scope, modal);
  }
  typed = [];
  return !modal && inList(key);
}

/** Shows the keys in the page for as long as a sequence is begun: <html data-show-keys>. */
function showKeys(begun: boolean): void {
  clearTimeout(hint);
  document.documentElement.toggleAttribute("data-show-keys", begun);
  if (begun) {
    hint = window.setTimeout(() => showKeys(false), patience);
  }
}

function pressed(e: KeyboardEvent): void {
  if (e.isComposing || e.keyCode === 229) {
    return;
  }
  if (e.key === "Escape" && !e.repeat && escapePressed(e.timeStamp)) {
    e.preventDefault();
    return;
  }
  if (e.defaultPrevented || isBlank()) {
    return;
  }
  if (isForeign(e.key) && !foreign) {
    foreign = true;
    sessionStorage.setItem(layout, "1");
  } else if (/^[A-Za-z]$/.test(e.key) && foreign) {
    foreign = false;
    sessionStorage.removeItem(layout);
  }
  let key = e.getModifierState("AltGraph") ? "" : keyName(e, foreign);
  if (document.dir === "rtl" && /^Arrow(Left|Right)$/.test(key)) {
    key = key === "ArrowLeft" ? "ArrowRight" : "ArrowLeft"; // forward is where the line goes
  }
  const target = e.composedPath()[0];
  const writes = takesText(target) && !key.startsWith("Mod+");
  const off = document.documentElement.dataset.keys === "off" && key.length === 1;
  if (key === "" || writes || off || (e.repeat && !/^[jkJK]$|^Arrow/.test(key)) || /^(Shift|Control|Alt|Meta)$/.test(e.key)) {
    return;
  }
  // What a focused control does with these is its own.
  if (/^(Enter|Space)$/.test(key) && target instanceof Element && target.closest("a[href], button, summary, input, select, video, audio")) {
    return;
  }
  if (e.timeStamp - last > patience) {
    typed = [];
  }
  last = e.timeStamp;
  typed.push(key);
  const modal = document.querySelector("dialog:modal");
  if (act(key, modal ?? document, modal !== null)) {
    e.preventDefault();
  }
  showKeys(typed.length > 0);
}

document.addEventListener("keydown", pressed);
