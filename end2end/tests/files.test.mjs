// Waiting sales in a file: saved without a network, brought in on another till or in the office, once however often.

import assert from "node:assert/strict";
import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { scenario } from "../harness/scenario.mjs";

const PASSPHRASE = "three sacks of flour";

/** Sells offline, and saves what waits on the page behind the badge. */
async function savedOffline(till, count) {
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], count);
  await till.visit("/till/connection");
  await till.page.getByRole("button", { name: "Save unsent sales to a file" }).click();
  return { receipts, file: await till.saveFile(PASSPHRASE) };
}

scenario("sales saved to a file by a tablet that breaks arrive through another till, offline first", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const broken = await shop.till("Till 1");
  const other = await shop.till("Till 2");
  const { receipts, file } = await savedOffline(broken, 3);
  assert.match((await readFile(file)).subarray(0, 21).toString(), /^age-encryption\.org\/v1/);
  assert.ok(!(await readFile(file)).includes("Flat white"));
  await broken.profile.close();

  await other.profile.cutOff();
  assert.match(await other.bringIn(file, PASSPHRASE), /^3 sales of Till 1: all new here\./);
  await other.untilBadgeSays(/selling goes on · 3 waiting/);
  assert.match(await other.bringIn(file, PASSPHRASE), /^3 sales of Till 1: all were here already\./);
  await other.visit();
  await other.untilItSells();
  const own = await other.sell("Flat white");

  await other.profile.reconnect();
  const sales = await shop.books.untilThereAre(4);
  assert.deepEqual(
    sales.map((sale) => [sale.device, sale.receipt_number, sale.sync_status]),
    [...receipts.map((receipt) => ["Till 1", receipt, "synced"]), ["Till 2", own, "synced"]],
  );
  await other.untilBadgeSays(/^Online/);
  const [handedIn] = await shop.database.rows(
    "select d.name from audit_log a join devices d using (tenant_id, device_id) where a.action = 'sales.hand_in'",
  );
  assert.equal(handedIn.name, "Till 2");

  // The broken one works again, and sends them by itself.
  await broken.profile.open();
  broken.page = await broken.profile.newPage();
  await broken.visit();
  await broken.untilItSells();
  await broken.untilBadgeSays(/^Online/);
  receipts.push(await broken.sell("Flat white"));
  await shop.books.untilThereAre(4, "Till 1");
  assert.deepEqual((await shop.books.sales("Till 1")).map((sale) => sale.receipt_number), receipts);
  assert.equal(await shop.books.onHand("Flat white"), 95);
});

scenario("a file is brought in by the office, twice, and after its sales have arrived by themselves", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till("Till 1");
  const { receipts, file } = await savedOffline(till, 3);
  assert.match(await shop.office.bringIn(file, PASSPHRASE), /^3 sales of Till 1: 3 new, 0 were here already\.$/);
  assert.match(await shop.office.bringIn(file, PASSPHRASE), /^3 sales of Till 1: 0 new, 3 were here already\.$/);
  await till.visit();
  receipts.push(await till.sell("Flat white"));
  await till.profile.reconnect();
  await shop.books.untilThereAre(4);
  await till.untilBadgeSays(/^Online/);
  assert.match(await shop.office.bringIn(file, PASSPHRASE), /^3 sales of Till 1: 0 new, 3 were here already\.$/);
  const sales = await shop.books.sales();
  assert.deepEqual(sales.map((sale) => [sale.receipt_number, sale.sync_status]), receipts.map((r) => [r, "synced"]));
  assert.equal(await shop.books.onHand("Flat white"), 96);
});

scenario("a file that is none, is damaged, or is opened with another passphrase changes nothing and says why", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till("Till 1");
  const { receipts, file } = await savedOffline(till, 2);
  const folder = await mkdtemp(join(tmpdir(), "keeptill-files-"));
  try {
    const [damaged, garbage] = [join(folder, "damaged.age"), join(folder, "photograph.age")];
    await copyFile(file, damaged);
    await truncate(damaged, (await readFile(file)).length - 9);
    await writeFile(garbage, "no sales here");
    shop.office.profile.allow(/status of 422/);
    for (const [path, passphrase, words] of [
      [file, "three sacks of floor", /not the (one|passphrase) the file was saved with/],
      [damaged, PASSPHRASE, /damaged/],
      [garbage, PASSPHRASE, /not a file of saved sales/],
    ]) {
      assert.match(await till.bringIn(path, passphrase), new RegExp(`${words.source}.*Nothing was taken up`));
      assert.match(await shop.office.bringIn(path, passphrase), words.source.includes("not the") ? /passphrase is not the one/ : words);
    }
    assert.equal((await shop.books.sales()).length, 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  await till.visit("/till/connection");
  await till.page.getByRole("button", { name: "Save unsent sales to a file" }).click();
  await till.page.getByLabel("Passphrase", { exact: true }).fill("too short");
  await till.page.getByLabel("The same once more").fill("too short");
  await till.page.getByRole("button", { name: "Save to a file" }).click();
  await till.page.getByRole("alert").filter({ hasText: "at least 10 characters" }).waitFor();
  await till.visit();
  await till.profile.reconnect();
  assert.deepEqual((await shop.books.untilThereAre(2)).map((sale) => sale.receipt_number), receipts);
});

scenario("a till with sales that wait is not unpaired or paired anew before it has said what is at stake", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 100 });
  const till = await shop.till("Till 1");
  await till.profile.cutOff();
  const receipts = await till.sellOneByOne(["Flat white"], 2);
  const dialog = (name) => till.page.getByRole("dialog", { name });
  const stake = (name) => dialog(name).getByText("2 sales worth €7.00 are on this device and nowhere else.");

  await till.visit("/till/connection");
  await till.page.getByRole("button", { name: "Unpair this till" }).click();
  await stake("Unpair this till?").waitFor();
  await till.saveFile(PASSPHRASE);
  await dialog("Unpair this till?").getByText(/2 sales are in keeptill-sales-/).waitFor();
  await dialog("Unpair this till?").getByRole("button", { name: "Not now" }).click();
  await dialog("Unpair this till?").waitFor({ state: "detached" });
  await till.untilBadgeSays(/2 waiting/);

  await till.page.getByRole("button", { name: "Unpair this till" }).click();
  await stake("Unpair this till?").waitFor();
  await dialog("Unpair this till?").getByRole("button", { name: "Unpair", exact: true }).click();
  await till.page.getByRole("heading", { name: "Pair this till" }).waitFor();

  // Unpaired, they wait; paired with the same shop again, they go out as the till's that recorded them.
  await till.profile.reconnect();
  const link = await shop.office.pairingLink("Till 2");
  await till.visit(new URL(link).pathname + new URL(link).search);
  await till.page.getByRole("button", { name: "Pair this till" }).click();
  await stake("Pair this till anew?").waitFor();
  await dialog("Pair this till anew?").getByRole("button", { name: "Pair", exact: true }).click();
  await till.untilItSells();
  const sales = await shop.books.untilThereAre(2);
  assert.deepEqual(
    sales.map((sale) => [sale.device, sale.receipt_number, sale.sync_status]),
    receipts.map((receipt) => ["Till 1", receipt, "synced"]),
  );
});
