// PouchDB with the browser's own storage, replicating with express-pouchdb. A product's document is found under its
// barcode, which spares PouchDB an index.

import PouchDB from "pouchdb";

let products;
let sales;
let remote;

/** Resolves when a live replication has nothing left to do; while it waits for another try it says why instead. */
function settled(replication) {
  return new Promise((resolve, reject) => {
    replication.on("error", reject);
    replication.on("denied", reject);
    replication.on("paused", (error) => !error && resolve());
  });
}

async function found({ barcode, name }) {
  const product = await products.get(barcode);
  if (product.name !== name) throw new Error(`after the replication ${barcode} is ${product.name}, not ${name}`);
}

window.peer = {
  async open(productsUrl, salesUrl) {
    remote = { products: productsUrl, sales: salesUrl };
    products = new PouchDB("products", { auto_compaction: true });
    sales = new PouchDB("sales", { auto_compaction: true });
    await Promise.all([products.info(), sales.info()]);
  },

  async firstPull(wanted, batchSize) {
    const start = performance.now();
    await products.replicate.from(remote.products, { batch_size: batchSize });
    await found(wanted);
    return performance.now() - start;
  },

  async changes(wanted, batchSize) {
    const start = performance.now();
    await products.replicate.from(remote.products, { batch_size: batchSize });
    await found(wanted);
    return performance.now() - start;
  },

  async applied(round) {
    const { rows } = await products.allDocs({ keys: round.map(({ barcode }) => barcode), include_docs: true });
    return round.filter(({ name }, index) => rows[index].doc?.name === name).length;
  },

  async count() {
    return (await products.info()).doc_count;
  },

  async wait(waiting) {
    await sales.bulkDocs(waiting.map(({ clientId, ...sale }) => ({ _id: clientId, ...sale })));
  },

  /** With `live` and `retry`, as an application that must not lose sales sets it. */
  async push(batchSize) {
    const start = performance.now();
    const replication = sales.replicate.to(remote.sales, { live: true, retry: true, batch_size: batchSize });
    await settled(replication);
    const ms = performance.now() - start;
    replication.cancel();
    return ms;
  },
};
