// The browser's storage: what it promises, what becomes of it, and what the till says and does then.

import assert from "node:assert/strict";
import * as v1 from "../fixtures/database-v1.mjs";
import { bystander, describeDatabase, makeDatabase, recordsOf } from "../harness/indexed-db.mjs";
import { scenario } from "../harness/scenario.mjs";
import { Till } from "../harness/till.mjs";
import { until } from "../harness/until.mjs";

scenario("the storage page says what the browser promises, asks it to keep the till's data, and tries writing", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.visit("/till/connection");
  await till.page.getByRole("link", { name: "Storage", exact: true }).click();
  await till.page.getByText("may be cleared when space runs out").waitFor();
  await till.page.getByText(/ that the browser allows$/).waitFor();
  await till.page.getByRole("heading", { name: "On an iPhone or iPad" }).waitFor();

  await till.page.getByRole("button", { name: "Test writing" }).click();
  await till.page.getByRole("status").filter({ hasText: /^Writing works: 1 MB were on disk/ }).waitFor();
  const kept = await recordsOf(till.page, "meta");
  assert.ok(kept.every((record) => record.length < 100_000), "the test's record is gone again");

  const ask = till.page.getByRole("button", { name: "Ask the browser to keep it" });
  await ask.click();
  await till.page.getByRole("alert").filter({ hasText: "did not promise it yet" }).waitFor();
  const devTools = await till.profile.context.browser().newBrowserCDPSession();
  await devTools.send("Browser.grantPermissions", { origin: till.origin, permissions: ["durableStorage"] });
  await ask.click();
  await till.page.getByText("kept until a person clears it").waitFor();
  assert.ok(await ask.isDisabled());
});

scenario("on a full disk the write test says so", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  // The browser remembers for half a minute how much room there was: only a fresh one sees the new limit at once.
  await till.profile.close();
  await till.profile.open();
  const devTools = await till.profile.devTools(till.profile.blank);
  await devTools.send("Storage.overrideQuotaForOrigin", { origin: till.origin, quotaSize: 1 });
  till.page = await till.profile.newPage();
  till.profile.allow(/QuotaExceededError/);
  await till.visit("/till/storage");
  await till.page.getByRole("button", { name: "Test writing" }).click();
  await till.page.getByRole("alert").filter({ hasText: "Writing failed: this device’s storage is full" }).waitFor();
});

/** Lets a test reach the connections that the till has to its database. */
function keepConnections() {
  const { open } = IDBFactory.prototype;
  window.connections = [];
  IDBFactory.prototype.open = function (...given) {
    const opening = open.apply(this, given);
    opening.addEventListener("success", () => window.connections.push(opening.result));
    return opening;
  };
}

for (const [how, says] of [
  ["and says so", true],
  ["without a word", false],
]) {
  scenario(`a storage that the browser closes ${how} is opened again, and the cart is paid`, async (shop) => {
    await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
    const till = await shop.till();
    await till.page.addInitScript(keepConnections);
    await till.reload();
    await till.add("Flat white");
    const before = await till.page.evaluate(() => window.connections.length);
    await till.page.evaluate((says) => {
      for (const connection of window.connections) {
        connection.close();
        if (says) connection.dispatchEvent(new Event("close"));
      }
    }, says);
    await till.line("Flat white").waitFor();
    const receipts = [await till.pay(), await till.sell("Flat white")];
    assert.ok((await till.page.evaluate(() => window.connections.length)) > before, "the storage was opened again");
    const sales = await shop.books.untilThereAre(2);
    assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
    await till.untilBadgeSays(/^Online/);
  });
}

/** Opens the database in a bystander's page at `version` and keeps it open, deaf to everybody who needs it. */
async function holdDatabase(page, version) {
  await page.evaluate(
    (version) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open("keeptill", version);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          window.held = opening.result;
          resolve();
        };
      }),
    version,
  );
}

scenario("a newer build in another window takes the storage over: the till says so and what is safe", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const worker = await bystander(till);
  await till.profile.cutOff();
  await till.sell("Flat white");
  await till.add("Flat white");
  await until("the cart is on disk", async () => (await recordsOf(worker, "cart"))[0].includes("Flat white"));

  const { version } = await describeDatabase(worker);
  await holdDatabase(worker, version + 1);
  const said = till.page.getByRole("alert");
  await said.getByText("Keeptill was updated in another window. Every sale is safe, and so is the cart.").waitFor();

  // This build can't read what a newer one has made of it, and leaves it alone.
  await till.visit();
  await said.getByText("A newer Keeptill has been used in this browser. Every sale is safe.").waitFor();
  await worker.evaluate(() => window.held.close());
  assert.equal((await recordsOf(worker, "journal")).length, 1);
  assert.equal((await describeDatabase(worker)).version, version + 1);
});

scenario("nobody deletes the storage of a till that is open", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const other = await bystander(till);
  await till.profile.cutOff();
  const receipts = [await till.sell("Flat white")];
  await other.evaluate(
    () =>
      new Promise((resolve, reject) => {
        const deleting = indexedDB.deleteDatabase("keeptill");
        deleting.onblocked = resolve;
        deleting.onsuccess = () => reject(new Error("the sales are gone"));
      }),
  );
  // The request is forgotten with the page that made it.
  await other.close();
  receipts.push(await till.sell("Flat white"));
  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});

scenario("a storage that is not whole is left alone, and the till says that nothing was deleted", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const paired = await shop.till("Till 1");
  const { version } = await describeDatabase(paired.page);
  const tablet = await shop.tablet("Till 2");
  const till = new Till(tablet, shop.origin, await bystander({ profile: tablet, origin: shop.origin }));
  const journal = v1.STORES.filter(({ name }) => name === "journal");
  await makeDatabase(till.page, { version, stores: journal, rows: [["journal", undefined, { position: 1, waiting: 1 }]] });
  await till.visit();
  await till.page.getByRole("alert").getByText(/could not be opened .* Nothing was deleted\. Reload this page\./).waitFor();
  assert.equal((await recordsOf(till.page, "journal")).length, 1);
});

/** A tablet on which version 1 has sold `times.length` flat whites and sent none. */
async function sleptSinceVersion1(shop, times) {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const link = new URL(await shop.office.pairingLink("Till 1"));
  const asked = await fetch(`${shop.origin}/api/devices/pair`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ pairingCode: link.searchParams.get("code") }),
  });
  const paired = await asked.json();
  const pulled = await fetch(`${shop.origin}/api/sync/pull`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${paired.deviceToken}` },
    body: JSON.stringify({ collections: ["products", "settings"] }),
  });
  const { products, settings } = await pulled.json();
  const { rows, receipts } = v1.records({ paired, product: products[0], times, settings });
  const tablet = await shop.tablet("Till 1");
  const page = await bystander({ profile: tablet, origin: shop.origin });
  await makeDatabase(page, { version: v1.VERSION, stores: v1.STORES, rows });
  return { till: new Till(tablet, shop.origin, await tablet.newPage()), receipts, bystander: page };
}

scenario("a database of version 1 with sales waiting is upgraded, and every sale arrives in its chain", async (shop) => {
  const yearAgo = Date.now() - 365 * 24 * 3_600_000;
  const { till, receipts } = await sleptSinceVersion1(shop, [yearAgo, yearAgo + 60_000, yearAgo + 120_000]);
  await till.visit();
  await till.untilItSells();
  await till.untilItHasTheProducts();
  receipts.push(await till.sell("Flat white"));
  const sales = await shop.books.untilThereAre(4);
  assert.deepEqual(
    sales.map((sale) => [sale.device_seq, sale.receipt_number, sale.sync_status]),
    receipts.map((receipt, index) => [index + 1, receipt, "synced"]),
  );
  assert.equal(await shop.books.onHand("Flat white"), 6);
});

scenario("a tab with an older version that does not let go holds up the till, which says so and goes on by itself", async (shop) => {
  const { till, receipts, bystander: older } = await sleptSinceVersion1(shop, [Date.now()]);
  await holdDatabase(older, v1.VERSION);
  await till.visit();
  await till.page.getByRole("status").filter({ hasText: "Close other windows of the till" }).waitFor();
  await older.evaluate(() => window.held.close());
  await till.untilItSells();
  const sales = await shop.books.untilThereAre(1);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});
