// The manager's API: fills a shop quicker than the pages would, for measurements and pictures. Tests of the product
// go through the pages.

import { OWNER } from "./office.mjs";

export class Api {
  static async signUp(origin, shop = {}) {
    const api = new Api(origin, { ...OWNER, ...shop });
    await api.post("/api/tenants", {
      name: "Corner & Crumb",
      currency: "EUR",
      timeZone: "Europe/Berlin",
      pricesIncludeTax: true,
      ...OWNER,
      ...shop,
    });
    await api.logIn();
    return api;
  }

  constructor(origin, { email, password } = OWNER) {
    this.origin = origin;
    this.owner = { email, password };
  }

  async logIn() {
    const answer = await this.#send("POST", "/api/auth/login", this.owner);
    this.cookie = answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]).join("; ");
  }

  async get(path) {
    return (await this.#send("GET", path)).json();
  }

  async post(path, body) {
    return (await this.#send("POST", path, body)).json();
  }

  async patch(path, body) {
    return (await this.#send("PATCH", path, body)).json();
  }

  async delete(path) {
    await this.#send("DELETE", path);
  }

  async #send(method, path, body) {
    const headers = { ...(this.cookie && { cookie: this.cookie }), ...(body && { "content-type": "application/json" }) };
    const answer = await fetch(`${this.origin}${path}`, { method, headers, body: body && JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  }

  async store() {
    const { items } = await this.get("/api/stores");
    return items[0].storeId ?? items[0].id;
  }

  /** A product with so many of it on hand; `stock` null leaves it uncounted. */
  async product({ stock = null, ...fields }) {
    const product = await this.post("/api/products", { trackStock: stock !== null, ...fields });
    if (stock !== null) {
      await this.post("/api/stock/movements", {
        storeId: await this.store(),
        productId: product.id,
        counted: stock,
        reason: "count",
      });
    }
    return product;
  }

  async pairingLink(name) {
    const { pairingCode } = await this.post("/api/devices", { name, storeId: await this.store() });
    return `${this.origin}/till/pair?code=${pairingCode}`;
  }
}
