// A page's JSON as rows of cells of words, each with what stands behind it in plain text.

/** How sure a word must be not to be marked. */
const DOUBT = 0.8;
const GUESS = 0.5;

/** "guess", "doubt" or "" for a word; its least sure character decides. */
export function rateConfidence(word) {
  const least = Math.min(word.confidence ?? 1, ...(word.chars ?? []).map((char) => char.confidence ?? 1));
  return least < GUESS ? "guess" : least < DOUBT ? "doubt" : "";
}

/** How sure a word is, in whole percent. */
export const percentOf = (word) =>
  Math.round(100 * Math.min(word.confidence ?? 1, ...(word.chars ?? []).map((char) => char.confidence ?? 1)));

/**
 * The blocks of a page: {kind, headerRows, rows: [{cells: [{cell, words}]}]}, a word being {key, word, after}. `after`
 * is a space, a tab, a line break or nothing, as in the text that the server writes.
 */
export function listBlocks(page) {
  return page.blocks.map((block) => {
    const cells = block.cells ?? block.lines.map((line, row) => ({ row, column: 0, lines: [line] }));
    const rows = new Map();
    for (const cell of cells) {
      if (!rows.has(cell.row)) rows.set(cell.row, []);
      rows.get(cell.row).push({ cell, words: listWords(page, cell.lines) });
    }
    const listed = [...rows.values()].map((each) => ({ cells: each }));
    for (const row of listed) endRow(row);
    return { kind: block.kind, headerRows: block.header_rows ?? 0, rows: listed };
  });
}

/** All words of a page in reading order. */
export const listAll = (page) =>
  listBlocks(page).flatMap((block) => block.rows.flatMap((row) => row.cells.flatMap((cell) => cell.words)));

function listWords(page, lines) {
  return lines.flatMap((line) =>
    page.lines[line].words.map((word, index, all) => ({
      key: `${line}.${index}`,
      word,
      after: index + 1 < all.length || !page.lines[line].breaks_word ? " " : "",
    })),
  );
}

function endRow(row) {
  const filled = row.cells.filter((cell) => cell.words.length);
  for (const cell of filled) cell.words.at(-1).after = cell === filled.at(-1) ? "\n" : "\t";
}

/** A copy of the page's JSON with corrected words in their places; those that are gone are left out. */
export function correctPage(page, corrections) {
  if (!corrections.size) return page;
  const kept = new Map();
  const lines = [];
  page.lines.forEach((line, number) => {
    const words = line.words
      .map((word, index) => correctWord(word, corrections.get(`${number}.${index}`)))
      .filter((word) => word.text);
    if (!words.length) return;
    kept.set(number, lines.length);
    lines.push({ ...line, words });
  });
  const renumber = (numbers) => numbers.filter((each) => kept.has(each)).map((each) => kept.get(each));
  const blocks = page.blocks
    .map((block) =>
      block.cells
        ? { ...block, cells: block.cells.map((cell) => ({ ...cell, lines: renumber(cell.lines) })) }
        : { ...block, lines: renumber(block.lines) },
    )
    .filter((block) => (block.cells ? block.cells.some((cell) => cell.lines.length) : block.lines.length));
  return { ...page, lines, blocks: blocks.map(dropEmptyCells) };
}

// A cell without lines has a place of its own only where ruling lines say so.
const dropEmptyCells = (block) =>
  block.cells ? { ...block, cells: block.cells.filter((cell) => cell.lines.length || cell.bounds) } : block;

function correctWord(word, text) {
  return text === undefined ? word : { ...word, text, confidence: 1, chars: [] };
}
