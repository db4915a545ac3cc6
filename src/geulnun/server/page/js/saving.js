// Saving: every format of the server, and what was corrected as labels to train with.

import { Problem, correctResult, getInfo, getResult } from "./api.js";
import { find, make, say } from "./dom.js";
import { t } from "./language.js";

const FIRST = ["txt", "md", "pdf", "docx", "xlsx", "json"];

export class SaveMenu {
  constructor(getEntry) {
    this.getEntry = getEntry;
    this.button = find("save");
    this.list = find("save-list");
    this.button.addEventListener("click", () => this.toggle(this.list.hidden));
    document.addEventListener("click", (event) => {
      if (!event.target.closest(".menu")) this.toggle(false);
    });
    document.querySelector(".menu").addEventListener("keydown", (event) => this.#handleKey(event));
  }

  /** Open the list, or close it. */
  async toggle(open) {
    try {
      if (open) await this.#fill();
    } catch (error) {
      sayFailed(error);
      return;
    }
    this.list.hidden = !open;
    this.button.setAttribute("aria-expanded", String(open));
    if (open) this.list.querySelector("button")?.focus();
  }

  async #fill() {
    this.formats ??= (await getInfo()).formats;
    const names = Object.keys(this.formats);
    const sorted = [...FIRST.filter((name) => names.includes(name)), ...names.filter((name) => !FIRST.includes(name))];
    const items = sorted.map((name) => this.#makeItem(t("formats")[name] ?? name, this.formats[name].suffix, () => this.#save(name)));
    const entry = this.getEntry();
    if (entry?.corrections?.any) {
      items.push(make("hr"), this.#makeItem(t("labels"), "", () => download(makeLabels(entry), "labels.jsonl")));
    }
    this.list.replaceChildren(...items);
  }

  #makeItem(label, suffix, act) {
    const item = make("button", { type: "button" }, make("span", { text: label }), make("small", { text: suffix }));
    item.addEventListener("click", () => {
      this.toggle(false);
      this.button.focus();
      act();
    });
    return item;
  }

  async #save(format) {
    const entry = this.getEntry();
    try {
      const stem = entry.name.replace(/\.[^.]*$/, "") || "document";
      const { id, correctedPages } = entry;
      const blob = await (correctedPages.length ? correctResult(id, correctedPages, format) : getResult(id, format));
      download(blob, stem + (blob.type === "application/zip" ? ".zip" : this.formats[format].suffix));
    } catch (error) {
      sayFailed(error);
    }
  }

  #handleKey(event) {
    const items = [...this.list.querySelectorAll("button")];
    const at = items.indexOf(document.activeElement);
    if (event.key === "Escape" && !this.list.hidden) {
      this.toggle(false);
      this.button.focus();
    } else if (!this.list.hidden && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      items[(at + (event.key === "ArrowDown" ? 1 : -1) + items.length) % items.length].focus();
    }
  }
}

/** The corrected pages, a row each, as `geulnun evaluate` and training read them. */
export function makeLabels(entry) {
  const rows = entry.correctedPages
    .map((page) => ({
      image: entry.name,
      ...(entry.numbers.length > 1 ? { page: page.number } : {}),
      words: page.lines.flatMap(({ words }, line) => words.map(({ text, quad }) => ({ text, quad, line }))),
    }));
  return new Blob(rows.map((row) => `${JSON.stringify(row)}\n`), { type: "application/jsonl" });
}

const sayFailed = (error) => say(t("saveFailed") + (error instanceof Problem ? error.message : String(error)));

function download(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
