"use strict";
// Links and hovering work without this; it adds the other end's light, tapping, Escape, and opens what a link points into.
const counterparts = (element) =>
  (element.dataset.to || "").split(" ").filter(Boolean).map((id) => document.getElementById(id)).filter(Boolean);

const light = (on) => (event) => {
  const element = event.target.closest("[data-to]");
  if (element) for (const other of counterparts(element)) other.classList.toggle("lit", on);
};
document.addEventListener("pointerover", light(true));
document.addEventListener("pointerout", light(false));
document.addEventListener("focusin", light(true));
document.addEventListener("focusout", light(false));

const expand = (chip, on) => chip.setAttribute("aria-expanded", String(on));
const expanded = () => document.querySelectorAll("button[aria-expanded=true]");
document.addEventListener("click", (event) => {
  const chip = event.target.closest("button[aria-expanded]");
  if (!chip && event.target.closest(".why")) return;
  const open = chip && chip.getAttribute("aria-expanded") === "true";
  for (const other of expanded()) expand(other, false);
  if (chip) expand(chip, !open);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const chip of expanded()) expand(chip, false);
  document.body.classList.add("quiet");
});
document.addEventListener("pointerover", (event) => {
  if (!event.target.closest(".run")) document.body.classList.remove("quiet");
});

const reveal = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  for (let fold = target.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  target.scrollIntoView({ block: "center" });
};
addEventListener("hashchange", reveal);
reveal();
