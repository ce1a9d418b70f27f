// "What will happen": the section without a new page, also as soon as the
// requirement is ticked. Without this the button sends the form.

export function foretold(root) {
  const part = root.querySelector("[data-foretold]");
  if (!part) return;
  const button = part.querySelector("button[formaction]");
  const text = part.querySelector("[data-foretold-text]");
  const said = part.querySelector("[data-foretold-said]"); // a live region of its own
  const form = button.form;
  let asked;
  const ask = async (pressed) => {
    asked?.abort();
    asked = new AbortController();
    try {
      const body = new URLSearchParams(new FormData(form));
      const answer = await fetch(button.formAction, { method: "POST", body, signal: asked.signal, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      text.replaceChildren(...page.querySelector("[data-foretold-text]").childNodes);
      said.textContent = text.querySelector("h4, .health-good:last-child")?.textContent ?? "";
    } catch (problem) {
      if (problem.name !== "AbortError" && pressed) form.requestSubmit(button); // the page itself says what is wrong
    }
  };
  button.addEventListener("click", (event) => {
    event.preventDefault();
    ask(true);
  });
  form.querySelector("#require_two_factor").addEventListener("change", (event) => {
    if (event.target.checked) ask(false);
  });
}
