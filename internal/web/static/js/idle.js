// Warns two minutes before the session ends (ux §1.10). The server alone ends
// it; what is counted here only says so in time, and leaves the page then, so
// that nothing stays on an unattended screen.
import { say } from "./live.js";

const notice = 120_000;
const slack = 2_000; // by then the server's clock has had the end too

export function idle(root) {
  const box = root.querySelector("[data-idle]");
  if (!box) return;
  const { idle: idleSeconds, last: lastSeconds, here } = box.dataset;
  const last = Date.now() + Number(lastSeconds) * 1000;
  const text = box.querySelector("p");
  const stay = box.querySelector("button[type=button]");
  const texts = box.dataset;
  let end = last;
  let before = null; // what had the focus when the warning came

  const used = () => {
    end = Math.min(Date.now() + Number(idleSeconds) * 1000, last);
    if (box.hidden || end - Date.now() <= notice) return;
    const inside = box.contains(root.activeElement);
    box.hidden = true;
    if (inside) (before !== root.body && before?.isConnected ? before : root.querySelector("h1"))?.focus();
  };
  const words = () => {
    const minute = end - Date.now() <= notice / 2;
    if (end === last) return minute ? texts.lastMinute : texts.lastMinutes;
    return minute ? texts.minute : texts.minutes;
  };
  const over = () => {
    clearInterval(timer);
    root.dispatchEvent(new Event("session-over")); // nobody is asked whether to leave
    const address = new URL("/signin", location.href);
    address.search = new URLSearchParams({ why: end === last ? "long" : "idle", next: here ?? location.pathname + location.search });
    location.replace(address);
  };
  const look = () => {
    const left = end - Date.now();
    if (left <= -slack) return over();
    if (left > notice) return;
    text.textContent = words();
    stay.hidden = end === last; // using it does not move this end
    if (!box.hidden) return;
    before = root.activeElement;
    box.hidden = false;
    say(text.textContent);
  };

  // Other tabs of the same browser share the session. They are told that it was
  // used, nothing more.
  const tabs = "BroadcastChannel" in window ? new BroadcastChannel("session") : null;
  tabs?.addEventListener("message", used);
  tabs?.postMessage("used");
  root.addEventListener("session-used", used); // by this page itself

  stay.addEventListener("click", async () => {
    let status = 0;
    let due = false; // the session lives, and something must be shown first
    try {
      // Asking who is signed in counts as use.
      const answer = await fetch("/api/session", { headers: { accept: "application/json" }, cache: "no-store" });
      status = answer.status;
      due = status === 403 || /insufficient_user_authentication/.test(answer.headers.get("www-authenticate"));
    } catch {
      // Offline: said below.
    }
    if (status === 401 && !due) return over();
    if (status !== 200 && !due) return say(texts.failed);
    used();
    tabs?.postMessage("used");
    say(texts.stayed);
  });

  used();
  const timer = setInterval(look, 1000);
  root.addEventListener("visibilitychange", look); // timers sleep while hidden
}
