// The tab that reads one character: drawn, or from a picture.

import { Problem, readCharacter } from "./api.js";
import { find, make } from "./dom.js";
import { Sheet } from "./drawing.js";
import { onLanguage, t } from "./language.js";

const WAIT_MS = 180;

export function startCharacters() {
  const sheet = new Sheet(find("canvas"));
  let reading = null;
  let stopping = new AbortController();
  let waiting;

  const show = () => find("answer").replaceChildren(...(reading ? makeAnswer(reading) : [make("p", { class: "empty", text: t("notDrawn") })]));
  const ask = async (blob) => {
    stopping.abort();
    stopping = new AbortController();
    try {
      reading = await readCharacter(blob, stopping.signal);
      show();
    } catch (error) {
      if (error.name === "AbortError") return;
      find("answer").replaceChildren(make("p", { class: "problem", text: error instanceof Problem ? error.message : String(error) }));
    }
  };

  sheet.on("change", () => {
    clearTimeout(waiting);
    if (sheet.empty) {
      stopping.abort();
      reading = null;
      show();
      return;
    }
    waiting = setTimeout(async () => ask(await sheet.toBlob()), WAIT_MS);
  });
  find("draw-undo").addEventListener("click", () => sheet.undo());
  find("draw-clear").addEventListener("click", () => sheet.clear());
  find("draw-choose").addEventListener("click", () => find("character-file").click());
  find("character-file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) ask(file);
    event.target.value = "";
  });
  onLanguage(show);
  show();
}

function makeAnswer(reading) {
  const percent = `${Math.round(100 * reading.confidence)}%`;
  const first = make("div", { class: "first" },
    make("div", { class: "big", lang: "ko", text: reading.text }),
    make("p", { class: "sure" }, make("strong", { text: percent }), t("sure")));
  const parts = ["initial", "medial", "final"].map((name) => make("section", {}, make("h2", { text: t(name) }), makeBars(reading[name].slice(0, 3))));
  return [
    first,
    make("section", {}, make("h2", { text: t("likely") }), makeBars(reading.alternatives)),
    make("div", { class: "thirds" }, ...parts),
  ];
}

function makeBars(guesses) {
  return make("ol", { class: "bars" }, ...guesses.map(({ text, confidence }) => {
    const bar = make("span", { class: "bar-line" }, make("i"));
    bar.style.setProperty("--share", confidence);
    const percent = formatPercent(confidence);
    return make("li", { title: percent }, make("span", { lang: "ko", text: text || "–", title: text ? undefined : t("none") }), bar, make("small", { text: percent }));
  }));
}

function formatPercent(share) {
  if (share >= 0.0995) return `${Math.round(100 * share)}%`;
  return share < 0.001 ? "< 0.1%" : `${(100 * share).toFixed(1)}%`;
}
