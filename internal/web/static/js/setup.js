// The Security tab. Without scripts the box is saved by its button and the
// browser prints by its own menu.

// box opens the set-up panel as soon as the box is ticked, by sending the form
// as its button would. Unticking waits for the button: that is a bigger step.
export function box(root) {
  const form = root.querySelector("form[data-box]");
  const tick = form?.querySelector("input[type=checkbox]");
  const button = form?.querySelector("button");
  if (!tick || !button || tick.defaultChecked) return;
  tick.addEventListener("change", () => {
    if (!tick.checked) return;
    form.requestSubmit();
    button.disabled = true; // a second press would mail a second code
  });
  // Coming back by the browser's button, the page is as it was at first.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    tick.checked = tick.defaultChecked;
    button.disabled = false;
  });
}

// print shows the buttons that print the page.
export function print(root) {
  for (const button of root.querySelectorAll("[data-print]")) {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  }
}
