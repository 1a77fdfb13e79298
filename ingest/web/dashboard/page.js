"use strict";
// Pages are whole without this. It asks for the first one again every three seconds and puts what changed in place; not while
// the focus is inside what would be replaced, nor while the page is hidden.
const live = document.getElementById("live"), follow = document.getElementById("follow");
const again = async () => {
  if (!follow.checked || document.hidden || live.contains(document.activeElement)) return;
  const answer = await fetch(location.href).catch(() => null);
  const verdict = document.getElementById("verdict");
  if (!answer || !answer.ok) {
    verdict.textContent = "The dashboard does not answer; these are its last figures.";
    verdict.className = "verdict wrong";
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const word = fresh.getElementById("verdict");
  if (word.textContent !== verdict.textContent) verdict.textContent = word.textContent;  // only a change is read aloud
  verdict.className = word.className;
  live.replaceChildren(...fresh.getElementById("live").childNodes);
};
if (live && follow) {
  follow.parentElement.hidden = false;
  setInterval(again, 3000);
}
