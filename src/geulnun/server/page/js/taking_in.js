// Files come in: chosen, photographed, dropped, pasted.

import { find } from "./dom.js";

/** Give `take` the files that come in any way. */
export function takeFiles(take) {
  const doings = { choose: find("files"), photograph: find("camera") };
  for (const button of document.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => doings[button.dataset.do].click());
  }
  for (const input of Object.values(doings)) {
    input.addEventListener("change", () => {
      take([...input.files]);
      input.value = "";
    });
  }
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length || event.target.closest("input, dialog")) return;
    event.preventDefault();
    take(files.map((file, index) => nameFile(file, index)));
  });
  takeDrops(take);
}

function takeDrops(take) {
  const sign = find("dropping");
  let depth = 0;
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  addEventListener("dragenter", (event) => {
    if (hasFiles(event)) sign.hidden = ++depth < 1;
  });
  addEventListener("dragleave", () => {
    depth = Math.max(0, depth - 1);
    sign.hidden = depth === 0;
  });
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    depth = 0;
    sign.hidden = true;
    if (event.dataTransfer.files.length) take([...event.dataTransfer.files]);
  });
}

/** Pasted pictures are all called image.png; the time tells them apart. */
function nameFile(file, index) {
  if (file.name && file.name !== "image.png") return file;
  const time = new Date().toTimeString().slice(0, 8).replaceAll(":", "");
  return new File([file], `${time}${index ? `-${index}` : ""}.png`, { type: file.type });
}
