// What the tests are told from outside, and what they assume where nothing was said.

import { existsSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const workspace = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

export const resultsFolder = join(workspace, "end2end/results");

/** Where a program lies: a bare name is looked for on PATH. */
function located(program) {
  if (program.includes("/")) return program;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, program)).find(existsSync) ?? program;
}

export const settings = {
  /** The server's binary. */
  bin: process.env.KEEPTILL_BIN ?? join(workspace, "target/debug/keeptill"),
  /** The built pages. */
  siteDir: process.env.KEEPTILL_SITE_DIR ?? join(workspace, "target/site"),
  /** A PostgreSQL superuser's URL without a database's name; each test makes its own database there. */
  databaseUrl: process.env.KEEPTILL_TEST_DATABASE_URL,
  chromium: located(process.env.CHROMIUM ?? "/usr/bin/chromium"),
};

/** Fails early, and says what is missing, where a test could not even begin. */
export function checkSettings() {
  const missing = [];
  if (!existsSync(settings.bin)) missing.push(`KEEPTILL_BIN: there is no server at ${settings.bin}`);
  if (!existsSync(settings.siteDir)) missing.push(`KEEPTILL_SITE_DIR: there are no pages in ${settings.siteDir}`);
  if (!existsSync(settings.chromium)) missing.push(`CHROMIUM: there is no browser at ${settings.chromium}`);
  if (!settings.databaseUrl) missing.push("KEEPTILL_TEST_DATABASE_URL: names no PostgreSQL to make databases in");
  if (missing.length > 0) {
    throw new Error(`${missing.join("\n")}\n\`cargo xtask test\` builds what is missing and sets these.`);
  }
}

/** The settings as they would be typed, for a failure's instructions. */
export function asEnvironment() {
  return [
    `KEEPTILL_BIN=${settings.bin}`,
    `KEEPTILL_SITE_DIR=${settings.siteDir}`,
    `KEEPTILL_TEST_DATABASE_URL=${settings.databaseUrl}`,
    `CHROMIUM=${settings.chromium}`,
  ].join(" ");
}
