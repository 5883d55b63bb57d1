// What a button brings up to be answered has the focus at once: its first field,
// link or button. (autofocus would do that too, and would be a wish of every page
// that has such a thing folded away.)

document.addEventListener(
  "toggle",
  (e) => {
    const shown = e.target;
    if (shown instanceof HTMLElement && shown.matches("[popover][role=dialog]:popover-open")) {
      shown.querySelector<HTMLElement>("input:not([type=hidden]), a[href], button")?.focus();
    }
  },
  true, // it does not bubble
);
