// The small window in which a word is corrected.

import { isComposing, make } from "./dom.js";
import { t } from "./language.js";
import { rateConfidence } from "./page_words.js";

const GAP_PX = 10;
const LEAST = 0.005; // less would be shown as 0%
let open = null;

/** Close the window, if it is open; whoever had the focus before has it again. */
export function closeCorrector() {
  if (!open) return;
  const { panel, anchor } = open;
  open = null;
  panel.remove();
  anchor.focus({ preventScroll: true });
}

/**
 * Open the window for a word.
 *
 * `anchor` is its element, `word` what was read, `text` what it says now, `picture` the loaded image of the page;
 * `choose(text)` is called with the new text, or with undefined for what was read.
 */
export function openCorrector({ anchor, word, text, picture, choose }) {
  closeCorrector();
  const input = make("input", { type: "text", value: "", spellcheck: false, autocomplete: "off", "aria-label": t("correct") });
  input.value = text;
  const finish = (value) => {
    closeCorrector();
    choose(value);
  };
  const form = make(
    "form",
    {},
    picture && makeCut(word, picture),
    make("div", { class: "entry" }, input, make("button", { class: "primary", text: t("apply") })),
    make("div", { class: "letters" }, ...makeLetters(word, input)),
    makeFoot(finish),
  );
  const panel = make("div", { class: "corrector", role: "dialog", "aria-label": t("correctWord", word.text) }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    finish(input.value.trim().normalize("NFC"));
  });
  panel.addEventListener("keydown", (event) => handleKey(event, panel));
  document.body.append(panel);
  open = { panel, anchor };
  placeBeside(panel, anchor);
  input.focus();
  input.select();
}

function handleKey(event, panel) {
  event.stopPropagation();
  // Enter and Escape of an input method end a syllable and nothing more.
  if (isComposing(event)) {
    if (event.key === "Enter") event.preventDefault();
    return;
  }
  if (event.key === "Escape") closeCorrector();
  if (event.key === "Tab") keepInside(event, panel);
}

function keepInside(event, panel) {
  const stops = [...panel.querySelectorAll("input, button")];
  const [from, to] = event.shiftKey ? [stops[0], stops.at(-1)] : [stops.at(-1), stops[0]];
  if (document.activeElement !== from) return;
  event.preventDefault();
  to.focus();
}

function makeFoot(finish) {
  const button = (label, value) => {
    const made = make("button", { type: "button", text: t(label) });
    made.addEventListener("click", () => finish(value));
    return made;
  };
  const close = make("button", { type: "button", text: t("close") });
  close.addEventListener("click", closeCorrector);
  return make("div", { class: "foot" }, button("removeWord", ""), button("restore", undefined), close);
}

/** For every doubtful character of the word, what else it may be. */
function makeLetters(word, input) {
  const chars = word.chars ?? [];
  return chars.flatMap((char, place) => {
    if ((char.alternatives ?? []).length < 2 || !rateConfidence({ confidence: char.confidence })) return [];
    const jamo = char.alternatives[0].jamo?.map((chance) => Math.round(100 * chance));
    const head = make("div", { class: "letter-head" }, make("span", { text: t("letter", place + 1) }));
    if (jamo) head.append(make("span", { class: "jamo", text: t("jamo", jamo) }));
    const choices = char.alternatives.filter((other) => other.confidence >= LEAST).map((other) => makeChoice(other, chars, place, input));
    return [make("div", {}, head, make("div", { class: "choices" }, ...choices))];
  });
}

function makeChoice(other, chars, place, input) {
  const percent = `${Math.round(100 * other.confidence)}%`;
  const pressed = String(chars[place].text === other.text);
  const jamo = other.jamo ? t("jamo", other.jamo.map((chance) => Math.round(100 * chance))) : undefined;
  const button = make("button", { type: "button", class: "choice", "aria-pressed": pressed, title: jamo });
  button.style.setProperty("--share", other.confidence);
  button.append(make("b", { text: other.text }), make("small", { text: percent }));
  button.addEventListener("click", () => {
    // Places count in what was read; once the text has another length, they say nothing any more.
    const letters = [...input.value];
    if (letters.length === chars.length) letters[place] = other.text;
    input.value = letters.join("");
    for (const each of button.parentElement.children) each.setAttribute("aria-pressed", String(each === button));
    input.focus();
  });
  return button;
}

/** The word cut out of the picture, with a little around it. */
function makeCut(word, picture) {
  const xs = word.quad.map((point) => point[0]);
  const ys = word.quad.map((point) => point[1]);
  const height = Math.max(...ys) - Math.min(...ys);
  const margin = 0.25 * height;
  const [left, top] = [Math.max(0, Math.min(...xs) - margin), Math.max(0, Math.min(...ys) - margin)];
  const width = Math.max(...xs) - left + margin;
  const canvas = make("canvas", { role: "img", "aria-label": word.text });
  const scale = Math.min(3, 112 / (height + 2 * margin));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round((height + 2 * margin) * scale));
  canvas.style.height = "auto";
  canvas.style.maxHeight = "64px";
  canvas.getContext("2d").drawImage(picture, left, top, width, height + 2 * margin, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function placeBeside(panel, anchor) {
  const word = anchor.getBoundingClientRect();
  const size = panel.getBoundingClientRect();
  const below = word.bottom + GAP_PX + size.height < innerHeight;
  const top = below ? word.bottom + GAP_PX : word.top - GAP_PX - size.height;
  panel.style.top = `${Math.max(12, Math.min(top, innerHeight - size.height - 12))}px`;
  panel.style.left = `${Math.max(12, Math.min(word.left, innerWidth - size.width - 12))}px`;
}
