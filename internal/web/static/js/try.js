// "Try a password": the answer without a new page, also while the rules above are
// being typed. The server decides; without this the button sends the form.

import { asking } from "./asking.js";

const pause = 600; // after the last key, before the server is asked

export function tryPassword(root) {
  for (const part of root.querySelectorAll("[data-try]")) {
    const field = part.querySelector("input");
    const button = part.querySelector("button[formaction]");
    const verdict = part.querySelector("[data-verdict]"); // a live region of its own
    const forget = () => {
      verdict.textContent = "";
    };
    let timer;
    const { ask, cancel } = asking(button, (page) => {
      verdict.textContent = page.querySelector("[data-verdict]").textContent;
    }, forget);
    const now = (pressed) => {
      clearTimeout(timer);
      ask(pressed);
    };
    button.addEventListener("click", () => clearTimeout(timer));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // which would save
      now(true);
    });
    field.form.addEventListener("input", () => {
      clearTimeout(timer);
      cancel();
      forget();
      if (field.value) timer = setTimeout(now, pause, false);
    });
  }
}
