// What a real browser can do to a till: kill it, stop its worker, wake it at the wrong moment, lie about the time.

import assert from "node:assert/strict";
import { recordsOf } from "../harness/indexed-db.mjs";
import { scenario } from "../harness/scenario.mjs";
import { ServiceWorker } from "../harness/service-worker.mjs";

const PUSH = "/api/sync/push";
const HELD = "/healthz";

scenario("two tabs and the service worker that send at once record each sale once", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const left = await shop.till();
  const right = await left.openTab();
  await right.untilItSells();
  const worker = await ServiceWorker.of(left);
  await left.profile.cutOff();
  const receipts = [...(await left.sellOneByOne(["Flat white"], 4)), ...(await right.sellOneByOne(["Flat white"], 4))];

  const woken = [1, 2, 3].map((turn) => worker.sync({ tag: `keeptill-sync-${turn}` }));
  await left.profile.reconnect();
  await Promise.all([...woken, worker.sync(), left.sell("Flat white").then((receipt) => receipts.push(receipt))]);
  const sales = await shop.books.untilThereAre(9);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 91);
  await left.untilBadgeSays(/^Online/);
  await right.untilBadgeSays(/^Online/);
});

/**
 * Stops the page's only thread at a moment of the sale's transaction: where its entry is added, before anything is
 * written, or where the browser says that all of it was, before the page has heard it. The request that it is stopped
 * with never ends.
 */
function stopAt({ moment, held }) {
  const isSale = (names, options) => options?.durability === "strict" && [...names].includes("cart");
  const stop = () => {
    const request = new XMLHttpRequest();
    request.open("GET", held, false);
    try {
      request.send();
    } catch {
      // The page goes on only when it is not killed, which the test then notices.
    }
  };
  const { transaction } = IDBDatabase.prototype;
  const sales = new WeakSet();
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    const begun = transaction.call(this, names, mode, options);
    if (mode === "readwrite" && isSale(names, options)) sales.add(begun);
    return begun;
  };
  if (moment === "added") {
    const { add } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.add = function (...entry) {
      const adding = add.apply(this, entry);
      if (sales.has(this.transaction)) stop();
      return adding;
    };
  } else {
    const complete = Object.getOwnPropertyDescriptor(IDBTransaction.prototype, "oncomplete");
    Object.defineProperty(IDBTransaction.prototype, "oncomplete", {
      ...complete,
      set(handler) {
        const own = sales.has(this);
        complete.set.call(this, (event) => {
          if (own) stop();
          handler?.(event);
        });
      },
    });
  }
}

/** Taps Exact in a tab that stops at `moment`, kills it there, and opens the till anew. */
async function killedWhilePaying(shop, till, moment) {
  await till.page.addInitScript(stopAt, { moment, held: HELD });
  await till.reload();
  await till.add("Flat white");
  await till.openPaySheet();
  const stopped = shop.proxy.stall(HELD);
  await till.exactButton.evaluate((button) => void setTimeout(() => button.click()));
  await stopped.reached;
  await till.profile.killPages();
  till.page = await till.profile.newPage();
  await till.visit();
  await till.untilItSells();
}

scenario("a tab killed between Pay and paid, before the sale was written, has the cart and no sale", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  shop.expectNetworkFaults();
  await killedWhilePaying(shop, till, "added");
  await till.line("Flat white").waitFor();
  assert.deepEqual(await recordsOf(till.page, "journal"), []);

  const receipt = await till.pay();
  const [sale, ...others] = await shop.books.untilThereAre(1);
  assert.equal(sale.receipt_number, receipt);
  assert.deepEqual(others, []);
  assert.equal(await shop.books.onHand("Flat white"), 9);
});

scenario("a tab killed between Pay and paid, after the sale was written, has the sale once and an empty cart", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  shop.expectNetworkFaults();
  await killedWhilePaying(shop, till, "completed");
  const sales = await shop.books.untilThereAre(1);
  assert.equal(sales.length, 1);
  assert.equal(await till.line("Flat white").count(), 0, "a sale that is recorded is not offered for payment again");
  await till.untilSaleSays(sales[0].receipt_number, /, sent /);
  assert.equal(await shop.books.onHand("Flat white"), 9);
});

scenario("a tab killed just after it has said paid has the sale once", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  await till.profile.cutOff();
  const receipts = [];
  for (let round = 0; round < 3; round += 1) {
    await till.add("Flat white");
    await till.openPaySheet();
    await till.exactButton.click();
    receipts.push(await till.untilPaidIsSaid());
    await till.profile.killPages();
    till.page = await till.profile.newPage();
    await till.visit();
    await till.untilItSells();
    assert.equal(await till.line("Flat white").count(), 0);
  }
  await till.profile.reconnect();
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 7);
});

scenario("a service worker stopped in the middle of a push has every sale exactly once", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const worker = await ServiceWorker.of(till);
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 3);
  await till.page.close();

  shop.expectNetworkFaults();
  const push = shop.proxy.stall(PUSH);
  await till.profile.reconnect();
  await push.reached;
  await worker.stop();
  push.release();
  await shop.books.untilThereAre(3);

  till.page = await till.profile.newPage();
  await till.visit();
  await till.untilItSells();
  await till.untilBadgeSays(/^Online/);
  const sales = await shop.books.untilThereAre(3);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 7);
});

scenario("a sync event with the last chance sends, and one that fails drops nothing", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const worker = await ServiceWorker.of(till);
  shop.expectNetworkFaults();
  await shop.proxy.close();
  const receipts = await till.sellOneByOne(["Flat white"], 2);
  await till.untilBadgeSays(/selling goes on · 2 waiting/);
  await till.page.close();

  till.profile.allow(/2 waiting/);
  await worker.sync({ lastChance: true });
  await shop.proxy.open();
  assert.equal((await shop.books.sales()).length, 0, "there was nothing to send to");
  await worker.sync({ lastChance: true });
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);

  till.page = await till.profile.newPage();
  for (const receipt of receipts) await till.untilSaleSays(receipt, /, sent /);
});

/** As a text, to stand before a script as well: the clock runs `offset` milliseconds ahead. */
function clockSetter(offset) {
  return `(() => {
    const Right = Date;
    self.Date = class extends Right {
      constructor(...given) { given.length === 0 ? super(Right.now() + ${offset}) : super(...given); }
      static now() { return Right.now() + ${offset}; }
    };
  })();\n`;
}

for (const [which, years] of [["ahead", 1], ["behind", -1]]) {
  scenario(`a device whose clock is a year ${which} sells, sends in order, and says so`, { proxied: true }, async (shop) => {
    await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
    const setter = clockSetter(years * 365 * 24 * 3_600_000);
    shop.proxy.prepend("/sw.js", setter);
    const till = await shop.till("Till 1", (profile) => profile.context.addInitScript(setter));
    await till.profile.cutOff();
    const receipts = await till.sellOneByOne(["Flat white"], 2);
    await till.profile.reconnect();
    await shop.books.untilThereAre(2);
    receipts.push(await till.sell("Flat white"));
    const sales = await shop.books.untilThereAre(3);
    assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
    for (const sale of sales) {
      assert.equal(sale.sync_status, "synced");
      assert.deepEqual(sale.notices.map(({ reason }) => reason), ["clock_skew"]);
    }
    await till.untilBadgeSays(/^Online/);
    await till.visit("/till/connection");
    await till.page.getByText(years > 0 ? /minutes ahead of the server/ : /minutes behind of the server/).waitFor();

    assert.equal(await shop.books.onHand("Flat white"), 7);
  });
}
