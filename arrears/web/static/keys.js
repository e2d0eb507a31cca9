// Single keys of a page: each element with data-key is gone to, chosen or pressed by that key, while nobody
// types. They can be turned off in the page's list of keys, for all pages of this browser.
"use strict";
const SWITCH = "arrears-keys";
const typesInto = "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]";

function use(element) {
  if (element.dataset.dialog) return document.getElementById(element.dataset.dialog).showModal();
  if (element.matches("summary")) {
    const part = element.closest("details");
    part.open = true;
    const first = part.querySelector("input:not([type=hidden]), select, textarea");
    return (first || element).focus();
  }
  if (element.matches("input[type=radio], input[type=checkbox]")) {
    element.checked = true;
    element.focus();
    return element.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return element.matches("input, textarea, select") ? element.focus() : element.click();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  if (event.target.closest(typesInto)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (localStorage.getItem(SWITCH) === "off") return;
  const element = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (element) { event.preventDefault(); use(element); }
});

for (const button of document.querySelectorAll("[data-dialog]")) {
  button.addEventListener("click", () => document.getElementById(button.dataset.dialog).showModal());
}

const box = document.getElementById("keys-on");
if (box) {
  const show = () => document.documentElement.classList.toggle("keyless", !box.checked);
  box.checked = localStorage.getItem(SWITCH) !== "off";
  show();
  box.addEventListener("change", () => { localStorage.setItem(SWITCH, box.checked ? "on" : "off"); show(); });
}
