// Tables, on the terminal and in a page: a page has a marked place for each, and what stands around it is a person's.

import { readFile, writeFile } from "node:fs/promises";

/** Rows as Markdown; the first is the heading, and all columns but the first are figures. */
export function markdown(rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  const [heading, ...body] = rows;
  return [line(heading), line(heading.map((_, column) => (column === 0 ? "---" : "---:"))), ...body.map(line)].join("\n");
}

/** The same rows for a terminal. */
export function plain(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => pad(cell, widths[column], column)).join("  ").trimEnd()).join("\n");
}

function pad(cell, width, column) {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

const marks = (name) => [`<!-- bench ${name}: begin -->`, `<!-- bench ${name}: end -->`];

/** `page` with what stands between the marks of `name` replaced. */
export function replaced(page, name, text) {
  const [begin, end] = marks(name);
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) throw new Error(`the page has no place for ${name}: ${begin} … ${end}`);
  return `${page.slice(0, from + begin.length)}\n${text}\n${page.slice(to)}`;
}

export async function replaceIn(file, name, text) {
  await writeFile(file, replaced(await readFile(file, "utf8"), name, text));
}
