// Shops of known size on one server, and devices of theirs.

import { Api } from "../../end2end/harness/api.mjs";
import { changed, fill, product, stock } from "./products.mjs";

/** Products that the waiting sales sell; only these are counted. */
const SOLD = 500;
const CHANGES = 100;

export class Shop {
  /** Opens a shop with that many products on a server that lets anybody sign up. */
  static async open(server, database, size) {
    const api = await Api.signUp(server.origin, { name: `Shop of ${size}`, email: `owner${size}@shop.test` });
    const shop = new Shop(server, database, api, size);
    shop.tenant = (await api.get("/api/auth/me")).tenantId;
    await fill(database, shop.tenant, shop.products);
    await stock(database, shop.tenant, await api.store(), shop.sold);
    await database.rows("analyze");
    return shop;
  }

  constructor(server, database, api, size) {
    this.server = server;
    this.database = database;
    this.api = api;
    this.size = size;
    this.products = Array.from({ length: size }, (_, number) => product(number));
    this.rounds = 0;
    /** Other servers that hold the same products, and are told of every change. */
    this.mirrors = [];
  }

  get sold() {
    return this.products.slice(0, SOLD);
  }

  /** The product that every kind of pull brings last, as it is now. */
  get last() {
    const last = this.products[this.products.length - 1];
    return this.rounds === 0 ? last : { ...last, ...changed(last, this.rounds) };
  }

  /** A new device's link; through a proxy, where its origin is given. */
  async pairingLink(name, origin = this.server.origin) {
    const link = new URL(await this.api.pairingLink(name));
    return `${origin}${link.pathname}${link.search}`;
  }

  /** A new device that is no till: what it needs to call the API by itself. */
  async device(name) {
    const code = new URL(await this.api.pairingLink(name)).searchParams.get("code");
    const { deviceToken } = await this.#post("/api/devices/pair", { pairingCode: code });
    return deviceToken;
  }

  /** The catalogue as a device gets it, page by page. */
  async *rows() {
    const token = await this.device("Mirror");
    let page = { hasMore: true };
    while (page.hasMore) {
      page = await this.#post("/api/sync/pull", { collections: ["products"], cursor: page.cursor, limit: 1000 }, { authorization: `Bearer ${token}` });
      yield page.products;
    }
  }

  async #post(path, body, headers = {}) {
    const answer = await fetch(`${this.server.origin}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Which products the next round of changes is about: spread over the catalogue, the last product last. */
  get touched() {
    const step = Math.max(1, Math.floor(this.size / CHANGES));
    return this.products.filter((_, number) => (this.size - 1 - number) % step === 0).slice(-CHANGES);
  }

  /** Changes a hundred products, as the office does. */
  async change() {
    this.rounds += 1;
    const round = [];
    for (const one of this.touched) {
      round.push(await this.api.patch(`/api/products/${one.id}`, changed(one, this.rounds)));
    }
    for (const mirror of this.mirrors) await mirror.put(this, round);
    return round;
  }

  /** How many of these sales are here, and how often; it must be once each. */
  async booked(sales) {
    const ids = sales.map((one) => one.clientId);
    return this.database.value("select count(*) from sales where tenant_id = $1 and client_id = any($2)", [this.tenant, ids]);
  }
}
