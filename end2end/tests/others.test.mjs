// What users of other tills have lost sales by, one test each: named for what went wrong there.

import assert from "node:assert/strict";
import { bystander, recordsOf, replaceRecord } from "../harness/indexed-db.mjs";
import { scenario } from "../harness/scenario.mjs";
import { until } from "../harness/until.mjs";

const PUSH = "/api/sync/push";

scenario("not here: two tabs double orders", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const left = await shop.till();
  const right = await left.openTab();
  await right.untilItSells();

  await left.add("Flat white");
  await right.line("Flat white").waitFor();
  for (const tab of [left, right]) await tab.openPaySheet();
  await Promise.all([left, right].map((tab) => tab.exactButton.evaluate((button) => button.click())));
  const refusal = (tab) => tab.page.getByRole("alert").filter({ hasText: "already paid in another window" });
  const outcomes = await Promise.all(
    [left, right].map((tab) =>
      Promise.any([tab.untilPaidIsSaid(), refusal(tab).waitFor().then(() => "refused")]),
    ),
  );
  assert.equal(outcomes.filter((outcome) => outcome === "refused").length, 1, outcomes.join(", "));

  const next = await left.openTab();
  await next.untilItSells();
  const receipts = [outcomes.find((outcome) => outcome !== "refused"), await next.sell("Flat white")];
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 98);
});

scenario("not here: a lost response doubles orders", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 5);

  const lost = shop.proxy.loseAnswerOf(PUSH);
  await till.profile.reconnect();
  await lost;
  assert.equal((await shop.books.sales()).length, 5, "the server had processed the push");

  await till.untilBadgeSays(/^Online/);
  const pushes = shop.proxy.seen.filter((line) => line === `POST ${PUSH}`).length;
  assert.ok(pushes >= 2, `the till sent its push again; it sent ${pushes}`);
  const sales = await shop.books.sales();
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 95);
});

scenario("not here: one bad sale blocks the queue", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  const other = await bystander(till);
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 4);
  const [, second] = await recordsOf(other, "journal");
  // A bit has tipped: what it holds is no event that any server knows.
  await replaceRecord(other, "journal", { ...second, event: second.event.replace('"type":"sale"', '"type":"sal%"') });
  shop.books.absent.add(2);

  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts.filter((_, index) => index !== 1));
  await till.untilBadgeSays(/^Online.* · 1 not readable/);
  receipts.push(await till.sell("Flat white"));
  await shop.books.untilThereAre(4);
  assert.equal((await recordsOf(other, "journal")).length, 5, "the till keeps it");
  await till.visit("/till/connection");
  await till.page.getByText("could not be read by the server — kept here").waitFor();
});

scenario("not here: a paid offline order comes back as a draft after a reload", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipts = [await till.sell("Flat white")];
  for (let round = 0; round < 2; round += 1) {
    await till.reload();
    assert.equal(await till.line("Flat white").count(), 0, "the cart is empty");
    assert.ok(await till.page.getByRole("button", { name: /^Pay$/ }).isDisabled(), "nothing is offered for payment");
    await till.untilSaleSays(receipts[0], /€3\.50, waiting to be sent/);
    await till.visit();
    await till.untilItSells();
  }
  receipts.push(await till.sell("Flat white"));
  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});

scenario("not here: a register closed while sales wait", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till("Till 1");
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 2);
  await till.visit("/till/connection");
  await till.page.getByRole("button", { name: "Unpair this till" }).click();
  const question = till.page.getByRole("dialog", { name: "Unpair this till?" });
  await question.getByText("2 sales worth €7.00 are on this device and nowhere else.").waitFor();
  await question.getByRole("button", { name: "Unpair", exact: true }).click();
  await till.page.getByRole("heading", { name: "Pair this till" }).waitFor();
  await till.profile.close();

  // The next morning, as another till of the same shop.
  await till.profile.open();
  till.page = await till.profile.newPage();
  const link = await shop.office.pairingLink("Till 2");
  await till.visit(new URL(link).pathname + new URL(link).search);
  await till.page.getByRole("button", { name: "Pair this till" }).click();
  await till.page.getByRole("dialog", { name: "Pair this till anew?" }).getByRole("button", { name: "Pair", exact: true }).click();
  await till.untilItSells();
  receipts.push(await till.sell("Flat white"));
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(
    sales.map((sale) => [sale.device, sale.receipt_number, sale.sync_status]),
    receipts.map((receipt, index) => [index < 2 ? "Till 1" : "Till 2", receipt, "synced"]),
  );
});

scenario("not here: a drop in mid-sync leaves sales that are never retried", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 12);
  shop.expectNetworkFaults();
  const push = shop.proxy.stall(PUSH);
  await till.profile.reconnect();
  await push.reached;
  await shop.proxy.close();
  await till.untilBadgeSays(/waiting/);

  // Nobody touches the till from here on.
  await shop.proxy.open();
  const sales = await shop.books.untilThereAre(12);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  await till.untilBadgeSays(/^Online/);
  assert.equal(await shop.books.onHand("Flat white"), 88);
});

scenario("not here: a synced sale differs from its receipt", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  await shop.office.addProduct({ name: "Butter croissant", price: "2.40", stock: 100 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipt = await till.sell("Flat white", "Flat white", "Butter croissant");
  const paper = async () => {
    await till.openSales();
    await till.page.getByRole("link", { name: new RegExp(receipt) }).click();
    const text = till.page.locator(".receipt-paper");
    await text.getByText(receipt).waitFor();
    return text.innerText();
  };
  const before = await paper();
  await shop.office.changePrice("Flat white", "9.90");
  await shop.office.deleteProduct("Butter croissant");
  await till.profile.reconnect();
  await shop.books.untilThereAre(1);
  await till.untilSaleSays(receipt, /, sent /);
  assert.equal(await paper(), before, "what the customer has in hand is what the till shows");

  const lines = await shop.database.rows(
    `select i.name, i.quantity_milli / 1000.0::float8 as quantity, i.total_minor from sale_items i
     join sales s using (tenant_id, client_id, copy) where s.receipt_number = $1 order by i.total_minor desc`,
    [receipt],
  );
  assert.deepEqual(lines, [
    { name: "Flat white", quantity: 2, total_minor: 700 },
    { name: "Butter croissant", quantity: 1, total_minor: 240 },
  ]);
  const [{ body, total_minor }] = await shop.database.rows(
    "select e.body, s.total_minor from events e join sales s using (tenant_id, client_id, copy)",
  );
  assert.equal(total_minor, 940);
  const [kept] = await recordsOf(till.page, "journal");
  assert.deepEqual(body, JSON.parse(kept.event), "the server has, field by field, what the till has");
  assert.match(before, /€9\.40/);
});

scenario("not here: receipt numbers collide between tills", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const tills = [await shop.till("Till 1"), await shop.till("Till 2")];
  const receipts = [];
  for (const till of tills) {
    await till.profile.cutOff();
    receipts.push(...(await till.sellOneByOne(["Flat white"], 3)));
  }
  assert.equal(new Set(receipts).size, 6, receipts.join(", "));
  for (const till of tills) await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(6);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
});

scenario("not here: a deleted product breaks opening", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  await shop.office.addProduct({ name: "Espresso", price: "2.20", stock: 100 });
  const till = await shop.till();
  const receipts = [await till.sell("Flat white", "Espresso")];
  await shop.books.untilThereAre(1);
  await till.add("Flat white");
  await shop.office.deleteProduct("Flat white");
  await till.reload();
  await until("the till has heard of it", async () => {
    await till.visit("/till/connection");
    await till.page.getByRole("button", { name: "Try now" }).click();
    await till.visit();
    await till.untilItSells();
    return (await till.tile("Flat white").count()) === 0;
  });
  // It is still in the cart, and in a receipt.
  await till.line("Flat white").waitFor();
  receipts.push(await till.pay());
  await till.openSales();
  await till.page.getByRole("link", { name: new RegExp(receipts[0]) }).click();
  await till.page.locator(".receipt-paper").getByText("Flat white").waitFor();
  await till.profile.cutOff();
  await till.visit();
  await till.untilItSells();
  receipts.push(await till.sell("Espresso"));
  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => [sale.receipt_number, sale.sync_status]), receipts.map((r) => [r, "synced"]));
});

scenario("not here: an expired log-in kills the queue", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till("Till 1");
  await till.sell("Flat white");
  await shop.books.untilThereAre(1);
  await till.profile.cutOff();
  const receipts = [await till.sell("Flat white")];
  await shop.office.revoke("Till 1");

  till.profile.allow(/status of 401/);
  await till.profile.reconnect();
  await till.page.getByRole("alert").filter({ hasText: "This till was disconnected by the office." }).waitFor();
  receipts.push(await till.sell("Flat white"));
  await till.openSales();
  const listed = await till.listedSales();
  for (const receipt of receipts) assert.ok(listed.some((name) => name.includes(receipt)), `${receipt} is on the till`);

  const link = await shop.office.pairingLink("Till 1 again");
  await till.visit(new URL(link).pathname + new URL(link).search);
  await till.page.getByRole("button", { name: "Pair this till" }).click();
  const question = till.page.getByRole("dialog", { name: "Pair this till anew?" });
  // Revoked or not, a push is heard: what has arrived meanwhile is not asked about.
  await question.or(till.page.getByRole("region", { name: "Cart" })).first().waitFor();
  if (await question.isVisible()) await question.getByRole("button", { name: "Pair", exact: true }).click();
  await till.untilItSells();
  const sales = await shop.books.untilThereAre(3);
  assert.equal(sales.length, 3);
  for (const receipt of receipts) assert.ok(sales.some((sale) => sale.receipt_number === receipt), `${receipt} arrived`);
  await until("no sale waits any more", async () => /^Online/.test(await till.badge.innerText()));
});
