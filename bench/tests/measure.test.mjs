// What figures and tables are made of.

import assert from "node:assert/strict";
import { test } from "node:test";
import { options } from "../measure/options.mjs";
import { count, size, summary, time, times } from "../measure/statistics.mjs";
import { markdown, plain, replaced } from "../measure/table.mjs";

test("of ten figures the 95th percentile is the largest and the median the fifth", () => {
  assert.deepEqual(summary([10, 2, 3, 4, 5, 6, 7, 8, 9, 1]), { median: 5, p95: 10 });
  assert.deepEqual(summary([7]), { median: 7, p95: 7 });
  assert.throws(() => summary([]), /nothing to sum up/);
});

test("figures are written in the unit that a person would use", () => {
  assert.deepEqual([0.4, 999.4, 1000, 59_990, 65_400].map(time), ["0 ms", "999 ms", "1.00 s", "59.99 s", "1 min 05 s"]);
  assert.deepEqual([812, 113_400, 24_050_000].map(size), ["812 B", "113.4 KB", "24.1 MB"]);
  assert.deepEqual([count(100_000), times(300, 10), times(15, 10)], ["100,000", "30 ×", "1.5 ×"]);
});

test("a table is the same in Markdown and on the terminal", () => {
  const rows = [["what", "a"], ["pull", "12 ms"]];
  assert.equal(markdown(rows), "| what | a |\n| --- | ---: |\n| pull | 12 ms |");
  assert.equal(plain(rows), "what      a\npull  12 ms");
});

test("only what stands between a page's marks is replaced", () => {
  const page = "before\n<!-- bench sync: begin -->\nold\n<!-- bench sync: end -->\nafter\n";
  const made = replaced(page, "sync", "new");
  assert.equal(made, "before\n<!-- bench sync: begin -->\nnew\n<!-- bench sync: end -->\nafter\n");
  assert.equal(replaced(made, "sync", "new"), made);
  assert.throws(() => replaced(page, "push", "new"), /no place for push/);
});

test("a command line that can't be meant is refused", () => {
  assert.deepEqual(options(["a", "b"], { runs: 10 }, ["--runs", "3", "--only", "b"]), { runs: 3, only: ["b"], quick: false, write: false });
  assert.equal(options(["a"], { runs: 4 }, []).runs, 4);
  assert.deepEqual(options(["a"], { runs: 10 }, ["--quick"]), { runs: 1, only: ["a"], quick: true, write: false });
  assert.throws(() => options(["a"], { runs: 10 }, ["--runs", "0"]), /--runs/);
  assert.throws(() => options(["a"], { runs: 10 }, ["--only", "c"]), /there is no c/);
});
