// Two tabs of one till, and two taps where one was meant.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

scenario("two tabs of one till that record sales at the same moment have each exactly once", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  await shop.office.addProduct({ name: "Espresso", price: "2.20", stock: 100 });
  const left = await shop.till();
  const right = await left.openTab();
  await right.untilItSells();

  const receipts = [];
  for (let round = 0; round < 5; round += 1) {
    await left.add("Flat white");
    await left.openPaySheet();
    // The tabs share one cart; what the left one is being paid for is settled by now.
    await right.line("Flat white").waitFor();
    await right.page.getByRole("button", { name: "Clear", exact: true }).click();
    await right.add("Espresso");
    await right.openPaySheet();
    await Promise.all([left, right].map((tab) => tab.exactButton.evaluate((button) => button.click())));
    receipts.push(await left.untilPaid(), await right.untilPaid());
  }
  receipts.push(await left.sell("Flat white"), await right.sell("Espresso"));

  const sales = await shop.books.untilThereAre(12);
  assert.deepEqual(sales.map((sale) => sale.device_seq), Array.from({ length: 12 }, (_, index) => index + 1));
  assert.deepEqual(new Set(sales.map((sale) => sale.receipt_number)), new Set(receipts));
  assert.equal(new Set(receipts).size, 12);
  assert.equal(await shop.books.onHand("Flat white"), 94);
  assert.equal(await shop.books.onHand("Espresso"), 94);
});

scenario("two tabs that come online at once send each waiting sale exactly once", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const left = await shop.till();
  const right = await left.openTab();
  await right.untilItSells();
  await left.profile.cutOff();
  const receipts = [...(await left.sellOneByOne(["Flat white"], 5)), ...(await right.sellOneByOne(["Flat white"], 5))];

  await left.profile.reconnect();
  const sales = await shop.books.untilThereAre(10);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 90);
  await left.untilBadgeSays(/^Online/);
  await right.untilBadgeSays(/^Online/);
});

scenario("a double tap on Exact pays once", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();

  await till.add("Flat white");
  await till.openPaySheet();
  // Both taps in one turn of the event loop: nothing the page does in between could save it.
  await till.exactButton.evaluate((button) => {
    button.click();
    button.click();
  });
  const receipts = [await till.untilPaid()];

  await till.add("Flat white");
  await till.openPaySheet();
  await till.exactButton.dblclick().catch(() => {});
  receipts.push(await till.untilPaid());

  receipts.push(await till.sell("Flat white"));
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 97);
});
