// What was corrected in a document: kept in this browser, undone step by step.

import { Emitter } from "./emitter.js";

const PREFIX = "geulnun.corrections.";

/** Corrections of one document: texts of words by page number and word key. */
export class Corrections extends Emitter {
  constructor(id) {
    super();
    this.id = id;
    this.steps = [];
    this.pages = new Map();
    for (const [number, words] of Object.entries(this.#read())) this.pages.set(Number(number), new Map(Object.entries(words)));
  }

  /** The corrections of a page: word key to text. */
  of(number) {
    return this.pages.get(number) ?? new Map();
  }

  /** Put `text` in a word's place; undefined gives back what was read. */
  set(number, key, text) {
    const before = this.of(number).get(key);
    if (before === text) return;
    this.steps.push({ number, key, before });
    this.write(number, key, text);
  }

  /** Take the last step back; where it was, or null. */
  undo() {
    const step = this.steps.pop();
    if (!step) return null;
    this.write(step.number, step.key, step.before);
    return step;
  }

  get canUndo() {
    return this.steps.length > 0;
  }

  get any() {
    return [...this.pages.values()].some((words) => words.size);
  }

  write(number, key, text) {
    if (!this.pages.has(number)) this.pages.set(number, new Map());
    const words = this.pages.get(number);
    if (text === undefined) words.delete(key);
    else words.set(key, text);
    const all = this.#read(); // with what other tabs have corrected meanwhile
    all[number] = { ...all[number], [key]: text };
    localStorage.setItem(PREFIX + this.id, JSON.stringify(all));
    this.emit("change", { number, key, text });
  }

  /** Forget all of it. */
  forget() {
    localStorage.removeItem(PREFIX + this.id);
  }

  #read() {
    return JSON.parse(localStorage.getItem(PREFIX + this.id) ?? "{}");
  }
}
