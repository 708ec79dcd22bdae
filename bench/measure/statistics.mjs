// What a row of times comes to, and how figures are written.

/** Median and 95th percentile, by the nearest rank: of ten runs the latter is the slowest. */
export function summary(figures) {
  if (figures.length === 0) throw new Error("there is nothing to sum up");
  const sorted = [...figures].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { median: at(0.5), p95: at(0.95) };
}

/** `45 ms`, `2.35 s`, `1 min 05 s` */
export function time(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(2)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** `812 B`, `113.4 KB`, `24.1 MB`, of 1,000 bytes each. */
export function size(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)} B`;
  if (bytes < 1_000_000) return `${(bytes / 1000).toFixed(1)} KB`;
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}

/** `12,345` */
export function count(number) {
  return Math.round(number).toLocaleString("en-GB");
}

/** How many times as long something took: `31 ×`, and below ten with a decimal. */
export function times(longer, shorter) {
  const ratio = longer / shorter;
  return `${ratio < 10 ? ratio.toFixed(1) : Math.round(ratio)} ×`;
}
