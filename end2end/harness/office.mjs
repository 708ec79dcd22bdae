// What a manager does, through the office's own pages, found by role and accessible name.

import assert from "node:assert/strict";

export const OWNER = { email: "mira@corner-and-crumb.test", password: "a good long password" };

export class Office {
  constructor(profile, origin) {
    this.profile = profile;
    this.origin = origin;
  }

  /** Opens the shop as its first visitor does: from the address alone. */
  async setUpShop({ name = "Corner & Crumb", currency = "EUR", timeZone = "Europe/Berlin" } = {}) {
    this.page = await this.profile.newPage();
    await this.page.goto(this.origin);
    await this.page.waitForURL("**/setup");
    await this.page.getByRole("heading", { name: "Open your shop" }).waitFor();
    await this.field("Shop name").fill(name);
    await this.field("Currency").fill(currency);
    await this.field("Time zone").fill(timeZone);
    await this.field("Prices include tax").check();
    await this.field("E-mail").fill(OWNER.email);
    await this.field("Password").fill(OWNER.password);
    await this.page.getByRole("button", { name: "Open the shop" }).click();
    await this.page.waitForURL((url) => url.pathname === "/office");
  }

  async logIn() {
    await this.visit("/login");
    await this.field("E-mail").fill(OWNER.email);
    await this.field("Password").fill(OWNER.password);
    await this.page.getByRole("button", { name: "Log in" }).click();
    await this.page.waitForURL((url) => url.pathname === "/office");
  }

  async visit(path) {
    await this.page.goto(`${this.origin}${path}`);
  }

  /** A form's field by the words beside it. */
  field(label) {
    return this.page.getByLabel(label, { exact: true });
  }

  /** Presses a form's button and waits for the note that says it was done. */
  async submit(button) {
    await button.click();
    await this.page.getByRole("status").filter({ hasText: /\S/ }).first().waitFor();
  }

  async addProduct({ name, price, stock = null, category = null, unit = null }) {
    await this.visit("/office/products/new");
    await this.field("Name").fill(name);
    await this.field("Price").fill(price);
    if (category) await this.field("Category").selectOption({ label: category });
    if (unit) await this.field("Sold by").fill(unit);
    const tracked = this.field("Track stock");
    await tracked.setChecked(stock !== null);
    await this.submit(this.page.getByRole("button", { name: "Add the product" }));
    if (stock !== null) await this.countStock(name, stock);
  }

  async addCategory(name) {
    await this.visit("/office/categories");
    await this.field("New category").fill(name);
    await this.submit(this.page.getByRole("button", { name: "Add the category" }));
  }

  async openProduct(name) {
    await this.visit(`/office/products?query=${encodeURIComponent(name)}`);
    await this.page.getByRole("link", { name, exact: true }).click();
    await this.field("Price").waitFor();
  }

  async countStock(name, counted) {
    await this.openProduct(name);
    await this.field("Counted").fill(String(counted));
    await this.submit(this.page.getByRole("button", { name: "Record the count" }));
  }

  async changePrice(name, price) {
    await this.openProduct(name);
    await this.field("Price").fill(price);
    await this.submit(this.page.getByRole("button", { name: "Save" }));
  }

  async deleteProduct(name) {
    await this.openProduct(name);
    await this.unfold("Delete this product");
    await this.submit(this.page.getByRole("button", { name: "Delete", exact: true }));
  }

  /** Opens a `<details>` by the words on it. */
  async unfold(words) {
    await this.page.locator("summary", { hasText: words }).click();
  }

  /** A new device's pairing link, as the manager reads it from the page. */
  async pairingLink(deviceName) {
    await this.visit("/office/devices");
    await this.field("Name of the new till").fill(deviceName);
    await this.page.getByRole("button", { name: "Add the till" }).click();
    const link = await this.page.getByTestId("pairing-link").getAttribute("href");
    return new URL(link, this.origin).href;
  }

  async revoke(deviceName) {
    await this.visit("/office/devices");
    await this.page.getByRole("link", { name: deviceName, exact: true }).click();
    await this.unfold("Disconnect this till");
    await this.submit(this.page.getByRole("button", { name: "Disconnect", exact: true }));
  }

  /** Hands in a file that a till saved; gives what the page says. */
  async bringIn(path, passphrase) {
    await this.visit("/office/bring-in");
    await this.field("File").setInputFiles(path);
    await this.field("Passphrase").fill(passphrase);
    await this.page.getByRole("button", { name: "Bring in" }).click();
    const said = this.page.locator(".done, .problem");
    await said.waitFor();
    return said.innerText();
  }

  async openConflictCount() {
    await this.visit("/office/conflicts");
    await this.page.getByRole("heading", { name: "Conflicts" }).waitFor();
    return this.page.getByRole("link", { name: / sold / }).count();
  }

  /** From the first page to the one conflict whose sentence names the till and the product. */
  async openConflict(deviceName, product) {
    await this.visit("/office");
    await this.page.getByRole("navigation", { name: "Office" }).getByRole("link", { name: /^Conflicts/ }).click();
    await this.page.getByRole("link", { name: new RegExp(`^${deviceName} sold .*${product}`) }).click();
    await this.page.getByRole("heading", { level: 1, name: new RegExp(`^${deviceName} sold .*${product}`) }).waitFor();
    await this.page.getByRole("table", { name: "What the till saw, and what stands now" }).waitFor();
  }

  async accept() {
    await this.#decide(this.page.getByRole("button", { name: "Accept" }));
  }

  async recount(counts) {
    await this.unfold("Count the shelf");
    for (const [product, counted] of Object.entries(counts)) {
      await this.field(`${product} on the shelf`).fill(String(counted));
    }
    await this.#decide(this.page.getByRole("button", { name: "Record the count" }));
  }

  async adjust(quantities) {
    await this.unfold("Adjust what left");
    for (const [product, quantity] of Object.entries(quantities)) {
      await this.field(`${product} that left`).fill(String(quantity));
    }
    await this.#decide(this.page.getByRole("button", { name: "Record what left" }));
  }

  async void(why) {
    await this.unfold("Void");
    await this.field("Why is it void?").fill(why);
    await this.#decide(this.page.getByRole("button", { name: "Void the sale" }));
  }

  async #decide(button) {
    await button.click();
    await this.page.getByTestId("resolution").waitFor();
  }

  /** A sale's own page says what differed. */
  async untilNoticeIsShown(receiptNumber, words) {
    await this.visit("/office/sales");
    await this.page.getByRole("link", { name: receiptNumber }).click();
    await this.page.getByRole("heading", { name: new RegExp(receiptNumber) }).waitFor();
    const heading = this.page.getByRole("heading", { name: "Noticed" });
    assert.match(await this.page.locator("section", { has: heading }).innerText(), words);
  }
}
