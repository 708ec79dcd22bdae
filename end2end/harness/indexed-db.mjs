// The browser's database, touched from outside the product: made as an older build left it, or broken on purpose.

const NAME = "keeptill";

/** Makes the database in `page`, whose origin must not have one yet. */
export async function makeDatabase(page, { version, stores, rows }) {
  await page.evaluate(
    ({ name, version, stores, rows }) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open(name, version);
        opening.onupgradeneeded = ({ oldVersion }) => {
          if (oldVersion !== 0) return reject(new Error("there is a database already"));
          for (const { name, keyPath, indexes } of stores) {
            const store = opening.result.createObjectStore(name, keyPath === null ? {} : { keyPath });
            for (const index of indexes) store.createIndex(index.name, index.keyPath, { unique: index.unique });
          }
          for (const [store, key, value] of rows) opening.transaction.objectStore(store).put(value, key);
        };
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          opening.result.close();
          resolve();
        };
      }),
    { name: NAME, version, stores, rows },
  );
}

/** Its version and the names of its stores. */
export async function describeDatabase(page) {
  return page.evaluate(
    (name) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const { version, objectStoreNames } = opening.result;
          opening.result.close();
          resolve({ version, stores: [...objectStoreNames] });
        };
      }),
    NAME,
  );
}

/** Everything in one store. */
export async function recordsOf(page, store) {
  return page.evaluate(
    ({ name, store }) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const reading = opening.result.transaction(store).objectStore(store).getAll();
          reading.onerror = () => reject(reading.error);
          reading.onsuccess = () => {
            opening.result.close();
            resolve(reading.result);
          };
        };
      }),
    { name: NAME, store },
  );
}

/** Puts a record in the place of the one with its key. */
export async function replaceRecord(page, store, record) {
  await page.evaluate(
    ({ name, store, record }) =>
      new Promise((resolve, reject) => {
        const opening = indexedDB.open(name);
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const writing = opening.result.transaction(store, "readwrite");
          writing.objectStore(store).put(record);
          writing.onabort = () => reject(writing.error);
          writing.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
    { name: NAME, store, record },
  );
}

/** A page of the till's origin that is none of the till's. */
export async function bystander(till) {
  const page = await till.profile.newPage();
  // What it shows has no icon; a browser asks all the same.
  till.profile.allow(/\/favicon\.ico/);
  await page.goto(`${till.origin}/manifest.webmanifest`);
  return page;
}
