// The journal's hash chain, computed a second time from what the contract says, with none of the product's code.

import { createHash } from "node:crypto";

export const FIRST_PREV_HASH = "0".repeat(64);

/** RFC 8785. JSON.stringify writes numbers and strings as it asks; what is left is the order of the fields. */
export function canonicalJson(value) {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const fields = Object.keys(value).sort();
    return `{${fields.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name])}`).join(",")}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256 over the 64 characters of `prevHash` and the event without its `hash`. */
export function chainHash(event) {
  const { hash: _, ...hashed } = event;
  return createHash("sha256").update(event.prevHash).update(canonicalJson(hashed)).digest("hex");
}

/**
 * What is wrong with a device's events, in the order of their numbers; nothing, where the chain holds. `absent` are the
 * numbers that a test keeps from arriving.
 */
export function chainFaults(events, absent = new Set()) {
  const faults = [];
  let prevHash = FIRST_PREV_HASH;
  let expected = 1;
  events.forEach((event) => {
    while (absent.has(expected)) {
      expected += 1;
      prevHash = null;
    }
    if (event.deviceSeq !== expected) faults.push(`number ${expected} is ${event.deviceSeq}`);
    expected += 1;
    if (prevHash !== null && event.prevHash !== prevHash) faults.push(`${event.deviceSeq} does not follow from the one before`);
    if (event.hash !== chainHash(event)) faults.push(`${event.deviceSeq} does not have the hash of its content`);
    prevHash = event.hash;
  });
  return faults;
}
