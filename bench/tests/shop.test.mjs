// The data that is measured with must be data that the product takes.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chainFaults } from "../../end2end/harness/chain.mjs";
import { ean13, product, uuidv7 } from "../sync/products.mjs";
import { includedTax, journal, sale } from "../sync/sales.mjs";

const products = Array.from({ length: 3_000 }, (_, number) => product(number));

test("a barcode ends with its check digit", () => {
  assert.equal(ean13("400638133393"), "4006381333931");
  assert.equal(ean13("978014300723"), "9780143007234");
});

test("no two products share an id, a barcode or an SKU, and ids are in the products' order", () => {
  for (const field of ["id", "barcode", "sku"]) assert.equal(new Set(products.map((one) => one[field])).size, products.length);
  const ids = products.map(({ id }) => id);
  assert.deepEqual([...ids].sort(), ids);
  assert.deepEqual(product(17), products[17]);
});

test("names have two to four words", () => {
  const lengths = new Set(products.map(({ name }) => name.split(" ").length));
  assert.deepEqual([...lengths].sort(), [2, 3, 4]);
});

test("an id is a UUIDv7 of its time", () => {
  assert.match(uuidv7(1_700_000_000_000, Buffer.alloc(10, 0xff)), /^018bcfe5-6800-7fff-bfff-ffffffffffff$/);
});

test("a sale of three lines adds up", () => {
  for (let number = 0; number < 100; number += 1) {
    const { items, tenders, netMinor, taxMinor, totalMinor } = sale(number, products);
    assert.equal(items.length, 3);
    for (const line of items) assert.equal(line.totalMinor, line.unitPriceMinor * line.quantity);
    assert.equal(items.reduce((sum, line) => sum + line.totalMinor, 0), totalMinor);
    assert.equal(netMinor + taxMinor, totalMinor);
    assert.equal(tenders[0].amountMinor, totalMinor);
  }
  assert.equal(includedTax(119), 19);
});

test("a journal's chain holds", () => {
  const sales = [0, 1, 2, 3].map((number) => sale(number, products));
  const events = journal(sales, "T7");
  assert.deepEqual(chainFaults(events), []);
  assert.equal(events[3].receiptNumber, "T7-000004");
});
