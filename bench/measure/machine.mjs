// On what, and under what load, something was measured. Figures without it mean nothing.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";

/** `2 × AMD EPYC 7763`, with the load as it is now: a busy machine gives upper bounds only. */
export function machine() {
  return { cpu: `${cpus().length} × ${cpus()[0].model.trim()}`, load: loadavg()[0] };
}

/** A program's first line of `--version`. */
export function version(program) {
  return execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n")[0].trim();
}

/** Processor time that a process has used so far, in seconds; `withPast` adds its children that have ended. */
export function cpuSeconds(pid, { withPast = false } = {}) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ").map(Number);
  const TICKS_PER_SECOND = 100;
  const [user, system, pastUser, pastSystem] = fields.slice(11, 15);
  return (user + system + (withPast ? pastUser + pastSystem : 0)) / TICKS_PER_SECOND;
}

/** Memory that a process has for itself, with its share of what it has in common with others; in bytes. */
export function proportionalMemory(pid) {
  try {
    const [, kib] = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8").match(/^Pss:\s+(\d+) kB/m);
    return Number(kib) * 1024;
  } catch {
    // It has ended.
    return 0;
  }
}

/** `22 November 2026` */
export function today() {
  return new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric" });
}
