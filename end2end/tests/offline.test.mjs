// Selling with no network, and what happens when it comes back.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

scenario("a sale made offline is paid at once and reaches the server after reconnecting", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();

  const receipt = await till.sell("Flat white");
  await till.untilBadgeSays(/^Offline — selling goes on · 1 waiting/);
  await till.untilSaleSays(receipt, /€3\.50, waiting to be sent/);
  assert.equal((await shop.books.sales()).length, 0);

  await till.profile.reconnect();
  const [sale] = await shop.books.untilThereAre(1);
  assert.equal(sale.receipt_number, receipt);
  assert.equal(sale.total_minor, 350);
  assert.equal(sale.sync_status, "synced");
  assert.equal(await shop.books.onHand("Flat white"), 9);
  await till.untilSaleSays(receipt, /, sent /);
});

scenario("thirty sales made offline all reach the server by themselves with the page open", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  await shop.office.addProduct({ name: "Butter croissant", price: "2.40", stock: 100 });
  const till = await shop.till();
  await till.profile.cutOff();

  const receipts = await till.sellOneByOne(["Flat white", "Butter croissant"], 30);
  await till.untilBadgeSays(/^Offline — selling goes on · 30 waiting/);

  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(30);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.deepEqual(sales.map((sale) => sale.total_minor), receipts.map((_, index) => (index % 2 === 0 ? 350 : 240)));
  assert.equal(await shop.books.onHand("Flat white"), 85);
  assert.equal(await shop.books.onHand("Butter croissant"), 85);
  await till.untilBadgeSays(/^Online/);
});

scenario("sales made offline reach the server with the page closed, by the service worker alone", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 3);
  await till.page.close();

  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.deepEqual(
    till.profile.context.pages().filter((page) => page !== till.profile.blank),
    [],
    "no page was open that could have sent them",
  );

  till.page = await till.profile.newPage();
  for (const receipt of receipts) await till.untilSaleSays(receipt, /, sent /);
});

scenario("online, a sale is sent at once", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const receipt = await till.sell("Flat white");
  const [sale] = await shop.books.untilThereAre(1, null, 5_000);
  assert.equal(sale.receipt_number, receipt);
  await till.untilBadgeSays(/^Online/);
});
