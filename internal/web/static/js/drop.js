// Takes a file that is dropped on the form marked data-drop. Choosing a file
// works without it.
export function drop(root) {
  for (const form of root.querySelectorAll("form[data-drop]")) {
    const input = form.querySelector("input[type=file]");
    const hint = form.querySelector("[data-drop-hint]");
    if (hint && matchMedia("(pointer: fine)").matches) hint.hidden = false;
    const files = (event) => event.dataTransfer && event.dataTransfer.types.includes("Files");
    const over = (event) => {
      if (!files(event)) return;
      event.preventDefault();
      form.classList.add("dropping");
    };
    form.addEventListener("dragenter", over);
    form.addEventListener("dragover", over);
    form.addEventListener("dragleave", () => form.classList.remove("dropping"));
    form.addEventListener("drop", (event) => {
      form.classList.remove("dropping");
      if (!files(event)) return;
      event.preventDefault();
      if (event.dataTransfer.files.length) {
        const one = new DataTransfer();
        one.items.add(event.dataTransfer.files[0]);
        input.files = one.files;
        input.dispatchEvent(new Event("change", { bubbles: true }));
        input.focus();
      }
    });
  }
}
