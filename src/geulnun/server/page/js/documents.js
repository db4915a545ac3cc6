// The documents of this browser, from file to text: sent, watched, kept for a reload as long as the server keeps them.

import { Problem, getJob, getPage, removeJob, startJob, watchJob } from "./api.js";
import { Corrections } from "./corrections.js";
import { say } from "./dom.js";
import { Emitter } from "./emitter.js";
import { correctPage } from "./page_words.js";

const KEPT = "geulnun.jobs";
const PAUSE_MS = 2000; // before a server that has gone is asked again

/** One document: {name, status, numbers, pages by number, problem, corrections}. */
class Entry extends Emitter {
  constructor(name) {
    super();
    this.name = name;
    this.status = "sending";
    this.numbers = [];
    this.pages = new Map();
    this.stopping = new AbortController();
  }

  /** Take over what the server says of the job. */
  async follow(state) {
    this.id ??= state.id;
    this.corrections ??= new Corrections(state.id);
    if (!this.numbers.length && state.pages) {
      this.numbers = state.pages;
      this.emit("pages");
    }
    for (const number of this.numbers.slice(0, state.pages_done ?? 0)) {
      if (this.pages.has(number)) continue;
      this.pages.set(number, await getPage(this.id, number));
      this.emit("page", number);
    }
    this.status = state.status;
    this.problem = state.error?.detail;
    this.emit("status");
  }

  /** Whether nothing more will happen to it. */
  get ended() {
    return ["done", "failed", "cancelled"].includes(this.status);
  }

  /** The pages of these numbers, as they were corrected; those that have been read. */
  correct(numbers = this.numbers) {
    const read = numbers.filter((number) => this.pages.has(number));
    return read.map((number) => correctPage(this.pages.get(number), this.corrections.of(number)));
  }

  /** The pages with corrections. */
  get correctedPages() {
    return this.correct(this.numbers.filter((number) => this.corrections.of(number).size));
  }
}

/** All documents; says "add", "remove". */
export class Documents extends Emitter {
  entries = [];

  /** Send files and read them. */
  add(files) {
    for (const file of files) {
      const entry = this.#push(new Entry(file.name || "picture.png"));
      this.#watch(entry, async () => startJob(file, entry.stopping.signal));
    }
  }

  /** Find the documents again that the server still has. */
  async restore() {
    for (const id of readKept()) {
      try {
        const state = await getJob(id);
        const entry = this.#push(new Entry(state.name ?? "document"));
        entry.id = id;
        this.#watch(entry, async () => state);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        if (error.status === 404) this.#forget(id);
        else say(error.message);
      }
    }
  }

  /** Stop reading a document, and delete it here and on the server. */
  async remove(entry) {
    entry.stopping.abort();
    this.entries = this.entries.filter((each) => each !== entry);
    this.emit("remove", entry);
    if (!entry.id) return;
    this.#forget(entry.id);
    await removeJob(entry.id).catch(() => {});
  }

  #push(entry) {
    this.entries.push(entry);
    this.emit("add", entry);
    return entry;
  }

  async #watch(entry, start) {
    const { signal } = entry.stopping;
    try {
      await entry.follow(await start());
      keep(readKept().add(entry.id));
      while (!entry.ended) await this.#listen(entry, signal);
    } catch (error) {
      if (error.name === "AbortError") return;
      entry.status = "failed";
      entry.problem = error instanceof Problem ? error.message : String(error);
      entry.emit("status");
    }
  }

  /** Follow a document as long as the server tells of it; a pause, if that is not to its end. */
  async #listen(entry, signal) {
    try {
      for await (const state of watchJob(entry.id, signal)) await entry.follow(state);
    } catch (error) {
      if (!(error instanceof Problem) || error.status) throw error;
      say(error.message);
    }
    if (entry.ended) return;
    await new Promise((resolve) => { setTimeout(resolve, PAUSE_MS); });
    signal.throwIfAborted();
  }

  #forget(id) {
    const kept = readKept();
    kept.delete(id);
    keep(kept);
    new Corrections(id).forget();
  }
}

/** The ids of the documents of this browser, those of other tabs among them. */
const readKept = () => new Set(JSON.parse(localStorage.getItem(KEPT) ?? "[]"));
const keep = (ids) => localStorage.setItem(KEPT, JSON.stringify([...ids]));
