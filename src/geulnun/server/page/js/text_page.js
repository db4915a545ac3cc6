// The text of a page beside its picture: paragraphs, rows and tables of words.

import { make } from "./dom.js";
import { t } from "./language.js";
import { listBlocks, percentOf, rateConfidence } from "./page_words.js";

const AMOUNT = /^[₩$+\-−]?\d[\d.,]*(원|%)?$/;

/** The elements of a page's text, with corrections in their places. */
export function makeTextPage(page, corrections) {
  const blocks = listBlocks(page);
  if (!blocks.length) return [make("p", { class: "nothing", text: t("nothing") })];
  return blocks.map((block) => makeBlock(block, corrections));
}

/** Show in a word's element what it now says. */
export function showWord(element, entry, corrections) {
  const { key, word, after } = entry;
  const corrected = corrections.has(key);
  const text = corrected ? corrections.get(key) : word.text;
  const state = corrected ? (text ? "corrected" : "corrected gone") : rateConfidence(word);
  element.className = `word ${state}`;
  element.textContent = text || word.text;
  element.dataset.after = after;
  element.dataset.text = text;
  if (state === "doubt" || state === "guess") {
    element.setAttribute("role", "button");
    element.setAttribute("aria-haspopup", "dialog");
    element.setAttribute("aria-label", t("wordLabel", text, percentOf(word)));
  } else {
    for (const name of ["role", "aria-haspopup", "aria-label"]) element.removeAttribute(name);
  }
}

function makeBlock(block, corrections) {
  if (block.kind === "table") return makeTable(block, corrections);
  const element = make("div", { class: `block ${block.kind}` });
  for (const row of block.rows) {
    const line = make("span", { class: row.cells.length > 1 ? "row facing" : "row" });
    for (const { words } of row.cells) line.append(make("span", { class: "cell" }, ...makeWords(words, corrections)));
    element.append(line);
  }
  return element;
}

function makeTable(block, corrections) {
  const table = make("table");
  block.rows.forEach((row, place) => {
    const line = make("tr");
    for (const { cell, words } of row.cells) {
      const tag = place < block.headerRows ? "th" : "td";
      const spans = { rowSpan: cell.row_span ?? 1, colSpan: cell.column_span ?? 1 };
      const number = AMOUNT.test(words.map(({ word }) => word.text).join(""));
      line.append(make(tag, { ...spans, class: number ? "amount" : null }, ...makeWords(words, corrections)));
    }
    table.append(line);
  });
  return make("div", { class: "block table scroll", tabindex: "0", role: "region", "aria-label": t("text") }, table);
}

function makeWords(words, corrections) {
  return words.flatMap((entry) => {
    const element = make("span", { "data-key": entry.key, tabindex: "-1" });
    showWord(element, entry, corrections);
    return [element, entry.after];
  });
}
