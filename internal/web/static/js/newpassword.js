// Beside the two fields for a new password: what of the rules holds already, and
// how strong it is. The server decides; this only tells earlier.
import { say } from "./live.js";

const pause = 400; // after the last key, before the server is asked
const quiet = 1200; // and before the answer is read out

export function newPassword(root) {
  for (const part of root.querySelectorAll("[data-new-password]")) {
    const fields = ["password", "repeat", "current"].map((id) => root.getElementById(id));
    if (!fields[0] || !fields[1]) continue;
    const look = checks(part, ...fields);
    const judge = meter(part, fields[0]);
    for (const field of fields) field?.addEventListener("input", look);
    fields[0].addEventListener("input", judge);
    look();
  }
}

function checks(part, password, repeat, current) {
  const list = part.querySelector("[data-checks]");
  const minimum = Number(part.dataset.minimum);
  const rules = {
    length: () => [...password.value.normalize("NFC")].length >= minimum,
    other: () => password.value !== current.value,
    alike: () => password.value === repeat.value,
  };
  const lines = [...list.querySelectorAll("[data-check]")].map((line) => {
    const state = document.createElement("span");
    state.className = "visually-hidden";
    line.append(" ", state);
    return { line, state, holds: rules[line.dataset.check] };
  });
  list.hidden = false;
  return () => {
    for (const { line, state, holds } of lines) {
      line.hidden = line.dataset.check === "other" && !current;
      if (line.hidden) continue;
      const met = password.value !== "" && holds();
      line.classList.toggle("met", met);
      state.textContent = met ? list.dataset.met : list.dataset.unmet;
    }
  };
}

function meter(part, field) {
  const box = part.querySelector("[data-meter]");
  const words = box.dataset.words.split("|");
  const text = box.querySelector("p");
  let asked, timer, voice;
  const show = (score) => {
    box.dataset.score = score;
    text.textContent = `${box.dataset.label} ${words[score]}`;
    box.hidden = false;
    clearTimeout(voice);
    voice = setTimeout(() => say(text.textContent), quiet);
  };
  const ask = async () => {
    asked = new AbortController();
    const body = new URLSearchParams({ form_token: field.form.elements.form_token.value, password: field.value });
    try {
      const answer = await fetch("/password/strength", { method: "POST", body, signal: asked.signal });
      if (answer.ok) show((await answer.json()).score);
      else box.hidden = true;
    } catch {
      // A newer one is on its way, or the network is gone: saving will tell.
    }
  };
  return () => {
    asked?.abort();
    clearTimeout(timer);
    clearTimeout(voice);
    if (field.value === "") box.hidden = true;
    else timer = setTimeout(ask, pause);
  };
}
