// The devices: a process that keeps its connections busy with pushes made beforehand. Its parent sends it the case;
// it answers when it is ready, begins when it is told to, and answers with what it saw.

import { createConnection } from "node:net";
import { FIRST_PREV_HASH, chainHash } from "../../end2end/harness/chain.mjs";
import { sale } from "../sync/sales.mjs";
import { CONNECTIONS, products, tokenOf } from "./seed.mjs";

/** Every connection's requests, whole and in order. A shop is always the same connection's. */
function requests({ port, tenants, batchSize, batches }) {
  const chains = new Map();
  const lists = Array.from({ length: CONNECTIONS }, () => []);
  for (let number = 0; number < batches; number += 1) {
    const connection = number % CONNECTIONS;
    const tenant = tenants === 1 ? 1 : 1 + ((Math.floor(number / CONNECTIONS) * CONNECTIONS + connection) % tenants);
    lists[connection].push(request(port, tenant, connection, events(chains, `${tenant} ${connection}`, number, batchSize)));
  }
  return lists;
}

function events(chains, key, number, batchSize) {
  const chain = chains.get(key) ?? { seq: 0, hash: FIRST_PREV_HASH };
  chains.set(key, chain);
  return Array.from({ length: batchSize }, (_, place) => {
    chain.seq += 1;
    const receiptNumber = `T1-${String(chain.seq).padStart(6, "0")}`;
    const event = { ...sale(number * batchSize + place, products), type: "sale", schemaVersion: 1, receiptNumber, deviceSeq: chain.seq, prevHash: chain.hash };
    event.hash = chainHash(event);
    chain.hash = event.hash;
    return event;
  });
}

function request(port, tenant, connection, events) {
  const body = Buffer.from(JSON.stringify({ deviceTime: new Date().toISOString(), events }));
  const head = [
    "POST /api/sync/push HTTP/1.1",
    `host: 127.0.0.1:${port}`,
    "content-type: application/json",
    `authorization: Bearer ${tokenOf(tenant, connection)}`,
    `content-length: ${body.length}`,
  ];
  return { bytes: Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]), count: events.length };
}

/** One connection, kept alive: the next request goes when the answer to the one before is whole. */
function drive(port, list) {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: "127.0.0.1", port, noDelay: true });
    let place = 0;
    let parts = [];
    let length = 0;
    let wanted;
    const send = () => (place < list.length ? socket.write(list[place].bytes) : (socket.end(), resolve()));
    socket.on("connect", send);
    socket.on("error", reject);
    socket.on("data", (part) => {
      parts.push(part);
      length += part.length;
      wanted ??= wholeLength(Buffer.concat(parts));
      if (wanted === undefined || length < wanted) return;
      try {
        check(Buffer.concat(parts).toString("latin1"), list[place].count);
      } catch (error) {
        socket.destroy();
        reject(error);
        return;
      }
      [place, parts, length, wanted] = [place + 1, [], 0, undefined];
      send();
    });
  });
}

function wholeLength(bytes) {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const [, body] = bytes.subarray(0, end).toString("latin1").match(/content-length: (\d+)/i) ?? [];
  if (body === undefined) throw new Error("an answer without a length");
  return end + 4 + Number(body);
}

function check(answer, count) {
  const synced = answer.split('"status":"synced"').length - 1;
  if (!answer.startsWith("HTTP/1.1 200") || synced !== count) throw new Error(`of ${count} sales ${synced} were synced: ${answer.slice(0, 2_000)}`);
}

process.once("message", (what) => {
  const lists = requests(what);
  process.once("message", async () => {
    const before = process.cpuUsage();
    const start = performance.now();
    try {
      await Promise.all(lists.map((list) => drive(what.port, list)));
      const { user, system } = process.cpuUsage(before);
      process.send({ ms: performance.now() - start, cpuSeconds: (user + system) / 1e6 });
    } catch (error) {
      process.send({ error: error.message });
    }
    process.disconnect();
  });
  process.send("ready");
});
