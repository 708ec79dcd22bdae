// From the figures of all runs to tables.

import { createRequire } from "node:module";
import { settings } from "../../end2end/harness/settings.mjs";
import { today, version } from "../measure/machine.mjs";
import { count, size, summary, time, times } from "../measure/statistics.mjs";
import { markdown } from "../measure/table.mjs";

const require = createRequire(import.meta.url);
const MINE = "Keeptill";

/** Under which it was measured. */
export function circumstances({ runs, quick, only }, { cpu, load }) {
  const versions = ["rxdb", "pouchdb", "express-pouchdb"].map((name) => `${name} ${require(`${name}/package.json`).version}`);
  const command = `cargo xtask bench sync --runs ${runs}${quick ? " --quick" : ""}${only.length < 3 ? ` --only ${only.join(",")}` : ""}`;
  return {
    date: today(), cpu, load, loadAfter: load, command, runs, versions, chromium: version(settings.chromium),
    words() {
      const load = `load average ${this.load.toFixed(1)} before, ${this.loadAfter.toFixed(1)} after`;
      return `${this.date}, \`${this.command}\`, ${this.runs} runs, each in a fresh profile; ${this.cpu}; ${load}; ${this.chromium}; ${this.versions.join(", ")}.`;
    },
  };
}

const median = (figures) => summary(figures).median;

/** The tables: times, then what they cost. */
export function tables(figures, { emptyBrowserBytes }) {
  const peers = [...new Set(figures.map(({ peer }) => peer))];
  const timed = rowsOf(figures.filter(({ counted }) => !counted), (result) => result.ms, (result) => result.changesMs);
  const times = [["", ...peers.map((peer) => `${peer}, median`), ...peers.map((peer) => `${peer}, p95`), ...others(peers).map((peer) => `${peer} ÷ ${MINE}`)]];
  for (const [what, byPeer] of timed) {
    const sums = peers.map((peer) => (byPeer.has(peer) ? summary(byPeer.get(peer)) : undefined));
    const ratios = others(peers).map((peer) => ratio(byPeer, peer));
    times.push([what, ...sums.map((sum) => (sum ? time(sum.median) : "—")), ...sums.map((sum) => (sum ? time(sum.p95) : "—")), ...ratios]);
  }
  return [
    { title: "Time", rows: times },
    { title: "Bytes", rows: bytesTable(figures.filter(({ counted }) => counted), peers) },
    { title: "Memory", rows: memoryTable(figures.filter(({ counted, what }) => !counted && what === "pull"), peers, emptyBrowserBytes) },
  ];
}

const others = (peers) => (peers.includes(MINE) ? peers.filter((peer) => peer !== MINE) : []);

function ratio(byPeer, peer) {
  return byPeer.has(peer) && byPeer.has(MINE) ? times(median(byPeer.get(peer)), median(byPeer.get(MINE))) : "—";
}

const LABELS = {
  pull: (of) => `first pull of ${count(of)} products`,
  changes: (of) => `100 changes on top of ${count(of)}`,
  push: (of) => `${count(of)} waiting sales`,
  "lossy push": (of) => `${count(of)} waiting sales, a tenth of the answers lost`,
};

/** What was measured → peer → its figures, in the order of the labels. */
function rowsOf(figures, pick, pickChanges) {
  const rows = new Map();
  const add = (label, peer, figure) => {
    if (figure === undefined) return;
    if (!rows.has(label)) rows.set(label, new Map());
    const byPeer = rows.get(label);
    byPeer.set(peer, [...(byPeer.get(peer) ?? []), figure]);
  };
  for (const kind of Object.keys(LABELS)) {
    for (const result of figures) {
      if (result.what === kind) add(LABELS[kind](result.size), result.peer, pick(result));
      if (kind === "changes" && result.what === "pull") add(LABELS.changes(result.size), result.peer, pickChanges(result));
    }
  }
  return rows;
}

function bytesTable(figures, peers) {
  const rows = rowsOf(figures, (result) => result.bytes, (result) => result.changesBytes);
  const cell = (byPeer, peer, way) => (byPeer.has(peer) ? size(byPeer.get(peer)[0][way]) : "—");
  const body = [...rows].map(([what, byPeer]) => [what, ...peers.flatMap((peer) => [cell(byPeer, peer, "down"), cell(byPeer, peer, "up")])]);
  return [["", ...peers.flatMap((peer) => [`${peer}, to the device`, `${peer}, from it`])], ...body];
}

function memoryTable(figures, peers, emptyBrowserBytes) {
  const sizes = [...new Set(figures.map((result) => result.size))];
  const cell = (peer, of, field) => {
    const found = figures.filter((result) => result.peer === peer && result.size === of).map((result) => result[field]);
    return found.length > 0 ? size(median(found)) : "—";
  };
  const body = sizes.flatMap((of) => [
    [`${count(of)} products: the page's heap and WASM`, ...peers.map((peer) => cell(peer, of, "pageBytes"))],
    [`${count(of)} products: all of the browser's processes`, ...peers.map((peer) => cell(peer, of, "browserBytes"))],
  ]);
  const empty = ["an empty page: all of the browser's processes", ...peers.map(() => size(emptyBrowserBytes))];
  return [["median", ...peers], ...body, empty];
}

/** What stands in docs/PERFORMANCE.md. */
export function report(figures, around) {
  return [around.words(), ...tables(figures, around).map(({ rows }) => markdown(rows))].join("\n\n");
}
