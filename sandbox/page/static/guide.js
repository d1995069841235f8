// What to do next, and how far the story has come.

export function guide(hints, step) {
  document.getElementById("hint").textContent = hints[step];
  const steps = document.getElementById("steps");
  const dots = hints.length - 1;
  while (steps.children.length < dots) steps.append(document.createElement("li"));
  while (steps.children.length > dots) steps.lastElementChild.remove();
  [...steps.children].forEach((dot, at) => {
    dot.className = at < step ? "done" : at === step ? "now" : "";
  });
}
