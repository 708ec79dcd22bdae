// The line that loses answers: the server gets every request, and one answer in ten does not come back.

import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import { test } from "node:test";
import { Line } from "../sync/line.mjs";

async function echo() {
  const seen = [];
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    seen.push(Buffer.concat(parts).toString());
    response.end("thanks");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, seen, port: server.address().port };
}

test("the first answer of ten is lost, and its request is not", async () => {
  const { server, seen, port } = await echo();
  const line = await Line.to(port, { loses: ({ url }) => url === "/push", counts: () => true });
  const outcomes = [];
  for (let number = 0; number < 20; number += 1) {
    const answer = await fetch(`${line.origin}/push`, { method: "POST", body: `sale ${number}` }).then((one) => one.text(), () => "lost");
    outcomes.push(answer);
  }
  assert.equal(await (await fetch(`${line.origin}/pull`)).text(), "thanks");
  assert.deepEqual(outcomes.flatMap((outcome, number) => (outcome === "lost" ? [number] : [])), [0, 10]);
  assert.equal(line.lost, 2);
  assert.deepEqual(seen.filter(Boolean), outcomes.map((_, number) => `sale ${number}`));
  await line.close();
  server.close();
});

test("bytes are counted both ways, and only of what is asked for", async () => {
  const { server, port } = await echo();
  const line = await Line.to(port, { counts: ({ url }) => url === "/pull" });
  await (await fetch(`${line.origin}/other`, { method: "POST", body: "x".repeat(10_000) })).text();
  assert.deepEqual([line.up, line.down, line.requests], [0, 0, 0]);
  await (await fetch(`${line.origin}/pull`, { method: "POST", body: "x".repeat(1_000) })).text();
  assert.ok(line.up > 1_000 && line.up < 1_500, `${line.up} bytes up`);
  assert.ok(line.down > 6 && line.down < 500, `${line.down} bytes down`);
  await line.close();
  server.close();
});
