// Small things to make and find elements with.

/** The element with this id. */
export const find = (id) => document.getElementById(id);

/** A new element with properties, data- and aria- ones among them, and children. */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name in element && typeof value !== "string") element[name] = value;
    else if (name === "class") element.className = value;
    else if (name === "text") element.textContent = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** An icon of 24 by 24 with this path. */
export function makeIcon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

/** An image of an object's URL, which is revoked once the image holds its own bytes. */
export function makeImage(url, alt) {
  const image = make("img", { src: url, alt, draggable: false });
  image.addEventListener("load", () => URL.revokeObjectURL(url));
  return image;
}

let hiding;

/** Say something for a moment, below and to screen readers. */
export function say(text) {
  const toast = find("toast");
  toast.textContent = text;
  toast.hidden = false;
  clearTimeout(hiding);
  hiding = setTimeout(() => { toast.hidden = true; }, 4000);
}

/** Whether a key belongs to an input method that is composing a syllable. */
export const isComposing = (event) => event.isComposing || event.keyCode === 229;
