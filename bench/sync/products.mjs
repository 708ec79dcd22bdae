// A shop's catalogue as large as wanted, and the same for everybody who is measured.

import { createHash, randomBytes } from "node:crypto";

const KINDS = "Espresso Filter Green Black Herbal White Brown Rye Wheat Oat Barley Rice Apple Pear Plum Cherry Lemon Orange Mint Ginger".split(" ");
const THINGS = "Coffee Tea Bread Roll Cake Biscuit Juice Syrup Jam Honey Muesli Flour Pasta Sauce Soup Salad Cheese Butter Milk Yoghurt".split(" ");
const MAKERS = "Alder Birch Cedar Elm Fir Hazel Juniper Larch Maple Oakfield Pinewood Rowan Spruce Willow Yewtree".split(" ");
const SIZES = "small medium large 100g 250g 500g 1kg 2kg 330ml 500ml 750ml family single double".split(" ");
const CATEGORIES = 24;

/** A check digit makes the thirteenth of twelve digits. */
export function ean13(twelve) {
  const sum = [...twelve].reduce((sum, digit, place) => sum + Number(digit) * (place % 2 === 0 ? 1 : 3), 0);
  return `${twelve}${(10 - (sum % 10)) % 10}`;
}

/** A UUIDv7 whose first bits are `ms`, so that ids minted later sort later. */
export function uuidv7(ms, random = randomBytes(10)) {
  const hex = ms.toString(16).padStart(12, "0");
  const bits = Buffer.from(random);
  bits[0] = (bits[0] & 0x0f) | 0x70;
  bits[2] = (bits[2] & 0x3f) | 0x80;
  const rest = bits.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8)}-${rest.slice(0, 4)}-${rest.slice(4, 8)}-${rest.slice(8)}`;
}

/** The product of that number, from 0: names of two to four words, an SKU, a barcode, a price. */
export function product(number) {
  const pick = (words, step) => words[(number * step + (number >> 5)) % words.length];
  const words = [pick(MAKERS, 7), pick(KINDS, 3), pick(THINGS, 11), pick(SIZES, 5)];
  const from = number % 3 === 0 ? 0 : number % 3 === 1 ? 1 : 2;
  return {
    // A time of its own for each, so that the ids' order is the products' order, and the same ids in every process.
    id: uuidv7(1_700_000_000_000 + number, createHash("sha256").update(String(number)).digest().subarray(0, 10)),
    name: words.slice(from === 2 ? 1 : 0, from === 1 ? 2 : 4).join(" "),
    sku: `SKU-${String(number).padStart(6, "0")}`,
    barcode: ean13(`40${String(number).padStart(10, "0")}`),
    category: number % CATEGORIES,
    priceMinor: 95 + ((number * 37) % 2900),
  };
}

/** What a later edit makes of it. */
export function changed({ name, priceMinor }, round) {
  return { name: `${name} new${round}`, priceMinor: priceMinor + round };
}

/** Fills a tenant's catalogue past the API, a thousand rows to a transaction and a version, as an import would. */
export async function fill(database, tenant, products) {
  const id = () => uuidv7(Date.now());
  const version = async () =>
    database.value("update stream_versions set version = version + 1 where tenant_id = $1 and stream = 'catalogue' returning version", [tenant]);
  const categories = Array.from({ length: CATEGORIES }, id);
  const tax = id();
  await database.rows("begin");
  const first = await version();
  await database.rows(
    `insert into categories (tenant_id, category_id, name, sync_version)
     select $1, id, 'Category ' || place, $3 from unnest($2::uuid[]) with ordinality as one(id, place)`,
    [tenant, categories, first],
  );
  await database.rows("insert into taxes (tenant_id, tax_id, name, rate_ppm, sync_version) values ($1, $2, 'VAT', 190000, $3)", [tenant, tax, first]);
  await database.rows("commit");
  for (let from = 0; from < products.length; from += 1000) {
    const some = products.slice(from, from + 1000);
    const column = (name) => some.map((one) => one[name]);
    await database.rows("begin");
    await database.rows(
      `insert into products (tenant_id, product_id, name, sku, barcode, category_id, tax_id, price_minor, sync_version)
       select $1, one.id, one.name, one.sku, one.barcode, one.category, $2, one.price, $3
       from unnest($4::uuid[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::bigint[])
            as one(id, name, sku, barcode, category, price)`,
      [tenant, tax, await version(), column("id"), column("name"), column("sku"), column("barcode"), some.map((one) => categories[one.category]), column("priceMinor")],
    );
    await database.rows("commit");
  }
}

/** Puts plenty on the shelf of each, so that no sale finds too little. */
export async function stock(database, tenant, store, products) {
  const ids = products.map((one) => one.id);
  await database.rows("begin");
  await database.rows(
    `insert into stock_movements (tenant_id, store_id, movement_id, product_id, delta_milli, reason)
     select $1, $2, gen_random_uuid(), id, 1000000000, 'received' from unnest($3::uuid[]) as one(id)`,
    [tenant, store, ids],
  );
  await database.rows(
    `with next as (update stream_versions set version = version + 1 where tenant_id = $1 and stream = 'stock' returning version)
     insert into stock_levels (tenant_id, store_id, product_id, on_hand_milli, sync_version)
     select $1, $2, id, 1000000000, next.version from unnest($3::uuid[]) as one(id), next`,
    [tenant, store, ids],
  );
  await database.rows("commit");
}
