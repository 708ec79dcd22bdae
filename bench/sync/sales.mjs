// Sales of three lines, as a till makes them while it is offline.

import { chainHash, FIRST_PREV_HASH } from "../../end2end/harness/chain.mjs";
import { uuidv7 } from "./products.mjs";

const TAX_PPM = 190_000;

/** What is in an amount of tax that is included in it, rounded half away from zero. */
export function includedTax(totalMinor, ratePpm = TAX_PPM) {
  return Math.round((totalMinor * ratePpm) / (1_000_000 + ratePpm));
}

function line(product, quantity) {
  const totalMinor = product.priceMinor * quantity;
  return {
    productId: product.id,
    name: product.name,
    sku: product.sku,
    quantity,
    unitPriceMinor: product.priceMinor,
    discountMinor: 0,
    taxRatePpm: TAX_PPM,
    taxMinor: includedTax(totalMinor),
    totalMinor,
  };
}

const sum = (lines, field) => lines.reduce((total, line) => total + line[field], 0);

/** The sale of that number, from 0, paid in cash at `at`. */
export function sale(number, products, at = new Date()) {
  const items = [0, 1, 2].map((place) => line(products[(number * 3 + place) % products.length], 1 + ((number + place) % 3)));
  const [totalMinor, taxMinor] = [sum(items, "totalMinor"), sum(items, "taxMinor")];
  return {
    clientId: uuidv7(at.getTime()),
    offlineCreatedAt: at.toISOString(),
    currency: "EUR",
    pricesIncludeTax: true,
    items,
    tenders: [{ type: "cash", amountMinor: totalMinor, changeMinor: 0 }],
    netMinor: totalMinor - taxMinor,
    taxMinor,
    totalMinor,
  };
}

/** The sales as one device's journal, each chained to the one before. */
export function journal(sales, receiptPrefix) {
  let prevHash = FIRST_PREV_HASH;
  return sales.map((sale, index) => {
    const deviceSeq = index + 1;
    const receiptNumber = `${receiptPrefix}-${String(deviceSeq).padStart(6, "0")}`;
    const event = { ...sale, type: "sale", schemaVersion: 1, receiptNumber, deviceSeq, prevHash };
    event.hash = chainHash(event);
    prevHash = event.hash;
    return event;
  });
}
