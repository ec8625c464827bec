/* What HTML cannot do: keys, and the count in the tab. Every form works without it. */
"use strict";

const KEYS_OFF = "dihedral-keys-off";
const GOES = { i: "/inbox", r: "/runs" };
let going = false;

const writes = (element) => element.matches("input:not([type=checkbox]), textarea, select") || element.isContentEditable;
const seen = (element) => element.checkVisibility();
const keysOff = () => localStorage.getItem(KEYS_OFF) === "1";

/* The next or the previous of a list's items, from the one that has the focus. */
function step(by) {
  const items = [...document.querySelectorAll("[data-item]")].filter(seen);
  if (!items.length) return;
  const here = items.findIndex((item) => item.contains(document.activeElement));
  const next = here < 0 ? (by > 0 ? 0 : items.length - 1) : Math.min(Math.max(here + by, 0), items.length - 1);
  items[next].focus();
  items[next].scrollIntoView({ block: "nearest" });
}

/* To what a key belongs: a field or a button gets the focus, and is pressed by Enter. */
function reach(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((one) => seen(one) && !one.disabled);
  if (!found) return false;
  found.scrollIntoView({ block: "nearest" });
  found.focus();
  if (found.select) found.select();
  return true;
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.key === "Escape" && writes(event.target)) return event.target.blur();
  if (writes(event.target) || keysOff() || document.querySelector("dialog[open]")) return;
  const went = going;
  going = false;
  if (went && GOES[event.key]) location.assign(GOES[event.key]);
  else if (event.key === "g") going = true;
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "?") document.getElementById("keys")?.showModal();
  else if (!(event.key.length === 1 && reach(event.key))) return;
  event.preventDefault();
}

/* The count of what waits, in the tab's title and sign. */
function count() {
  const waiting = document.getElementById("waiting");
  if (!waiting) return;
  const number = Number(waiting.dataset.count);
  document.title = (number ? `(${number}) ` : "") + document.title.replace(/^\(\d+\) /, "");
  const sign = document.querySelector("link[rel=icon]");
  if (sign.getAttribute("href") !== waiting.dataset.sign) sign.href = waiting.dataset.sign;
}

/* A page that is not new any more comes anew, unless somebody writes on it. */
function renew() {
  const writing = [...document.querySelectorAll("textarea")].some((one) => one.value);
  if (document.querySelector("[data-anew]") && !writing) location.reload();
}

/* A log stays at its end as long as its reader is there. */
function follow() {
  for (const log of document.querySelectorAll("[data-follow=on]")) log.scrollTop = log.scrollHeight;
}

document.addEventListener("keydown", pressed);
document.addEventListener("htmx:afterSettle", count);
document.addEventListener("htmx:afterSettle", renew);
document.addEventListener("htmx:sseMessage", follow);
document.addEventListener("scroll", (event) => {
  const log = event.target;
  if (!log.dataset || !("follow" in log.dataset)) return;
  log.dataset.follow = log.scrollHeight - log.scrollTop - log.clientHeight < 40 ? "on" : "off";
}, true);
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
});
/* A form is sent once, however often its button is pressed; its button is not dead when one comes back. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

const toggle = document.getElementById("keys-on");
if (toggle) {
  toggle.checked = !keysOff();
  toggle.addEventListener("change", () => localStorage.setItem(KEYS_OFF, toggle.checked ? "0" : "1"));
}
