// "What will happen": the section without a new page, also as soon as the
// requirement is ticked. Without this the button sends the form.

import { asking } from "./asking.js";

export function foretold(root) {
  const part = root.querySelector("[data-foretold]");
  if (!part) return;
  const button = part.querySelector("button[formaction]");
  const text = part.querySelector("[data-foretold-text]");
  const said = part.querySelector("[data-foretold-said]"); // a live region of its own
  const { ask } = asking(button, (page) => {
    text.replaceChildren(...page.querySelector("[data-foretold-text]").childNodes);
    said.textContent = text.querySelector("h4, .health-good:last-child")?.textContent ?? "";
  });
  button.form.querySelector("#require_two_factor").addEventListener("change", (event) => {
    if (event.target.checked) ask(false);
  });
}
