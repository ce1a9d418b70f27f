// say puts a text into the page's one polite live region.
export function say(text) {
  const region = document.querySelector("[data-live]");
  if (region && text) region.textContent = text;
}
