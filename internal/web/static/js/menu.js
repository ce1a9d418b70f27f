// Closes the account menu with Escape, giving the focus back, and by a click
// elsewhere. Opening and closing itself is the work of <details>.
export function menu(root) {
  const box = root.querySelector("[data-menu]");
  if (!box) return;
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !box.open) return;
    box.open = false;
    box.querySelector("summary").focus();
  });
  root.addEventListener("click", (event) => {
    if (box.open && !box.contains(event.target)) box.open = false;
  });
}
