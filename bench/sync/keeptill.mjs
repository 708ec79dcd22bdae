// The product itself: its till page, looked at from inside, by what it shows.

import { journal, sale } from "./sales.mjs";
import { until } from "../../end2end/harness/until.mjs";
import { browserMemory, pageMemory, WAIT_MS_MAX } from "./browser.mjs";

export const name = "Keeptill";

/** How the push's requests are told from others. */
export const isPush = (request) => request.url.startsWith("/api/sync/push");
export const isSync = (request) => /^\/api\/(sync|catalogue)\//.test(request.url);

/**
 * Runs in the page before its own code. It keeps a code typed into the search field, as after a scan, and notes when
 * the till shows the product that it stands for; and when the network came back, and when nothing waits any more.
 */
function watch() {
  const now = () => performance.now();
  window.wanted = undefined;
  window.openDatabase = () =>
    new Promise((resolve, reject) => {
      const request = indexedDB.open("keeptill");
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const instantiate = WebAssembly.instantiateStreaming;
  WebAssembly.instantiateStreaming = async (...given) => {
    const made = await instantiate.apply(WebAssembly, given);
    window.wasmMemory = (made.instance ?? made).exports.memory;
    return made;
  };
  const shown = ({ code, name }) => {
    const field = document.querySelector('input[type="search"]');
    if (!field) return false;
    if (field.value !== code) {
      field.value = code;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
    return [...document.querySelectorAll(".product-grid button")].some((tile) => tile.getAttribute("aria-label")?.startsWith(`${name}, `));
  };
  const nothingWaits = () => {
    const badge = document.querySelector('a[href="/till/connection"] [role="status"]');
    return /^Online(?!.*waiting)/.test(badge?.textContent ?? "");
  };
  const look = () => {
    if (window.wanted && !window.shownAt && shown(window.wanted)) window.shownAt = now();
    if (window.sending && !window.sentAt && nothingWaits()) window.sentAt = now();
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  window.look = look;
  window.addEventListener("online", () => (window.onlineAt = now()));
}

async function want(page, { barcode, name }) {
  await page.evaluate((wanted) => {
    window.shownAt = undefined;
    window.wanted = wanted;
    window.look();
  }, { code: barcode, name });
}

async function noted(page, mark) {
  const handle = await page.waitForFunction((mark) => window[mark], mark, { timeout: WAIT_MS_MAX, polling: 50 });
  return handle.jsonValue();
}

async function open(profile, link) {
  const page = await profile.newPage();
  await page.addInitScript(watch);
  await page.goto(link);
  await page.getByRole("button", { name: "Pair this till" }).waitFor();
  // What the till keeps for being offline is no part of what is measured.
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  return page;
}

/** From the tap on "Pair this till" in an empty profile until the scanned product is on the screen. */
async function pull(page, shop) {
  await want(page, shop.last);
  const start = await page.getByRole("button", { name: "Pair this till" }).evaluate((button) => {
    window.onlineAt = undefined;
    const start = performance.now();
    button.click();
    return start;
  });
  return (await noted(page, "shownAt")) - start;
}

export async function firstPull(profile, shop, { line, changes = false } = {}) {
  const page = await open(profile, await shop.pairingLink("Bench", line?.origin));
  line?.reset();
  const result = { ms: await pull(page, shop) };
  if (line) result.bytes = { up: line.up, down: line.down };
  result.pageBytes = await pageMemory(profile, page);
  result.browserBytes = await browserMemory(profile);
  if (changes) {
    const changed = await pullChanges(profile, page, shop, line);
    result.changesMs = changed.ms;
    result.changesBytes = changed.bytes;
  }
  return result;
}

/** The till is without a network while the office changes things; from the moment it is back. */
async function pullChanges(profile, page, shop, line) {
  await profile.cutOff();
  const round = await shop.change();
  await want(page, round[round.length - 1]);
  line?.reset();
  await profile.reconnect();
  const ms = (await noted(page, "shownAt")) - (await noted(page, "onlineAt"));
  const bytes = line && { up: line.up, down: line.down };
  await assertAllChanged(page, round);
  return { ms, bytes };
}

async function assertAllChanged(page, round) {
  await page.evaluate(() => (window.wanted = undefined));
  const field = page.getByRole("searchbox", { name: "Search or scan" });
  for (const { barcode, name } of round) {
    await field.fill(barcode);
    await page.locator(`.product-grid button[aria-label^="${name}, "]`).waitFor();
  }
}

/** From the network's return until the till says that nothing waits. */
export async function push(profile, shop, count, { line } = {}) {
  const page = await open(profile, await shop.pairingLink("Bench", line?.origin));
  await pull(page, shop);
  await until("the service worker answers for the page", () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  const { origin } = new URL(page.url());
  // Beside the till on the same origin, so that its storage can be reached while no till is open.
  await page.goto(`${origin}/healthz`);
  const prefix = await page.evaluate(readPrefix);
  const sales = Array.from({ length: count }, (_, number) => sale(number, shop.sold));
  await page.evaluate(writeJournal, journal(sales, prefix));
  await profile.cutOff();
  const till = await profile.newPage();
  await till.addInitScript(watch);
  await till.goto(`${origin}/till`);
  await until(`${count} sales wait`, () => till.evaluate((count) => {
    const badge = document.querySelector('a[href="/till/connection"] [role="status"]');
    return (badge?.textContent ?? "").replace(/[^\d]/g, "").includes(String(count));
  }, count));
  await page.close();
  line?.reset();
  await till.evaluate(() => (window.sending = true));
  await profile.reconnect();
  const ms = (await noted(till, "sentAt")) - (await noted(till, "onlineAt"));
  const result = { ms, bytes: line && { up: line.up, down: line.down }, lost: line?.lost };
  const booked = await shop.booked(sales);
  if (booked !== count) throw new Error(`the till says that all ${count} sales are sent; the server has ${booked}`);
  return result;
}

/** What the receipts of this device begin with. */
async function readPrefix() {
  const database = await window.openDatabase();
  const request = database.transaction("meta").objectStore("meta").get("identity");
  await new Promise((resolve) => (request.onsuccess = resolve));
  database.close();
  return JSON.parse(request.result).identity.receiptPrefix;
}

/** Puts the entries where a till that had recorded them would have put them. */
async function writeJournal(events) {
  const database = await window.openDatabase();
  const transaction = database.transaction(["meta", "journal"], "readwrite");
  const [meta, journal] = [transaction.objectStore("meta"), transaction.objectStore("journal")];
  const request = meta.get("identity");
  await new Promise((resolve) => (request.onsuccess = resolve));
  const device = JSON.parse(request.result).identity.deviceId;
  events.forEach((event, index) => {
    const position = index + 1;
    journal.add({
      position,
      device,
      seq: event.deviceSeq,
      clientId: event.clientId,
      at: Date.parse(event.offlineCreatedAt),
      event: JSON.stringify(event),
      hash: event.hash,
      state: JSON.stringify({ state: "waiting" }),
      waiting: position,
    });
  });
  const last = events[events.length - 1];
  meta.put(String(events.length), "position");
  meta.put(JSON.stringify({ seq: last.deviceSeq, hash: last.hash, receipts: events.length }), `tail ${device}`);
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  database.close();
}
