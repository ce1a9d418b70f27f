// Asks the server what a button of a form would show, without leaving the page:
// "Try a password" and "What will happen". Only the newest question is answered.

// asking returns ask(pressed), which sends the form as the button would, hands the
// page that comes back to show, and cancel(). Where that fails, forget is called,
// and the button is pressed after all if a person pressed it: the page itself says
// what is wrong.
export function asking(button, show, forget = () => {}) {
  let asked;
  const cancel = () => asked?.abort();
  const ask = async (pressed) => {
    cancel();
    asked = new AbortController();
    try {
      const body = new URLSearchParams(new FormData(button.form));
      const answer = await fetch(button.formAction, { method: "POST", body, signal: asked.signal, redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      show(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (problem) {
      if (problem.name === "AbortError") return;
      forget();
      if (pressed) button.form.requestSubmit(button);
    }
  };
  button.addEventListener("click", (event) => {
    event.preventDefault();
    ask(true);
  });
  return { ask, cancel };
}
