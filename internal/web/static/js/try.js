// "Try a password": the answer without a new page, also while the rules above are
// being typed. The server decides; without this the button sends the form.

const pause = 600; // after the last key, before the server is asked

export function tryPassword(root) {
  for (const part of root.querySelectorAll("[data-try]")) {
    const field = part.querySelector("input");
    const button = part.querySelector("button[formaction]");
    const verdict = part.querySelector("[data-verdict]"); // a live region of its own
    const form = field.form;
    let timer, asked;
    const ask = async (pressed) => {
      clearTimeout(timer);
      asked?.abort();
      asked = new AbortController();
      try {
        const body = new URLSearchParams(new FormData(form));
        const answer = await fetch(button.formAction, { method: "POST", body, signal: asked.signal, redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        verdict.textContent = page.querySelector("[data-verdict]").textContent;
      } catch (problem) {
        if (problem.name === "AbortError") return;
        verdict.textContent = "";
        if (pressed) form.requestSubmit(button); // the page itself says what is wrong
      }
    };
    button.addEventListener("click", (event) => {
      event.preventDefault();
      ask(true);
    });
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // which would save
      ask(true);
    });
    form.addEventListener("input", () => {
      clearTimeout(timer);
      asked?.abort();
      verdict.textContent = "";
      if (field.value) timer = setTimeout(ask, pause, false);
    });
  }
}
