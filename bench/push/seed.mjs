// Shops that are ready to be pushed to, and the payload that pgbench pushes.

import { createHash } from "node:crypto";
import { product, uuidv7 } from "../sync/products.mjs";
import { sale } from "../sync/sales.mjs";

/** Connections, of the load generator and of pgbench. */
export const CONNECTIONS = 8;
/** Products of each shop; sales are spread over them. */
const PRODUCTS = 200;

const KINDS = { tenant: 1, store: 2, device: 3 };

/** The same id wherever it is needed, so that a script can name a shop by its number. */
export function idOf(kind, number) {
  return `00000000-0000-4000-8${String(KINDS[kind]).padStart(3, "0")}-${number.toString(16).padStart(12, "0")}`;
}

/** Every tenant has one device for each connection. */
export const deviceNumber = (tenant, connection) => tenant * CONNECTIONS + connection;

export function tokenOf(tenant, connection) {
  return `${idOf("tenant", tenant)}.${idOf("device", deviceNumber(tenant, connection))}.secret`;
}

export const products = Array.from({ length: PRODUCTS }, (_, number) => product(number));

/** Opens shops 1 to `tenants` past the API, each with its devices, products and stock. */
export async function seed(database, tenants) {
  const all = Array.from({ length: tenants }, (_, index) => index + 1);
  const ids = all.map((tenant) => idOf("tenant", tenant));
  const stores = all.map((tenant) => idOf("store", tenant));
  const devices = all.flatMap((tenant) => Array.from({ length: CONNECTIONS }, (_, connection) => ({ tenant, connection })));
  const sha256 = (text) => createHash("sha256").update(text).digest();
  await database.rows("begin");
  await database.rows(
    `insert into tenants (tenant_id, name, currency, time_zone, prices_include_tax, epoch, sync_version)
     select id, 'Shop', 'EUR', 'Europe/Berlin', true, gen_random_uuid(), 1 from unnest($1::uuid[]) as one(id)`,
    [ids],
  );
  await database.rows(
    "insert into stream_versions (tenant_id, stream, version) select id, stream, 1 from unnest($1::uuid[]) as one(id), unnest(array['catalogue', 'stock']) as stream",
    [ids],
  );
  await database.rows("insert into stores (tenant_id, store_id, name) select *, 'Shop' from unnest($1::uuid[], $2::uuid[])", [ids, stores]);
  await database.rows(
    `insert into devices (tenant_id, device_id, store_id, name, number, token_hash, paired_at)
     select *, now() from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::integer[], $6::bytea[])`,
    [
      devices.map(({ tenant }) => idOf("tenant", tenant)),
      devices.map(({ tenant, connection }) => idOf("device", deviceNumber(tenant, connection))),
      devices.map(({ tenant }) => idOf("store", tenant)),
      devices.map(({ connection }) => `Till ${connection}`),
      devices.map(({ connection }) => connection + 1),
      devices.map(({ tenant, connection }) => sha256(tokenOf(tenant, connection))),
    ],
  );
  const column = (field) => products.map((one) => one[field]);
  await database.rows(
    `insert into products (tenant_id, product_id, name, sku, barcode, price_minor, sync_version)
     select tenant, one.id, one.name, one.sku, one.barcode, one.price, 1 from unnest($1::uuid[]) as tenant,
         unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::bigint[]) as one(id, name, sku, barcode, price)`,
    [ids, column("id"), column("name"), column("sku"), column("barcode"), column("priceMinor")],
  );
  await database.rows(
    `insert into stock_levels (tenant_id, store_id, product_id, on_hand_milli, sync_version)
     select shop.tenant, shop.store, product, 1000000000000, 1 from unnest($1::uuid[], $2::uuid[]) as shop(tenant, store), unnest($3::uuid[]) as product`,
    [ids, stores, column("id")],
  );
  await database.rows("commit");
}

/**
 * What pgbench sends in place of a device's sales: for each batch one row with the arrays that the server would bind.
 * The working role may read it and nothing else.
 */
export async function writePayload(database, batches, batchSize) {
  await database.rows(`create table bench_payload (
    n bigint primary key, client_ids uuid[], content_hashes bytea[], hashes text[], bodies text[], outcomes text[], sale_ids uuid[],
    receipts text[], sold_at timestamptz[], totals bigint[], taxes bigint[],
    line_sales uuid[], line_numbers smallint[], line_products uuid[], line_names text[], line_skus text[],
    line_quantities bigint[], line_prices bigint[], line_taxes bigint[], line_totals bigint[],
    products uuid[], deltas bigint[], movement_ids uuid[])`);
  await database.rows("create sequence bench_batch");
  await database.rows("grant select on bench_payload to keeptill_app");
  await database.rows("grant usage on sequence bench_batch to keeptill_app");
  for (let from = 1; from <= batches; from += 100) {
    const rows = [];
    for (let n = from; n < Math.min(from + 100, batches + 1); n += 1) rows.push(payloadOf(n, batchSize));
    const texts = rows.map((row) => JSON.stringify(row));
    await database.rows("insert into bench_payload select one.* from unnest($1::jsonb[]) as row, jsonb_populate_record(null::bench_payload, row) as one", [texts]);
  }
  await database.rows("vacuum analyze bench_payload");
}

function payloadOf(n, batchSize) {
  const sales = Array.from({ length: batchSize }, (_, place) => sale((n - 1) * batchSize + place, products));
  const lines = sales.flatMap(({ clientId, items }) => items.map((item, index) => ({ clientId, number: index + 1, ...item })));
  const moved = new Map();
  for (const line of lines) moved.set(line.productId, (moved.get(line.productId) ?? 0) + line.quantity * 1000);
  const hash = (text) => createHash("sha256").update(text).digest("hex");
  const id = () => uuidv7(Date.now());
  const saleIds = sales.map(id);
  return {
    n,
    client_ids: sales.map(({ clientId }) => clientId),
    content_hashes: sales.map(({ clientId }) => `\\x${hash(clientId)}`),
    hashes: sales.map(({ clientId }) => hash(clientId)),
    // With what a device puts around a sale, so that it is as long.
    bodies: sales.map((sale) => JSON.stringify({ ...sale, type: "sale", deviceSeq: n, prevHash: hash(""), hash: hash(""), receiptNumber: "T1-000001", schemaVersion: 1 })),
    outcomes: sales.map(({ clientId }, index) => JSON.stringify({ clientId, status: "synced", duplicate: false, saleId: saleIds[index], conflicts: [], notices: [], error: null })),
    sale_ids: saleIds,
    receipts: sales.map((_, index) => `T1-${String(index).padStart(6, "0")}`),
    sold_at: sales.map(({ offlineCreatedAt }) => offlineCreatedAt),
    totals: sales.map(({ totalMinor }) => totalMinor),
    taxes: sales.map(({ taxMinor }) => taxMinor),
    line_sales: lines.map(({ clientId }) => clientId),
    line_numbers: lines.map(({ number }) => number),
    line_products: lines.map(({ productId }) => productId),
    line_names: lines.map(({ name }) => name),
    line_skus: lines.map(({ sku }) => sku),
    line_quantities: lines.map(({ quantity }) => quantity * 1000),
    line_prices: lines.map(({ unitPriceMinor }) => unitPriceMinor),
    line_taxes: lines.map(({ taxMinor }) => taxMinor),
    line_totals: lines.map(({ totalMinor }) => totalMinor),
    products: [...moved.keys()].sort(),
    deltas: [...moved].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, milli]) => -milli),
    movement_ids: lines.map(id),
  };
}
