// Follows what is under way, where a page without scripts is loaded anew: what is
// marked data-part comes from the server, so that place and focus stay, and how far
// it is is said at every tenth (ux §5, §13).
import { say } from "./live.js";

export function follow(root) {
  const { follow: to, followEvery } = root.body.dataset;
  if (!to) return;
  let tenth = tenthOf(root);
  const look = async () => {
    try {
      const answer = await fetch(to, { headers: { accept: "text/html" } });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (answer.status >= 500 || answer.status === 429) throw new Error("later");
      if (!answer.ok || page.body.dataset.follow !== to) {
        location.assign(to); // it is over, or something that this page cannot show
        return;
      }
      root.dispatchEvent(new Event("session-used"));
      root.title = page.title;
      for (const part of root.querySelectorAll("[data-part]")) {
        renew(part, page.querySelector(`[data-part="${part.dataset.part}"]`));
      }
      const now = tenthOf(root);
      if (now !== tenth) {
        tenth = now;
        say(root.querySelector("[data-part=how-far]").textContent.trim());
      }
    } catch {
      // Offline, or restarted: the next look tells.
    }
    setTimeout(look, followEvery * 1000);
  };
  setTimeout(look, followEvery * 1000);
}

function tenthOf(root) {
  const bar = root.querySelector("progress[data-part]");
  return bar && Math.floor((10 * bar.value) / bar.max);
}

// renew takes a part over. Where it looks the same but for its texts it stays what it
// is, since something in it may have the focus.
function renew(part, fresh) {
  if (!fresh) return;
  if (part.tagName === "PROGRESS") {
    part.max = fresh.max;
    part.value = fresh.value;
    return;
  }
  const [old, now] = [texts(part), texts(fresh)];
  if (shape(part) === shape(fresh) && old.length === now.length) {
    for (const [i, text] of old.entries()) text.data = now[i].data;
  } else if (!part.contains(document.activeElement)) {
    part.replaceChildren(...fresh.childNodes);
  }
}

function shape(part) {
  return [...part.querySelectorAll("*")].map((one) => one.tagName + (one.getAttribute("href") ?? "")).join(" ");
}

function texts(part) {
  const walk = document.createTreeWalker(part, NodeFilter.SHOW_TEXT);
  const all = [];
  while (walk.nextNode()) all.push(walk.currentNode);
  return all;
}
