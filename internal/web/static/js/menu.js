// Closes a menu (the account's, that of a person in a list) with Escape, giving the
// focus back, and by a click elsewhere. Opening and closing itself is the work of
// <details>.
export function menu(root) {
  const open = () => root.querySelectorAll("[data-menu][open]");
  root.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const box of open()) {
      box.open = false;
      box.querySelector("summary").focus();
    }
  });
  root.addEventListener("click", (event) => {
    for (const box of open()) {
      if (!box.contains(event.target)) box.open = false;
    }
  });
}
