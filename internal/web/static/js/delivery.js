// Follows the emailed code while it is on its way, by fetching the page anew
// and taking this one part of it. Loading the page never sends anything.
import { say } from "./live.js";

const pause = 2000;
const rounds = 30;

export function delivery(root) {
  let part = root.querySelector("[data-delivery=queued]");
  if (!part) return;
  let left = rounds;
  const look = async () => {
    try {
      // Errors are not shown to anybody: the next round, or a reload, tells.
      const answer = await fetch(location.pathname, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-delivery]");
      if (fresh && fresh.dataset.delivery !== part.dataset.delivery) {
        part.replaceWith(fresh);
        part = fresh;
        say(part.textContent.trim());
        return;
      }
    } catch {
      // Offline for a moment.
    }
    left -= 1;
    if (left > 0) setTimeout(look, pause);
  };
  setTimeout(look, pause);
}
