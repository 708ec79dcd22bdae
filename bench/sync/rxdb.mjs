// RxDB beside the product: its page on the same origin, the same endpoints, the same products.

import { browserMemory, pageMemory } from "./browser.mjs";
import { bundle } from "./bundle.mjs";
import { sale } from "./sales.mjs";

export const name = "RxDB";
export const isPush = (request) => request.url.startsWith("/api/sync/push");
export const isSync = (request) => request.url.startsWith("/api/");

/** The largest that the server gives, which is the quickest here. */
const PULL_ROWS = 5000;
/** The most that the server takes. */
const PUSH_SALES = 200;

let script;

async function open(profile, origin) {
  script ??= await bundle("rxdb");
  const page = await profile.newPage();
  // An empty page of the server's own origin.
  await page.goto(`${origin}/healthz`);
  await page.evaluate(script);
  await page.evaluate(() => window.peer.open());
  return page;
}

export async function firstPull(profile, shop, { line, changes = false } = {}) {
  const token = await shop.device("Bench");
  const page = await open(profile, line?.origin ?? shop.server.origin);
  line?.reset();
  const ms = await page.evaluate(([token, wanted, rows]) => window.peer.firstPull(token, wanted, rows), [token, shop.last, PULL_ROWS]);
  const result = { ms, bytes: line && { up: line.up, down: line.down } };
  result.pageBytes = await pageMemory(profile, page);
  result.browserBytes = await browserMemory(profile);
  const count = await page.evaluate(() => window.peer.count());
  if (count !== shop.size) throw new Error(`RxDB has ${count} products of ${shop.size}`);
  if (changes) {
    const round = await shop.change();
    line?.reset();
    result.changesMs = await page.evaluate((wanted) => window.peer.changes(wanted), round[round.length - 1]);
    result.changesBytes = line && { up: line.up, down: line.down };
    const applied = await page.evaluate((round) => window.peer.applied(round), round);
    if (applied !== round.length) throw new Error(`RxDB has ${applied} of ${round.length} changes`);
  }
  return result;
}

export async function push(profile, shop, count, { line } = {}) {
  const token = await shop.device("Bench");
  const page = await open(profile, line?.origin ?? shop.server.origin);
  const sales = Array.from({ length: count }, (_, number) => ({ ...sale(number, shop.sold), type: "sale" }));
  await page.evaluate((sales) => window.peer.wait(sales), sales);
  line?.reset();
  const ms = await page.evaluate(([token, size]) => window.peer.push(token, size), [token, PUSH_SALES]);
  const booked = await shop.booked(sales);
  if (booked !== count) throw new Error(`RxDB says that all ${count} sales are sent; the server has ${booked}`);
  return { ms, bytes: line && { up: line.up, down: line.down }, lost: line?.lost };
}
