// Buttons with command and commandfor open dialogs without any script in newer
// browsers. This does the same in those that do not know them yet.

if (!("command" in HTMLButtonElement.prototype)) {
  document.addEventListener("click", (e) => {
    const button = (e.target as Element).closest<HTMLElement>("button[commandfor]");
    const dialog = button && document.getElementById(button.getAttribute("commandfor") ?? "");
    if (!(dialog instanceof HTMLDialogElement)) {
      return;
    }
    const command = button?.getAttribute("command");
    if (command === "show-modal" && !dialog.open) {
      dialog.showModal();
    } else if (command === "close" || command === "request-close") {
      dialog.close();
    }
  });
}
