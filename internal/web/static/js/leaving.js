// Asks before leaving a form marked data-ask-leaving with changes in it. The
// browser has its own words for the question.
export function leaving(root) {
  for (const form of root.querySelectorAll("form[data-ask-leaving]")) {
    let changed = false;
    form.addEventListener("input", () => { changed = true; });
    form.addEventListener("submit", () => { changed = false; });
    root.addEventListener("session-over", () => { changed = false; });
    addEventListener("beforeunload", (event) => {
      if (changed) event.preventDefault();
    });
  }
}
