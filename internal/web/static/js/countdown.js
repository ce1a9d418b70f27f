// Holds back "Send a new code" until it may be asked for again. The server
// answers politely either way; this only spares the attempt.
import { say } from "./live.js";

export function countdown(root) {
  for (const note of root.querySelectorAll("[data-wait]")) {
    const button = root.getElementById(note.dataset.for);
    const seconds = Number(note.dataset.wait);
    if (!button || !(seconds > 0)) continue;
    const until = Date.now() + seconds * 1000;
    button.setAttribute("aria-disabled", "true");
    const hold = (event) => {
      if (Date.now() < until) event.preventDefault();
    };
    button.addEventListener("click", hold);
    const timer = setInterval(() => {
      const left = Math.ceil((until - Date.now()) / 1000);
      if (left > 0) {
        note.textContent = left === 1 ? note.dataset.lastText : note.textContent.replace(/\d+/, String(left));
        return;
      }
      clearInterval(timer);
      note.hidden = true;
      button.removeAttribute("aria-disabled");
      say(note.dataset.readyText);
    }, 500);
  }
}
