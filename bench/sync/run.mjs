// How long a device takes to get a catalogue and to hand over its sales, beside two peers that do the same:
// `cargo xtask bench sync`. docs/PERFORMANCE.md says what each figure is and holds the last ones.

import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Database } from "../../end2end/harness/database.mjs";
import { Server } from "../../end2end/harness/server.mjs";
import { checkSettings } from "../../end2end/harness/settings.mjs";
import { machine } from "../measure/machine.mjs";
import { options } from "../measure/options.mjs";
import { plain, replaceIn } from "../measure/table.mjs";
import { browserMemory, inFreshProfile } from "./browser.mjs";
import * as keeptill from "./keeptill.mjs";
import { Line } from "./line.mjs";
import * as pouchdb from "./pouchdb.mjs";
import { circumstances, report, tables } from "./report.mjs";
import * as rxdb from "./rxdb.mjs";
import { Shop } from "./shop.mjs";

const PEERS = { keeptill, rxdb, pouchdb };
const bench = join(dirname(fileURLToPath(import.meta.url)), "..");

const chosen = options(Object.keys(PEERS), { runs: 10 });
const sizes = chosen.quick ? [1_000] : [10_000, 100_000];
const salesCount = chosen.quick ? 50 : 1_000;
checkSettings();

const say = (words) => console.error(`${new Date().toTimeString().slice(0, 8)}  ${words}`);

/** One run of one kind: in a fresh profile, straight to the server or over a line. */
async function once(peer, what, run, { over, ...rest }) {
  const profileName = `${peer.name} ${what}`;
  const port = rest.couch && peer === pouchdb ? rest.couch.port : rest.shop.server.port;
  const line = over && (await Line.to(port, over));
  try {
    const result = await inFreshProfile(profileName, (profile) => run(profile, { ...rest, line }));
    say(`${profileName}: ${Math.round(result.ms)} ms${result.changesMs ? `, changes ${Math.round(result.changesMs)} ms` : ""}${result.lost ? `, ${result.lost} answers lost` : ""}`);
    return result;
  } finally {
    await line?.close();
  }
}

async function measure(shops, couch) {
  const figures = [];
  const add = (peer, what, size, result, counted) => figures.push({ peer: peer.name, what, size, counted, ...result });
  const peers = chosen.only.map((name) => PEERS[name]);
  // The first round is over a line that counts bytes, and its times are not used; it also warms the servers up.
  for (let run = 0; run <= chosen.runs; run += 1) {
    const counted = run === 0;
    say(counted ? "counting bytes" : `run ${run} of ${chosen.runs}`);
    for (const peer of peers) {
      const over = counted ? { counts: peer.isSync } : undefined;
      for (const shop of shops) {
        const changes = shop === shops[shops.length - 1];
        const pull = (profile, { line }) => peer.firstPull(profile, shop, { line, couch, changes });
        add(peer, "pull", shop.size, await once(peer, `pulls ${shop.size}`, pull, { over, shop, couch }), counted);
      }
      const shop = shops[0];
      const push = (profile, { line }) => peer.push(profile, shop, salesCount, { line, couch });
      add(peer, "push", salesCount, await once(peer, `pushes ${salesCount}`, push, { over, shop, couch }), counted);
      if (counted) continue;
      const losing = { loses: peer.isPush, counts: peer.isSync };
      add(peer, "lossy push", salesCount, await once(peer, `pushes ${salesCount}, a tenth lost`, push, { over: losing, shop, couch }), false);
    }
    await keep(figures);
  }
  return figures;
}

const started = new Date().toISOString().replace(/[:.]/g, "-");

async function keep(figures) {
  await mkdir(join(bench, "results"), { recursive: true });
  await writeFile(join(bench, `results/sync-${started}.json`), JSON.stringify({ circumstances: around, figures }, null, 1));
}

const around = circumstances(chosen, machine());
const database = await Database.create();
const server = await Server.start(database, { KEEPTILL_SIGNUP: "open", KEEPTILL_LOG: "warn" });
let couch;
try {
  const shops = [];
  for (const size of sizes) {
    say(`filling a shop with ${size} products`);
    shops.push(await Shop.open(server, database, size));
  }
  if (chosen.only.includes("pouchdb")) {
    say("loading the same products into PouchDB's server");
    couch = await pouchdb.Couch.start(shops);
  }
  around.emptyBrowserBytes = await inFreshProfile("nobody", browserMemory);
  const figures = await measure(shops, couch);
  around.loadAfter = machine().load;
  for (const { title, rows } of tables(figures, around)) console.log(`\n${title}\n${plain(rows)}`);
  console.log(`\n${around.words()}`);
  if (chosen.write) await replaceIn(join(bench, "../docs/PERFORMANCE.md"), "sync", report(figures, around));
} finally {
  await couch?.stop();
  await server.kill();
  await database.drop();
}
