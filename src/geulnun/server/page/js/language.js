// The language of the page: Korean or English, kept by the browser.

import { MESSAGES } from "./messages.js";
import { find } from "./dom.js";

const KEPT = "geulnun.language";
const listeners = [];
let language = localStorage.getItem(KEPT) ?? (navigator.language.startsWith("ko") ? "ko" : "en");

/** The message of this name; with arguments where it takes some. */
export function t(name, ...values) {
  const message = MESSAGES[language][name];
  return typeof message === "function" ? message(...values) : message;
}

/** Call `listener` whenever the language changes. */
export const onLanguage = (listener) => listeners.push(listener);

function show() {
  document.documentElement.lang = language;
  document.title = t("title");
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = t(element.dataset.t);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", t(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = t(element.dataset.label);
  }
  const button = find("language");
  const other = language === "ko" ? "en" : "ko";
  button.lang = other;
  button.textContent = other === "en" ? "EN" : "한국어";
  button.setAttribute("aria-label", other === "en" ? "EN, English" : "한국어");
  for (const listener of listeners) listener();
}

/** Show the page in its language, and let the button change it. */
export function startLanguage() {
  find("language").addEventListener("click", () => {
    language = language === "ko" ? "en" : "ko";
    localStorage.setItem(KEPT, language);
    show();
  });
  show();
}
