// One document: the pictures of its pages on one side, their text on the other, both scrolling together.

import { getPicture } from "./api.js";
import { closeCorrector, openCorrector } from "./corrector.js";
import { find, isComposing, make, makeImage } from "./dom.js";
import { t } from "./language.js";
import { fitOverlay, makeOverlay } from "./overlay.js";
import { listAll, rateConfidence } from "./page_words.js";
import { scrollTogether } from "./scrolling.js";
import { makeTextPage, showWord } from "./text_page.js";

const EMPTY = new Map();
const ZOOMS = [0.5, 0.75, 1, 1.25, 1.5, 2, 3];

export class Viewer {
  constructor(onPage) {
    this.picture = find("picture");
    this.text = find("text");
    this.onPage = onPage;
    this.zoom = ZOOMS.indexOf(1);
    this.entry = null;
    this.leaves = new Map();
    this.sizes = new ResizeObserver((seen) => seen.forEach(({ target }) => target.page && fitOverlay(target, target.page)));
    this.near = new IntersectionObserver((seen) => this.#load(seen), { root: this.picture, rootMargin: "600px" });
    scrollTogether(this.picture, this.text, (number) => this.onPage(this.entry, number));
    this.text.addEventListener("click", (event) => this.#clickText(event));
    this.text.addEventListener("keydown", (event) => this.#moveByKey(event));
    this.picture.addEventListener("click", (event) => this.#clickPicture(event));
    for (const pane of [this.picture, this.text]) {
      pane.addEventListener("pointerover", (event) => this.#light(event));
      pane.addEventListener("focusin", (event) => this.#light(event));
    }
  }

  /** Show a document. */
  show(entry) {
    closeCorrector();
    this.entry = entry;
    this.leaves.forEach(({ leaf }) => { this.near.unobserve(leaf); this.sizes.unobserve(leaf); });
    this.leaves.clear();
    this.picture.replaceChildren();
    this.text.replaceChildren();
    if (!entry) return;
    entry.numbers.forEach((number) => this.#addPage(number));
    if (!entry.numbers.length) this.text.append(makeWaiting(entry));
    this.picture.scrollTop = this.text.scrollTop = 0;
  }

  /** Show again what the document says of itself: after a new language, or when it failed. */
  refresh() {
    if (!this.entry) return;
    if (!this.entry.numbers.length) this.text.replaceChildren(makeWaiting(this.entry));
    this.leaves.forEach((_, number) => this.showPage(number));
  }

  /** Show a page, now that it has been read. */
  showPage(number) {
    const place = this.leaves.get(number);
    const page = this.entry.pages.get(number);
    if (!place) return;
    const { leaf, section } = place;
    const label = t("page", number, this.entry.numbers.length);
    const head = label ? [make("p", { class: "page-number", text: label })] : [];
    if (!page) {
      section.replaceChildren(...head, makeWaiting(this.entry));
      return;
    }
    leaf.page = page;
    leaf.style.aspectRatio = `${page.width_px} / ${page.height_px}`;
    const corrections = this.entry.corrections.of(number);
    section.replaceChildren(...head, ...makeTextPage(page, corrections));
    section.querySelector(".word")?.setAttribute("tabindex", "0");
    place.words = new Map(listAll(page).map((each) => [each.key, each]));
    if (leaf.near) this.#lay(leaf);
  }

  /** Lay the text over the picture of a page; that of pages far away would only cost memory. */
  #lay(leaf) {
    leaf.querySelector(".over")?.remove();
    leaf.append(makeOverlay(leaf.page, this.entry.corrections.of(leaf.number)));
    fitOverlay(leaf, leaf.page);
  }

  /** Show a word after it was corrected. */
  showWord(number, key) {
    const place = this.leaves.get(number);
    const entry = place?.words?.get(key);
    if (!entry) return;
    const corrections = this.entry.corrections.of(number);
    showWord(place.section.querySelector(`[data-key="${key}"]`), entry, corrections);
    const over = place.leaf.querySelector(`[data-key="${key}"]`);
    if (!over) return;
    over.textContent = corrections.get(key) ?? entry.word.text;
    over.className = `word ${corrections.has(key) ? "corrected" : rateConfidence(entry.word)}`;
  }

  /** Bring a page into view. */
  goTo(number) {
    this.leaves.get(number)?.leaf.scrollIntoView({ block: "start" });
  }

  /** The elements of the doubtful words, in reading order. */
  get doubts() {
    return [...this.text.querySelectorAll(".doubt, .guess")];
  }

  /** Go to the next doubtful word, or to the one before; its place from 1. */
  goToDoubt(step) {
    const doubts = this.doubts;
    if (!doubts.length) return 0;
    const from = document.activeElement;
    const passed = doubts.filter((each) => from?.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_PRECEDING).length;
    const inside = this.text.contains(from) && from.classList.contains("word");
    const on = doubts.indexOf(from);
    let next = step > 0 ? (on >= 0 ? on + 1 : inside ? passed : 0) : (on >= 0 ? on : inside ? passed : 0) - 1;
    next = (next + doubts.length) % doubts.length;
    this.#focus(doubts[next]);
    return next + 1;
  }

  /** Make the picture larger or smaller. */
  resize(step) {
    this.zoom = Math.max(0, Math.min(ZOOMS.length - 1, this.zoom + step));
    this.picture.style.setProperty("--zoom", ZOOMS[this.zoom]);
  }

  #addPage(number) {
    const leaf = make("div", { class: "leaf", "data-page": String(number) });
    leaf.style.aspectRatio = "0.72";
    leaf.number = number;
    const section = make("section", { class: "page", "data-page": String(number) });
    this.leaves.set(number, { leaf, section });
    this.picture.append(leaf);
    this.text.append(section);
    this.near.observe(leaf);
    this.sizes.observe(leaf);
    this.showPage(number);
  }

  #load(seen) {
    const entry = this.entry;
    for (const { target, isIntersecting } of seen) {
      target.near = isIntersecting;
      if (isIntersecting && target.page) this.#lay(target);
      else target.querySelector(".over")?.remove();
      if (!isIntersecting || target.loading) continue;
      target.loading = true;
      getPicture(entry.id, target.number, "page").then(
        (url) => target.prepend(makeImage(url, t("openPage", entry.name, target.number))),
        () => { target.loading = false; },
      );
    }
  }

  #clickText(event) {
    const word = event.target.closest(".word");
    if (word && getSelection().isCollapsed) this.correct(word);
  }

  #clickPicture(event) {
    const over = event.target.closest(".word");
    if (!over || !getSelection().isCollapsed) return;
    const word = this.#findTwin(over, this.text);
    word.scrollIntoView({ block: "nearest" });
    this.correct(word);
  }

  /** Open the window that corrects a word. */
  correct(element) {
    const number = Number(element.closest("[data-page]").dataset.page);
    const { leaf, words } = this.leaves.get(number);
    const { key, word } = words.get(element.dataset.key);
    this.#focus(element);
    openCorrector({
      anchor: element,
      word,
      text: this.entry.corrections.of(number).get(key) ?? word.text,
      picture: leaf.querySelector("img"),
      choose: (text) => this.entry.corrections.set(number, key, text === word.text ? undefined : text),
    });
  }

  #moveByKey(event) {
    const word = event.target.closest(".word");
    if (isComposing(event) || !word || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.correct(word);
      return;
    }
    const words = [...this.text.querySelectorAll(".word")];
    const at = words.indexOf(word);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: words.length - 1 }[event.key] ??
      { ArrowDown: findBeside(words, at, 1), ArrowUp: findBeside(words, at, -1) }[event.key];
    if (next === undefined || !words[next]) return;
    event.preventDefault();
    this.#focus(words[next]);
  }

  #focus(word) {
    for (const each of word.closest(".page").querySelectorAll('.word[tabindex="0"]')) each.tabIndex = -1;
    word.tabIndex = 0;
    word.focus({ preventScroll: true });
    word.scrollIntoView({ block: "nearest" });
  }

  #light(event) {
    const word = event.target.closest?.(".word");
    for (const each of document.querySelectorAll(".word.lit")) each.classList.remove("lit");
    if (!word) return;
    word.classList.add("lit");
    const other = this.#findTwin(word, this.text.contains(word) ? this.picture : this.text);
    other?.classList.add("lit");
    if (event.type === "focusin") other?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #findTwin(word, pane) {
    const number = word.closest("[data-page]").dataset.page;
    return pane.querySelector(`[data-page="${number}"] [data-key="${word.dataset.key}"]`);
  }
}

/** The word in the next or previous line that stands nearest below or above. */
function findBeside(words, at, step) {
  const from = words[at].getBoundingClientRect();
  let best;
  let level;
  for (let index = at + step; words[index]; index += step) {
    const here = words[index].getBoundingClientRect();
    if (Math.abs(here.top - from.top) < from.height / 2) continue;
    level ??= here.top;
    if (Math.abs(here.top - level) > here.height / 2) break;
    const distance = Math.abs(here.left - from.left);
    if (!best || distance < best.distance) best = { index, distance };
  }
  return best?.index;
}

function makeWaiting(entry) {
  if (entry.status === "failed") return make("p", { class: "problem", text: entry.problem ?? t("failed") });
  return make("div", { "aria-hidden": "true" }, ...Array.from({ length: 7 }, () => make("div", { class: "bone" })));
}
