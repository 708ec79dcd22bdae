// From runs to the tables of docs/PERFORMANCE.md.

import assert from "node:assert/strict";
import { test } from "node:test";
import { tables } from "../sync/report.mjs";

const run = (peer, ms, rest = {}) => ({ peer, what: "pull", size: 100_000, counted: false, ms, ...rest });

test("runs become medians, slowest and ratios; the run that counts bytes is in no time", () => {
  const counted = { counted: true, bytes: { up: 500, down: 2_000_000 } };
  const [times, bytes, memory] = tables([
    run("Keeptill", 9_999, { ...counted, changesMs: 9_999, changesBytes: { up: 1, down: 2 } }),
    run("RxDB", 9_999, counted),
    run("Keeptill", 1_000, { changesMs: 40, pageBytes: 5_000_000, browserBytes: 9_000_000 }),
    run("Keeptill", 3_000, { changesMs: 60, pageBytes: 5_000_000, browserBytes: 9_000_000 }),
    run("RxDB", 25_000, { pageBytes: 7_000_000, browserBytes: 8_000_000 }),
  ], { emptyBrowserBytes: 6_000_000 });
  assert.deepEqual(times.rows, [
    ["", "Keeptill, median", "RxDB, median", "Keeptill, p95", "RxDB, p95", "RxDB ÷ Keeptill"],
    ["first pull of 100,000 products", "1.00 s", "25.00 s", "3.00 s", "25.00 s", "25 ×"],
    ["100 changes on top of 100,000", "40 ms", "—", "60 ms", "—", "—"],
  ]);
  assert.deepEqual(bytes.rows, [
    ["", "Keeptill, to the device", "Keeptill, from it", "RxDB, to the device", "RxDB, from it"],
    ["first pull of 100,000 products", "2.0 MB", "500 B", "2.0 MB", "500 B"],
    ["100 changes on top of 100,000", "2 B", "1 B", "—", "—"],
  ]);
  assert.deepEqual(memory.rows[1], ["100,000 products: the page's heap and WASM", "5.0 MB", "7.0 MB"]);
  assert.deepEqual(memory.rows.slice(2), [
    ["100,000 products: all of the browser's processes", "9.0 MB", "8.0 MB"],
    ["an empty page: all of the browser's processes", "6.0 MB", "6.0 MB"],
  ]);
});
