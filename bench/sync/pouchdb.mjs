// PouchDB beside the product: express-pouchdb with the same products, a page on its origin.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { browserMemory, pageMemory } from "./browser.mjs";
import { bundle } from "./bundle.mjs";
import { sale } from "./sales.mjs";

export const name = "PouchDB";
export const isPush = (request) => request.method === "POST" && request.url.includes("/_bulk_docs");
export const isSync = (request) => request.url.startsWith("/db/");

/** Ten times its default, and quicker here. */
const BATCH = 1000;
/** As many as the others send at once. */
const PUSH_BATCH = 200;

let script;

/** A server with a database of each shop's products. */
export class Couch {
  static async start(shops) {
    const couch = new Couch(await mkdtemp(join(tmpdir(), "keeptill-couch-")));
    const program = join(dirname(fileURLToPath(import.meta.url)), "couch-server.mjs");
    couch.child = spawn(process.execPath, [program, couch.folder], { stdio: ["ignore", "pipe", "inherit"] });
    process.on("exit", () => couch.child.kill("SIGKILL"));
    const [port] = await once(couch.child.stdout, "data");
    couch.port = Number(port);
    couch.origin = `http://127.0.0.1:${couch.port}`;
    for (const shop of shops) await couch.#load(shop);
    return couch;
  }

  constructor(folder) {
    this.folder = folder;
    this.sales = 0;
    this.revisions = new Map();
  }

  async send(method, path, body) {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${this.origin}/db/${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  async #load(shop) {
    await this.send("PUT", `products${shop.size}`);
    for await (const rows of shop.rows()) await this.put(shop, rows);
    shop.mirrors.push(this);
  }

  /** Takes in rows as they are now. */
  async put(shop, rows) {
    const key = (id) => `${shop.size} ${id}`;
    const docs = rows.map((row) => ({ _id: row.barcode, _rev: this.revisions.get(key(row.barcode)), ...row }));
    for (const { ok, id, rev } of await this.send("POST", `products${shop.size}/_bulk_docs`, { docs })) {
      if (!ok) throw new Error(`${id} was not stored`);
      this.revisions.set(key(id), rev);
    }
  }

  /** An empty database for the sales of one run. */
  async emptySales() {
    this.sales += 1;
    await this.send("PUT", `sales${this.sales}`);
    return `sales${this.sales}`;
  }

  async stop() {
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function open(profile, origin, products, sales) {
  script ??= await bundle("pouchdb");
  const page = await profile.newPage();
  await page.goto(`${origin}/page`);
  await page.evaluate(script);
  const urls = [products, sales].map((name) => `${origin}/db/${name}`);
  await page.evaluate(([products, sales]) => window.peer.open(products, sales), urls);
  return page;
}

export async function firstPull(profile, shop, { line, couch, changes = false } = {}) {
  const page = await open(profile, line?.origin ?? couch.origin, `products${shop.size}`, "none");
  line?.reset();
  const ms = await page.evaluate(([wanted, size]) => window.peer.firstPull(wanted, size), [shop.last, BATCH]);
  const result = { ms, bytes: line && { up: line.up, down: line.down } };
  result.pageBytes = await pageMemory(profile, page);
  result.browserBytes = await browserMemory(profile);
  const count = await page.evaluate(() => window.peer.count());
  if (count !== shop.size) throw new Error(`PouchDB has ${count} products of ${shop.size}`);
  if (changes) {
    const round = await shop.change();
    line?.reset();
    result.changesMs = await page.evaluate(([wanted, size]) => window.peer.changes(wanted, size), [round[round.length - 1], BATCH]);
    result.changesBytes = line && { up: line.up, down: line.down };
    const applied = await page.evaluate((round) => window.peer.applied(round), round);
    if (applied !== round.length) throw new Error(`PouchDB has ${applied} of ${round.length} changes`);
  }
  return result;
}

export async function push(profile, shop, count, { line, couch } = {}) {
  const remote = await couch.emptySales();
  const page = await open(profile, line?.origin ?? couch.origin, "none", remote);
  const sales = Array.from({ length: count }, (_, number) => sale(number, shop.sold));
  await page.evaluate((sales) => window.peer.wait(sales), sales);
  line?.reset();
  const ms = await page.evaluate((size) => window.peer.push(size), PUSH_BATCH);
  const { doc_count: booked } = await couch.send("GET", remote);
  if (booked !== count) throw new Error(`PouchDB says that all ${count} sales are sent; the server has ${booked}`);
  return { ms, bytes: line && { up: line.up, down: line.down }, lost: line?.lost };
}
