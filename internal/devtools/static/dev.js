// Everything here adds to pages that work without it.
const live = document.querySelector("[data-live]");

function say(text) {
  live.textContent = "";
  requestAnimationFrame(() => { live.textContent = text; });
}

// Copies the code beside a button.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).dataset.copyText);
      say(button.dataset.copied);
    });
  }
}

// Asks for newer messages and shows them without moving the focus elsewhere.
const list = document.querySelector("[data-fresh]");
if (list) {
  setInterval(async () => {
    if (document.hidden || list.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const now = page.querySelector("[data-fresh]");
      if (!now || now.innerHTML === list.innerHTML) return;
      const more = now.querySelectorAll("tr").length > list.querySelectorAll("tr").length;
      list.replaceChildren(...now.childNodes);
      if (more) say(list.dataset.fresh);
    } catch {
      // The server is away for a moment; the next round asks again.
    }
  }, 2000);
}

// Counts the seconds down and gets the next codes, but never while a key is
// being typed.
const left = document.querySelector("[data-left]");
if (left) {
  const end = Date.now() + Number(left.dataset.left) * 1000;
  const key = document.getElementById("key");
  setInterval(() => {
    const seconds = Math.max(0, Math.ceil((end - Date.now()) / 1000));
    left.textContent = seconds === 1 ? left.dataset.single : left.dataset.some.replace("0", String(seconds));
    if (seconds === 0 && document.activeElement !== key && key.value === "") location.replace("/dev/authenticator");
  }, 500);
}
