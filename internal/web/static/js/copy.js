// Copies the text of the element named by data-copy. Where the browser cannot,
// the button stays hidden and the text can be selected.
import { say } from "./live.js";

export function copy(root) {
  if (!navigator.clipboard) return;
  for (const button of root.querySelectorAll("[data-copy]")) {
    const source = root.getElementById(button.dataset.copy);
    if (!source) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(source.dataset.copyText ?? source.textContent.trim());
      say(button.dataset.copiedText);
    });
  }
}
