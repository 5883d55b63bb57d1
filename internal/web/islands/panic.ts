// Esc three times within a second blanks the screen, and brings it back: for
// when somebody looks over a shoulder. It works everywhere, also while typing.

const within = 1000; // milliseconds
let times: number[] = [];
let title = "";

export function isBlank(): boolean {
  return Boolean(document.body.hidden);
}

/** Takes note of a press of Esc; true when it blanked the screen or brought it back. */
export function escapePressed(at: number): boolean {
  times = [...times.filter((t) => at - t < within), at];
  if (times.length < 3) {
    return false;
  }
  times = [];
  if (isBlank()) {
    document.body.hidden = false;
    document.body.style.removeProperty("display");
    document.title = title;
    return true;
  }
  for (const player of document.querySelectorAll<HTMLMediaElement>("video, audio")) {
    player.pause();
  }
  title = document.title;
  document.title = "\u2014"; // the tab must not tell either
  document.body.hidden = true;
  document.body.style.setProperty("display", "none", "important"); // whatever a style sheet says of hidden
  return true;
}
