// The little that the pages cannot do without a script: a menu on narrow screens, and "/" for the search box.
// Everything works without it.
"use strict";
document.documentElement.classList.add("scripted");

const menu = document.querySelector("button.places");
menu?.addEventListener("click", () => {
  const open = menu.getAttribute("aria-expanded") !== "true";
  menu.setAttribute("aria-expanded", String(open));
  document.getElementById("places").classList.toggle("open", open);
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  const off = localStorage.getItem("arrears-keys") === "off"; // turned off in the list of keys of work mode
  if (event.key === "/" && !typing && !off && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const box = document.getElementById("search");
    if (box) { event.preventDefault(); box.focus(); box.select(); }
  }
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.menu[open]")) { open.open = false; open.querySelector("summary").focus(); }
  }
});

document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.menu[open]")) if (!open.contains(event.target)) open.open = false;
});

// A slider over days says which day it stands on while it is moved.
document.addEventListener("input", (event) => {
  const range = event.target.closest("input[type=range][data-first]");
  if (!range) return;
  const day = new Date(`${range.dataset.first}T00:00Z`);
  day.setUTCDate(day.getUTCDate() + Number(range.value));
  const text = day.toISOString().slice(0, 10);
  document.getElementById(range.dataset.output).textContent = text;
  range.setAttribute("aria-valuetext", text);
});
