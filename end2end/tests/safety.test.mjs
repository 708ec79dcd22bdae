// When the till may not or can't record a sale, it says so and loses nothing.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

scenario("on a full disk nothing is said to be paid, and the cart is kept", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  const receipts = [await till.sell("Flat white")];
  await shop.books.untilThereAre(1);
  shop.expectNetworkFaults();
  await shop.proxy.close();

  // The browser remembers for half a minute how much room there was: only a fresh one sees the new limit at once.
  await till.profile.close();
  await till.profile.open();
  const devTools = await till.profile.devTools(till.profile.blank);
  await devTools.send("Storage.overrideQuotaForOrigin", { origin: till.origin, quotaSize: 1 });
  till.page = await till.profile.newPage();
  await till.visit();
  await till.untilItSells();
  await till.add("Flat white", "Flat white");
  await till.openPaySheet();
  await till.exactButton.click();
  await till.page.getByRole("alert").filter({ hasText: "Nothing was recorded." }).waitFor();
  assert.equal(await till.paidDialog.count(), 0);
  await till.page.getByRole("button", { name: "Back to cart" }).click();
  await till.line("Flat white").waitFor();
  assert.equal(await till.total(), "€7.00");

  await devTools.send("Storage.overrideQuotaForOrigin", { origin: till.origin });
  receipts.push(await till.pay());
  await shop.proxy.open();
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => [sale.receipt_number, sale.total_minor]), [
    [receipts[0], 350],
    [receipts[1], 700],
  ]);
});
