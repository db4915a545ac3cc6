// The rail: every document with small pictures of its pages, how far it is, and a button that removes it.

import { getPicture } from "./api.js";
import { find, make, makeIcon, makeImage } from "./dom.js";
import { t } from "./language.js";

const CROSS = "M7 7l10 10M17 7L7 17";

export class Rail {
  constructor(documents, open) {
    this.documents = documents;
    this.open = open;
    this.files = new Map();
    this.watcher = new IntersectionObserver((seen) => seen.filter((each) => each.isIntersecting).forEach(loadPicture));
    documents.on("add", (entry) => this.#add(entry));
    documents.on("remove", (entry) => {
      this.files.get(entry)?.remove();
      this.files.delete(entry);
    });
  }

  /** Mark the page that is looked at. */
  mark(entry, number) {
    for (const thumb of find("rail").querySelectorAll("[aria-current]")) thumb.removeAttribute("aria-current");
    const thumb = this.files.get(entry)?.querySelector(`[data-number="${number}"]`);
    thumb?.setAttribute("aria-current", "true");
    thumb?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #add(entry) {
    const remove = make("button", { class: "icon", title: t("remove", entry.name), "aria-label": t("remove", entry.name) });
    remove.append(makeIcon(CROSS));
    remove.addEventListener("click", () => this.documents.remove(entry));
    const thumbs = make("div", { class: "thumbs" });
    const name = make("span", { class: "file-name", title: entry.name, text: entry.name });
    const file = make("div", { class: "file" }, make("div", { class: "file-head" }, name, remove), thumbs);
    this.files.set(entry, file);
    find("rail").append(file);
    entry.on("pages", () => entry.numbers.forEach((number) => thumbs.append(this.#makeThumb(entry, number))));
    entry.on("page", () => this.#show(entry));
    entry.on("status", () => this.#show(entry));
  }

  #makeThumb(entry, number) {
    const label = t("openPage", entry.name, number);
    const thumb = make("button", { class: "thumb waiting", "data-number": String(number), "aria-label": label });
    thumb.append(make("span", { class: "number", text: String(number), "aria-hidden": "true" }));
    thumb.load = () => getPicture(entry.id, number, "thumbnail");
    thumb.addEventListener("click", () => this.open(entry, number));
    this.watcher.observe(thumb);
    return thumb;
  }

  #show(entry) {
    const file = this.files.get(entry);
    if (!file) return; // removed while a page of it was on its way
    const next = entry.numbers.find((number) => !entry.pages.has(number));
    for (const thumb of file.querySelectorAll(".thumb")) {
      const number = Number(thumb.dataset.number);
      thumb.classList.toggle("waiting", !entry.pages.has(number));
      thumb.classList.toggle("reading", entry.status === "running" && number === next);
    }
  }
}

async function loadPicture({ target }) {
  if (target.loading) return;
  target.loading = true;
  try {
    target.prepend(makeImage(await target.load(), ""));
  } catch {
    target.loading = false;
  }
}
