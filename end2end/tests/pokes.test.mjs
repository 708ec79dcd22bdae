// The server's hints: with them a change is on the till at once, without them it is there all the same.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";
import { until } from "../harness/until.mjs";

const EVENTS = "/api/sync/events";
const PULL = "/api/sync/pull";
/** A till asks by itself about every 30 seconds; a change that is there so soon was told. */
const TOLD_MS_MAX = 5_000;
/** The longest time between two pulls of a till in front, and some for a busy machine. */
const ASKED_MS_MAX = 60_000;

function tileShows(till, product, price, limit) {
  return until(
    `${product} costs ${price} on the till`,
    async () => (await till.tile(product).innerText()).includes(price),
    limit,
  );
}

scenario("a new price is on an open till at once, because the server told it", { proxied: true }, async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50" });
  const till = await shop.till();
  await tileShows(till, "Flat white", "3.50");
  await until("the till listens", () => shop.proxy.seen.includes(`GET ${EVENTS}`));
  // The pull that pairing began has to be over, or it might bring the price by itself.
  await till.untilBadgeSays(/^Online/);
  for (const price of ["4.20", "4.40", "4.60"]) {
    await shop.office.changePrice("Flat white", price);
    await tileShows(till, "Flat white", price, TOLD_MS_MAX);
  }
});

scenario("a till that hears no hints has the new price a little later", { proxied: true }, async (shop) => {
  shop.expectNetworkFaults();
  shop.proxy.refuse(EVENTS);
  await shop.office.addProduct({ name: "Flat white", price: "3.50" });
  const till = await shop.till();
  till.profile.allowNetworkFaults();
  await tileShows(till, "Flat white", "3.50");
  await shop.office.changePrice("Flat white", "4.20");
  await tileShows(till, "Flat white", "4.20", ASKED_MS_MAX);
  assert.ok(shop.proxy.seen.includes(`GET ${EVENTS}`), "the till had tried to listen");
  assert.ok(shop.proxy.seen.filter((line) => line === `POST ${PULL}`).length >= 2, "the till had asked by itself");
});
