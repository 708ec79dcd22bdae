// What the till sold and what the shop has meanwhile become differ: the sale stands, and a manager decides.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

scenario("of two tills that sell the last item, one syncs, the other waits, and the manager's accept makes stock right", async (shop) => {
  await shop.office.addProduct({ name: "Oat milk", price: "2.60", stock: 1 });
  const first = await shop.till("Till 1");
  const second = await shop.till("Till 2");
  await first.profile.cutOff();
  await second.profile.cutOff();
  await first.sell("Oat milk");
  const receipt = await second.sell("Oat milk");

  await first.profile.reconnect();
  const [synced] = await shop.books.untilThereAre(1);
  assert.equal(synced.sync_status, "synced");
  await second.profile.reconnect();
  await shop.books.untilThereAre(2);
  const [waiting] = await shop.books.sales("Till 2");
  assert.equal(waiting.sync_status, "conflict");
  assert.deepEqual(waiting.conflict_reasons, ["insufficient_stock"]);
  assert.equal(waiting.total_minor, 260);
  assert.equal(await shop.books.onHand("Oat milk"), 0);
  await second.untilSaleSays(receipt, /in review: not enough stock/);

  await shop.office.openConflict("Till 2", "Oat milk");
  await shop.office.accept();
  const [accepted] = await shop.books.sales("Till 2");
  assert.equal(accepted.sync_status, "synced");
  assert.equal(accepted.resolution.action, "accept");
  assert.equal(await shop.books.onHand("Oat milk"), -1);
  assert.equal(await shop.database.value("select count(*) from audit_log where action = 'sale.resolve'"), 1);
});

scenario("counting, adjusting and voiding each leave the stock that was decided", async (shop) => {
  const products = ["Oat milk", "Cinnamon roll", "Sourdough loaf"];
  for (const name of products) await shop.office.addProduct({ name, price: "5.00", stock: 1 });
  const till = await shop.till("Till 1");
  await till.profile.cutOff();
  for (const name of products) await till.sell(name, name);
  await till.profile.reconnect();
  const waiting = await shop.books.untilThereAre(3);
  assert.deepEqual(waiting.map((sale) => sale.sync_status), ["conflict", "conflict", "conflict"]);

  await shop.office.openConflict("Till 1", "Oat milk");
  await shop.office.recount({ "Oat milk": 6 });
  await shop.office.openConflict("Till 1", "Cinnamon roll");
  await shop.office.adjust({ "Cinnamon roll": 1 });
  await shop.office.openConflict("Till 1", "Sourdough loaf");
  await shop.office.void("the customer brought both back");

  const decided = await shop.books.sales("Till 1");
  assert.deepEqual(decided.map((sale) => sale.resolution.action), ["recount", "adjust", "void"]);
  assert.deepEqual(decided.map((sale) => sale.sync_status), ["synced", "synced", "synced"]);
  assert.deepEqual(decided.map((sale) => sale.total_minor), [1000, 1000, 1000], "no receipt is ever rewritten");
  assert.equal(await shop.books.onHand("Oat milk"), 4);
  assert.equal(await shop.books.onHand("Cinnamon roll"), 0);
  assert.equal(await shop.books.onHand("Sourdough loaf"), 1);
  assert.equal(await shop.database.value("select sum(total_minor)::bigint from sale_reversals"), -1000);
  assert.equal(await shop.office.openConflictCount(), 0);
});

scenario("a sale keeps the price it was made at when the price changed meanwhile, and a notice says so", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();
  await shop.office.changePrice("Flat white", "4.00");
  const receipt = await till.sell("Flat white");

  await till.profile.reconnect();
  const [sale] = await shop.books.untilThereAre(1);
  assert.equal(sale.sync_status, "synced");
  assert.equal(sale.total_minor, 350);
  assert.equal(sale.notices.length, 1);
  const [notice] = sale.notices;
  assert.equal(notice.reason, "price_changed");
  assert.equal(notice.action, "kept_offline_price");
  assert.equal(notice.offlinePriceMinor, 350);
  assert.equal(notice.currentPriceMinor, 400);
  assert.equal(await shop.books.onHand("Flat white"), 9);

  await till.untilSaleSays(receipt, /price changed meanwhile, the sale keeps its price/);
  await shop.office.untilNoticeIsShown(receipt, /price/i);
  await till.visit();
  await till.page.getByRole("button", { name: /^Flat white, €4\.00/ }).waitFor();
});

scenario("a sale of a product deleted meanwhile stands, and the product is archived", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  await shop.office.addProduct({ name: "Espresso", price: "2.20", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();
  await shop.office.deleteProduct("Flat white");
  assert.notEqual((await shop.books.product("Flat white")).deleted_at, null);
  const receipt = await till.sell("Flat white");

  await till.profile.reconnect();
  const [sale] = await shop.books.untilThereAre(1);
  assert.equal(sale.sync_status, "synced");
  assert.deepEqual(sale.notices.map(({ reason, action }) => [reason, action]), [["product_deleted", "product_archived"]]);
  const product = await shop.books.product("Flat white");
  assert.equal(product.archived, true);
  assert.equal(product.deleted_at, null);
  assert.equal(await shop.books.onHand("Flat white"), 9);

  await till.untilSaleSays(receipt, /, sent /);
  await shop.office.untilNoticeIsShown(receipt, /deleted|archived/i);
  await till.visit();
  await till.tile("Espresso").waitFor();
  await till.tile("Flat white").waitFor({ state: "detached" });
});
