// Shows and hides a password. The button is in the page but hidden, with its
// words, so that without scripts there is no button that does nothing.
import { say } from "./live.js";

export function passwords(root) {
  for (const button of root.querySelectorAll("[data-show]")) {
    const field = root.getElementById(button.dataset.show);
    if (!field) continue;
    button.hidden = false;
    const set = (visible) => {
      field.type = visible ? "text" : "password";
      button.setAttribute("aria-pressed", String(visible));
      button.textContent = visible ? button.dataset.hideText : button.dataset.showText;
    };
    button.addEventListener("click", () => {
      const visible = field.type === "password";
      set(visible);
      say(visible ? button.dataset.visibleText : button.dataset.hiddenText);
    });
    // A visible password must not be kept by the browser as ordinary text.
    field.form?.addEventListener("submit", () => set(false));
  }
}
