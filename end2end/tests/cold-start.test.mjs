// The till opens, reloads and sells without anything to talk to.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

scenario("the till reloads and sells while offline", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();
  const before = await till.sell("Flat white");
  await till.reload();
  await till.untilBadgeSays(/^Offline — selling goes on · 1 waiting/);
  const after = await till.sell("Flat white");

  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), [before, after]);
});

scenario("after the browser was killed, the till starts cold without a network and has lost nothing it called paid", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  // Both ends of the cable: a service worker that starts with the browser is faster than the browser's own switch.
  shop.expectNetworkFaults();
  await shop.proxy.close();
  await till.profile.cutOff();
  const receipts = [await till.sell("Flat white")];
  await till.add("Flat white");
  await till.openPaySheet();
  await till.exactButton.click();
  receipts.push(await till.untilPaidIsSaid());
  await till.profile.crash();

  await till.profile.open({ offline: true });
  till.page = await till.profile.newPage();
  await till.visit();
  await till.untilItSells();
  await till.untilBadgeSays(/2 waiting/);
  receipts.push(await till.sell("Flat white"));

  await shop.proxy.open();
  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});

scenario("the till starts cold and sells with the server stopped, and sends when it is back", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.close();
  shop.expectNetworkFaults();
  await shop.server.stop();

  await till.profile.open();
  till.page = await till.profile.newPage();
  await till.visit();
  await till.untilItSells();
  const receipts = [await till.sell("Flat white")];
  await till.untilBadgeSays(/selling goes on · 1 waiting/);
  await till.reload();
  receipts.push(await till.sell("Flat white"));

  await shop.server.start();
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});

scenario("a page of the till that was never visited opens offline", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();
  for (const [path, heading] of [
    ["/till/sales", /sales/i],
    ["/till/connection", /connection/i],
  ]) {
    await till.visit(path);
    await till.page.getByRole("heading", { name: heading }).first().waitFor();
  }
});
