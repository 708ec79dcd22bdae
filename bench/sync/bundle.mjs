// The peers' pages, bundled as their users would.

import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const folder = dirname(fileURLToPath(import.meta.url));

/** The script of a peer's page. */
export async function bundle(peer) {
  const built = await build({
    entryPoints: [join(folder, `pages/${peer}.js`)],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: "chrome120",
    define: { global: "globalThis", "process.env.NODE_ENV": '"production"' },
    write: false,
    logLevel: "error",
  });
  return built.outputFiles[0].text;
}
