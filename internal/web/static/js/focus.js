// Puts the focus on the summary of errors, so that it is read and seen first.
export function summary(root) {
  const box = root.querySelector("[data-summary]");
  if (!box) return;
  box.focus();
  for (const link of box.querySelectorAll("a[href^='#']")) {
    link.addEventListener("click", (event) => {
      const named = root.getElementById(link.hash.slice(1));
      if (!named) return;
      // A group of choices takes no focus itself: its first one does.
      const field = named.matches("fieldset") ? named.querySelector("input, select, textarea") : named;
      event.preventDefault();
      field.focus();
      field.scrollIntoView({ block: "center" });
    });
  }
}
