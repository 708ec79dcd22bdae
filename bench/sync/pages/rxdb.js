// RxDB with Dexie storage, replicating over HTTP with the server's own endpoints, set up as its documentation shows.

import { createRxDatabase } from "rxdb/plugins/core";
import { replicateRxCollection } from "rxdb/plugins/replication";
import { getRxStorageDexie } from "rxdb/plugins/storage-dexie";
import { fieldsOf } from "./fields.js";

const PRODUCT = fieldsOf({
  id: "id", name: "string", sku: "string?", barcode: "code", categoryId: "string?", taxId: "string?", priceMinor: "integer",
  unit: "string", trackStock: "boolean", imageUrl: "string?", archived: "boolean", syncVersion: "integer", lastModified: "string",
});
const SALE = fieldsOf({
  clientId: "id", type: "string", offlineCreatedAt: "string", currency: "string", pricesIncludeTax: "boolean", items: "array",
  tenders: "array", netMinor: "integer", taxMinor: "integer", totalMinor: "integer",
});

let database;
let products;

async function post(path, token, body) {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

const byBarcode = (barcode) => database.products.findOne({ selector: { barcode } }).exec();

/** Until the look-up finds the product in the state that is wanted. */
async function found({ barcode, name }) {
  const product = await byBarcode(barcode);
  if (product?.name !== name) throw new Error(`after the replication ${barcode} is ${product?.name}, not ${name}`);
}

window.peer = {
  async open() {
    database = await createRxDatabase({ name: "bench", storage: getRxStorageDexie(), multiInstance: false });
    await database.addCollections({
      products: { schema: { version: 0, primaryKey: "id", indexes: ["barcode"], ...PRODUCT } },
      sales: { schema: { version: 0, primaryKey: "clientId", ...SALE } },
    });
  },

  async firstPull(token, wanted, batchSize) {
    const start = performance.now();
    products = replicateRxCollection({
      collection: database.products,
      replicationIdentifier: "products",
      live: true,
      waitForLeadership: false,
      pull: {
        batchSize,
        async handler(checkpoint, limit) {
          const page = await post("/api/sync/pull", token, { collections: ["products"], cursor: checkpoint?.cursor, limit });
          const gone = (page.deletedIds?.products ?? []).map((id) => ({ id, _deleted: true }));
          return { documents: [...page.products.map((one) => ({ ...one, _deleted: false })), ...gone], checkpoint: { cursor: page.cursor } };
        },
      },
    });
    await products.awaitInitialReplication();
    await found(wanted);
    return performance.now() - start;
  },

  async changes(wanted) {
    const start = performance.now();
    products.reSync();
    await products.awaitInSync();
    await found(wanted);
    return performance.now() - start;
  },

  /** How many of these have their new name. */
  async applied(round) {
    const stored = await database.products.findByIds(round.map(({ id }) => id)).exec();
    return round.filter(({ id, name }) => stored.get(id)?.name === name).length;
  },

  async count() {
    return database.products.count().exec();
  },

  async wait(sales) {
    await database.sales.bulkInsert(sales);
  },

  async push(token, batchSize) {
    const start = performance.now();
    const replication = replicateRxCollection({
      collection: database.sales,
      replicationIdentifier: "sales",
      live: true,
      waitForLeadership: false,
      push: {
        batchSize,
        async handler(rows) {
          const events = rows.map(({ newDocumentState: { _deleted, ...sale } }) => sale);
          const { results } = await post("/api/sync/push", token, { events });
          const refused = results.filter(({ status }) => status !== "synced");
          if (refused.length > 0) throw new Error(`not synced: ${JSON.stringify(refused[0])}`);
          return [];
        },
      },
    });
    await replication.awaitInitialReplication();
    return performance.now() - start;
  },
};
