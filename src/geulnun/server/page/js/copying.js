// Copying: the text of what is selected, with the spaces, tabs and line breaks of the page and not of its layout.

/** The text of the selected words inside `root`; "" if there are none. */
export function readSelection(root) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return "";
  const range = selection.getRangeAt(0);
  if (!range.intersectsNode(root)) return "";
  const words = [...root.querySelectorAll(".word")].filter((word) => range.intersectsNode(word));
  const parts = words.map((word) => ({ word, text: cutText(word, range) })).filter(({ text }) => text);
  return parts.map(({ word, text }, index) => text + findGap(word, parts[index + 1]?.word)).join("");
}

/** The part of a word that lies inside the range. */
function cutText(word, range) {
  if (word.classList.contains("gone")) return "";
  const start = word.contains(range.startContainer) ? range.startOffset : 0;
  const end = word.contains(range.endContainer) ? range.endOffset : word.textContent.length;
  return word.textContent.slice(start, end);
}

/** What stands between two words that are copied one after the other. */
function findGap(word, next) {
  if (!next) return "";
  const leaf = (each) => each.closest("[data-page]");
  return leaf(word) === leaf(next) ? word.dataset.after : "\n\n";
}

/** Put text into the clipboard, on pages without https too; whether it went well. */
export async function copyText(text) {
  if (navigator.clipboard && isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by a policy of the browser: the old way may still be allowed.
    }
  }
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}

/** Let the copies that are made inside `root` be those of `readSelection`. */
export function mendCopies(root) {
  root.addEventListener("copy", (event) => {
    const text = readSelection(root);
    if (!text) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
  });
}
