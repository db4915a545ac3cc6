// Text over the picture of a page, as pdf.js lays it: every word a transparent span, turned and stretched to its quad.

import { make } from "./dom.js";
import { listAll, rateConfidence } from "./page_words.js";

const WIDTHS = document.createElement("canvas").getContext("2d");
const SIZE_PX = 100;

/** The layer for a page's words, with corrections in their places; real spaces and line breaks stand between them. */
export function makeOverlay(page, corrections) {
  const layer = make("div", { class: "over", "aria-hidden": "true" });
  layer.style.width = `${page.width_px}px`;
  layer.style.height = `${page.height_px}px`;
  for (const { key, word, after } of listAll(page)) {
    const text = corrections.get(key) ?? word.text;
    const state = corrections.has(key) ? "corrected" : rateConfidence(word);
    const span = make("span", { class: `word ${state}`, "data-key": key, text });
    span.dataset.after = after;
    place(span, word.quad, text);
    layer.append(span, after === "\n" ? make("br") : after);
  }
  return layer;
}

function place(span, [topLeft, topRight, bottomRight, bottomLeft], text) {
  const width = Math.hypot(topRight[0] - topLeft[0], topRight[1] - topLeft[1]);
  const height = Math.hypot(bottomLeft[0] - topLeft[0], bottomLeft[1] - topLeft[1]);
  const angle = Math.atan2(topRight[1] - topLeft[1], topRight[0] - topLeft[0]);
  WIDTHS.font = `${SIZE_PX}px ${getComputedStyle(document.body).fontFamily}`;
  const natural = (WIDTHS.measureText(text || " ").width / SIZE_PX) * height;
  span.style.left = `${topLeft[0]}px`;
  span.style.top = `${topLeft[1]}px`;
  span.style.fontSize = `${height}px`;
  span.style.transform = `rotate(${angle}rad) scaleX(${width / Math.max(natural, 1)})`;
}

/** Let the layer, which is laid in pixels of the picture, follow the size of its leaf. */
export function fitOverlay(leaf, page) {
  const layer = leaf.querySelector(".over");
  if (layer) layer.style.transform = `scale(${leaf.clientWidth / page.width_px})`;
}
