// What a cashier does, through the till's own pages, found by role and accessible name.

import assert from "node:assert/strict";
import { join } from "node:path";
import { until } from "./until.mjs";

export class Till {
  /** Pairs `profile` with the office's link and waits until the till could lose its network without harm. */
  static async pair(profile, link) {
    const till = new Till(profile, new URL(link).origin, await profile.newPage());
    await till.page.goto(link);
    await till.page.getByRole("button", { name: "Pair this till" }).click();
    await till.page.waitForURL((url) => url.pathname === "/till");
    await till.untilItSells();
    await till.untilItHasTheProducts();
    await till.untilItWorksOffline();
    return till;
  }

  constructor(profile, origin, page) {
    this.profile = profile;
    this.origin = origin;
    this.page = page;
  }

  get name() {
    return this.profile.name;
  }

  /** Another tab of the same till. */
  async openTab(path = "/till") {
    const tab = new Till(this.profile, this.origin, await this.profile.newPage());
    await tab.visit(path);
    return tab;
  }

  async visit(path = "/till") {
    await this.page.goto(`${this.origin}${path}`);
  }

  async reload() {
    await this.page.reload();
    await this.untilItSells();
  }

  async untilItSells() {
    await this.page.getByRole("region", { name: "Cart" }).waitFor();
    await this.page.getByRole("searchbox", { name: "Search or scan" }).waitFor();
  }

  /** The first pull has ended, which is told apart from a shop that sells nothing. */
  async untilItHasTheProducts() {
    await this.untilBadgeSays(/^Online/);
    await this.page.getByText("Fetching the products…").waitFor({ state: "hidden" });
  }

  /** The service worker has everything it keeps, and answers for this page. */
  async untilItWorksOffline() {
    await this.page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
    await until("the service worker answers for the page", () =>
      this.page.evaluate(() => navigator.serviceWorker.controller !== null),
    );
  }

  tile(product) {
    return this.page.getByRole("button", { name: new RegExp(`^${escaped(product)}, `) });
  }

  line(product) {
    return this.page.getByRole("list", { name: "Cart lines" }).getByRole("button", { name: new RegExp(`× ${escaped(product)}`) });
  }

  /** Makes this the tab in front; the browser draws the others only now and then. */
  async #bringToFront() {
    await this.page.bringToFront();
  }

  async add(...products) {
    await this.#bringToFront();
    for (const product of products) await this.tile(product).click();
  }

  get payButton() {
    return this.page.getByRole("button", { name: /^Pay / });
  }

  get exactButton() {
    return this.page.getByRole("dialog", { name: /^Pay / }).getByRole("button", { name: /^Exact/ });
  }

  get paidDialog() {
    return this.page.getByRole("dialog", { name: "Paid" });
  }

  /** Sells what is in the cart for exact cash, and gives what the till then says of it. */
  async pay() {
    await this.openPaySheet();
    await this.exactButton.click();
    return this.untilPaid();
  }

  /** Waits for "Paid" and gives the receipt's number. */
  async untilPaidIsSaid() {
    await this.paidDialog.getByRole("heading", { name: "Paid" }).waitFor();
    const [receiptNumber] = (await this.paidDialog.innerText()).match(/T\d+-\d{6}/) ?? [];
    assert.ok(receiptNumber, "the paid dialog names the receipt");
    return receiptNumber;
  }

  async openPaySheet() {
    await this.#bringToFront();
    await this.payButton.click();
    await this.exactButton.waitFor();
  }

  /** Waits for "Paid", then goes on to the next sale. */
  async untilPaid() {
    const receiptNumber = await this.untilPaidIsSaid();
    await this.#bringToFront();
    await this.paidDialog.getByRole("button", { name: "Next sale" }).click();
    await this.paidDialog.waitFor({ state: "hidden" });
    return receiptNumber;
  }

  async sell(...products) {
    await this.add(...products);
    return this.pay();
  }

  /** Sells one of each of the products, `count` times over, one sale each; gives the receipt numbers. */
  async sellOneByOne(products, count) {
    const receipts = [];
    for (let sold = 0; sold < count; sold += 1) receipts.push(await this.sell(products[sold % products.length]));
    return receipts;
  }

  async total() {
    return (await this.page.getByTestId("total").innerText()).trim();
  }

  get badge() {
    return this.page.locator('a[href="/till/connection"]').getByRole("status").first();
  }

  async untilBadgeSays(words) {
    await until(
      async () => `the badge says ${words}; it says "${await this.badge.innerText()}"`,
      async () => words.test(await this.badge.innerText()),
    );
  }

  /** Fills in the passphrase on a form that saves what waits; gives the path of the downloaded file. */
  async saveFile(passphrase) {
    await this.page.getByLabel("Passphrase", { exact: true }).fill(passphrase);
    await this.page.getByLabel("The same once more").fill(passphrase);
    const download = this.page.waitForEvent("download");
    await this.page.getByRole("button", { name: "Save to a file" }).click();
    const file = await download;
    assert.match(file.suggestedFilename(), /^keeptill-sales-[\d-]+\.age$/);
    // The browser's own copy goes with it.
    const path = join(this.profile.folder, file.suggestedFilename());
    await file.saveAs(path);
    return path;
  }

  /** Opens the page that takes up a file's sales, and gives what it says of this one. */
  async bringIn(path, passphrase) {
    await this.visit("/till/bring-in");
    await this.page.getByLabel("File").setInputFiles(path);
    await this.page.getByLabel("Passphrase").fill(passphrase);
    await this.page.getByRole("button", { name: "Bring in" }).click();
    const said = this.page.locator("form").getByRole("status").or(this.page.locator("form").getByRole("alert"));
    await said.waitFor();
    return said.innerText();
  }

  get #saleLinks() {
    return this.page.getByRole("list", { name: "Sales of this till" }).getByRole("link");
  }

  /** The page with this till's sales. */
  async openSales() {
    await this.visit("/till/sales");
    await this.#saleLinks.first().waitFor();
  }

  /** What the page of sales says of each, newest first. */
  async listedSales() {
    return this.#saleLinks.evaluateAll((links) => links.map((link) => link.getAttribute("aria-label") ?? link.innerText));
  }

  /** Opens the page of sales and waits until it says `words` of a receipt. */
  async untilSaleSays(receiptNumber, words) {
    await this.openSales();
    await until(
      async () => `${receiptNumber} says ${words}: ${(await this.listedSales()).join(" | ")}`,
      async () => (await this.listedSales()).some((name) => name.includes(receiptNumber) && words.test(name)),
    );
  }
}

function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
