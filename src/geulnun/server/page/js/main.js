// The page: files come in, documents are read, one of them is shown.

import { startCharacters } from "./characters.js";
import { copyText, mendCopies, readSelection } from "./copying.js";
import { Documents } from "./documents.js";
import { find, isComposing, say } from "./dom.js";
import { onLanguage, startLanguage, t } from "./language.js";
import { listAll } from "./page_words.js";
import { Rail } from "./rail.js";
import { SaveMenu } from "./saving.js";
import { startTabs } from "./tabs.js";
import { takeFiles } from "./taking_in.js";
import { Viewer } from "./viewer.js";

const documents = new Documents();
let shown = null;
const viewer = new Viewer((entry, number) => rail.mark(entry, number));
const rail = new Rail(documents, (entry, number) => {
  if (entry !== shown) show(entry);
  viewer.goTo(number);
  rail.mark(entry, number);
});

function show(entry) {
  shown = entry;
  find("welcome").hidden = Boolean(entry);
  find("work").hidden = !entry;
  viewer.show(entry);
  if (entry?.numbers.length) rail.mark(entry, entry.numbers[0]);
  showBar();
}

function showBar() {
  if (!shown) return;
  const { name, status, numbers, pages, corrections } = shown;
  find("name").textContent = name;
  find("name").title = name;
  find("state").textContent = status === "running" ? t("running", pages.size, numbers.length) : t(status, numbers.length);
  find("undo").disabled = !corrections?.canUndo;
  find("save").disabled = find("copy").disabled = status !== "done";
  showDoubts(0);
}

function showDoubts(at) {
  const count = viewer.doubts.length;
  find("doubts").hidden = !count;
  find("doubt-count").textContent = t("doubts", at, count);
}

function follow(entry) {
  const whenShown = (act) => (detail) => {
    if (entry === shown) act(detail);
  };
  entry.on("pages", () => {
    entry.corrections.on("change", whenShown(({ number, key }) => {
      viewer.showWord(number, key);
      showBar();
    }));
    if (entry === shown) show(entry);
  });
  entry.on("page", whenShown((number) => {
    viewer.showPage(number);
    showBar();
  }));
  entry.on("status", whenShown(() => {
    if (entry.status === "failed") viewer.refresh();
    showBar();
  }));
}

/** The text of the whole document, as it was corrected. */
function readAll(entry) {
  return entry.correct()
    .map((page) => listAll(page).map(({ word, after }) => word.text + after).join("").trimEnd())
    .join("\n\n");
}

async function copyAll() {
  const text = readSelection(find("text")) || readSelection(find("picture")) || readAll(shown);
  say(await copyText(text) ? t("copied") : t("notCopied"));
}

function undo() {
  const step = shown?.corrections?.undo();
  if (step) say(t("restored"));
}

function handleKey(event) {
  if (isComposing(event) || !shown || event.target.closest("input, dialog")) return;
  if (event.key === "F8") {
    event.preventDefault();
    showDoubts(viewer.goToDoubt(event.shiftKey ? -1 : 1));
  } else if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z") {
    event.preventDefault();
    undo();
  }
}

documents.on("add", (entry) => {
  follow(entry);
  show(entry);
});
documents.on("remove", (entry) => {
  if (entry === shown) show(documents.entries.at(-1) ?? null);
});
find("undo").addEventListener("click", undo);
find("copy").addEventListener("click", copyAll);
find("smaller").addEventListener("click", () => viewer.resize(-1));
find("larger").addEventListener("click", () => viewer.resize(1));
find("doubt-before").addEventListener("click", () => showDoubts(viewer.goToDoubt(-1)));
find("doubt-after").addEventListener("click", () => showDoubts(viewer.goToDoubt(1)));
document.addEventListener("keydown", handleKey);
mendCopies(find("text"));
mendCopies(find("picture"));
new SaveMenu(() => shown);
startTabs();
startCharacters();
onLanguage(() => {
  viewer.refresh();
  showBar();
});
startLanguage();
takeFiles((files) => {
  find("tab-documents").click();
  documents.add(files);
});
documents.restore();
