// The network and the server fail at the worst moment: every sale is there exactly once.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

const PUSH = "/api/sync/push";

scenario("a server killed in the middle of a push has every sale exactly once after it is back", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 5);

  await shop.database.whileAWriterWaitsFor(
    "sale_items",
    () => till.profile.reconnect(),
    () => shop.killServer(),
  );
  assert.equal((await shop.books.sales()).length, 0, "nothing of the broken push was kept by half");
  await till.untilBadgeSays(/selling goes on · 5 waiting/);
  receipts.push(await till.sell("Flat white"));

  await shop.server.start();
  const sales = await shop.books.untilThereAre(6);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 94);
  await till.untilBadgeSays(/^Online/);
  assert.equal(await shop.office.openConflictCount(), 0, "the manager is still logged in");
});

scenario("a server killed after it has recorded a push and before it could say so has every sale exactly once", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 5);

  const lost = shop.proxy.loseAnswerOf(PUSH, () => shop.killServer());
  await till.profile.reconnect();
  await lost;
  assert.equal((await shop.books.sales()).length, 5);
  await till.untilBadgeSays(/selling goes on · 5 waiting/);

  await shop.server.start();
  await till.untilBadgeSays(/^Online/);
  const sales = await shop.books.sales();
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 95);
});

scenario("a sale made while a push is under way is sent too", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  let release;
  const held = shop.proxy.hold(PUSH, new Promise((resolve) => (release = resolve)));
  const receipts = [await till.sell("Flat white"), await till.sell("Flat white")];
  release();
  await held;
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});

scenario("connections that are refused hold up no sale", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  shop.expectNetworkFaults();
  await shop.proxy.close();
  const receipts = await till.sellOneByOne(["Flat white"], 3);
  await till.untilBadgeSays(/selling goes on · 3 waiting/);
  await shop.proxy.open();
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});
