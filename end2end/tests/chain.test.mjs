// The tests' own reckoning of the chain, which everything else here leans on.

import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalJson, chainFaults, chainHash, FIRST_PREV_HASH } from "../harness/chain.mjs";

test("canonical JSON is what RFC 8785 gives for its own example", () => {
  const example = JSON.parse(
    String.raw`{"numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
      "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/", "literals": [null, true, false]}`,
  );
  assert.equal(
    canonicalJson(example),
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test("a chain holds, and shows a changed amount, a missing event and a changed order", () => {
  const events = [];
  for (let deviceSeq = 1; deviceSeq <= 3; deviceSeq += 1) {
    const event = { type: "sale", deviceSeq, prevHash: events.at(-1)?.hash ?? FIRST_PREV_HASH, totalMinor: 350 };
    events.push({ ...event, hash: chainHash(event) });
  }
  const [first, second, third] = events;
  assert.deepEqual(chainFaults(events), []);
  assert.notDeepEqual(chainFaults([first, { ...second, totalMinor: 300 }, third]), []);
  assert.notDeepEqual(chainFaults([first, third]), []);
  assert.notDeepEqual(chainFaults([second, first, third]), []);
});
