// Lets a banner be put away. It never goes by itself (ux §1.8).
export function banners(root) {
  for (const box of root.querySelectorAll("[data-dismissible]")) {
    const button = box.querySelector("button");
    button.hidden = false;
    button.addEventListener("click", () => {
      box.remove();
      root.querySelector("h1")?.focus();
    });
  }
  // A reload must not say it again.
  const here = new URL(location.href);
  if (here.searchParams.has("done")) {
    here.searchParams.delete("done");
    history.replaceState(null, "", here);
  }
}
