// A fresh browser profile for each run, and how much memory is in use in it.

import { setTimeout as pause } from "node:timers/promises";
import { Profile } from "../../end2end/harness/profile.mjs";
import { proportionalMemory } from "../measure/machine.mjs";

export const WAIT_MS_MAX = 600_000;

/** Runs `body` with a profile that nobody has used before. A run that never ends fails. */
export async function inFreshProfile(name, body) {
  const profile = await Profile.create(name, { bypassCSP: true });
  const timer = new AbortController();
  try {
    profile.context.setDefaultTimeout(WAIT_MS_MAX);
    return await Promise.race([body(profile), tooLong(name, timer.signal)]);
  } finally {
    timer.abort();
    await profile.remove();
  }
}

async function tooLong(name, signal) {
  await pause(WAIT_MS_MAX, undefined, { signal }).catch(() => {});
  throw new Error(`${name} did not end in ${WAIT_MS_MAX / 60_000} minutes`);
}

/** Memory of all the browser's processes, in bytes. */
export async function browserMemory(profile) {
  const session = await profile.context.browser().newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.reduce((sum, { id }) => sum + proportionalMemory(id), 0);
}

/** What the page's own heap and its WASM hold after a collection of garbage, in bytes. */
export async function pageMemory(profile, page) {
  const session = await profile.devTools(page);
  await session.send("HeapProfiler.enable");
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize, backingStorageSize = 0 } = await session.send("Runtime.getHeapUsage");
  await session.detach();
  const wasm = await page.evaluate(() => window.wasmMemory?.buffer.byteLength ?? 0);
  return usedSize + backingStorageSize + wasm;
}
