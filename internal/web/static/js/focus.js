// Puts the focus on the summary of errors, so that it is read and seen first.
export function summary(root) {
  const box = root.querySelector("[data-summary]");
  if (!box) return;
  box.focus();
  for (const link of box.querySelectorAll("a[href^='#']")) {
    link.addEventListener("click", (event) => {
      const field = root.getElementById(link.hash.slice(1));
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.scrollIntoView({ block: "center" });
    });
  }
}
