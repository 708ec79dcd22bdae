// What a cashier waits for, measured in a real browser, and what the till weighs: `cargo xtask bench till`.
//
// Times are taken inside the page, from the browser's own clock, so that nothing of the test's own way to the browser
// is in them. It needs what the browser tests need; end2end/README.md says what that is.

import { readdir, stat } from "node:fs/promises";
import { cpus } from "node:os";
import { join } from "node:path";
import { Api } from "../end2end/harness/api.mjs";
import { Database } from "../end2end/harness/database.mjs";
import { Profile } from "../end2end/harness/profile.mjs";
import { Server } from "../end2end/harness/server.mjs";
import { checkSettings, settings } from "../end2end/harness/settings.mjs";
import { Till } from "../end2end/harness/till.mjs";

const COLD_STARTS = 10;
const SALES = 30;
const PRODUCTS = 200;

checkSettings();

async function sizes() {
  const folder = join(settings.siteDir, "pkg");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".br"));
  const size = async (pattern) => {
    const name = names.find((one) => pattern.test(one));
    return name ? (await stat(join(folder, name))).size : undefined;
  };
  return {
    "page WASM, brotli": await size(/^keeptill\..*\.?wasm\.br$/),
    "worker WASM, brotli": await size(/^worker\..*\.?wasm\.br$/),
    "page script, brotli": await size(/^keeptill\..*\.?js\.br$/),
    "styles, brotli": await size(/^keeptill\..*\.?css\.br$/),
  };
}

/** Runs in the page before its own code: taps the first product as soon as there is one, and notes when it counted. */
function tapTheFirstProduct() {
  const look = () => {
    const tile = [...document.querySelectorAll("main button, button")].find((button) =>
      /^Product 001, /.test(button.getAttribute("aria-label") ?? button.innerText),
    );
    if (tile && !window.tappedAt) {
      window.tappedAt = performance.now();
      tile.click();
    }
    const total = document.querySelector('[data-testid="total"]');
    if (window.tappedAt && !window.countedAt && total && !/€0\.00/.test(total.textContent) && /\d/.test(total.textContent)) {
      window.countedAt = performance.now();
    }
    if (!window.countedAt) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function coldOfflineStart(till) {
  await till.profile.close();
  await till.profile.open({ offline: true });
  await till.profile.context.addInitScript(tapTheFirstProduct);
  till.page = await till.profile.newPage();
  await till.visit();
  const handle = await till.page.waitForFunction(() => window.countedAt && { tapped: window.tappedAt, counted: window.countedAt });
  const times = await handle.jsonValue();
  await till.page.getByRole("button", { name: "Clear", exact: true }).click();
  return times;
}

/** Runs in the page: from the tap on Pay, through the tap on Exact, to the word "Paid". */
async function payInThePage() {
  const appears = (find) =>
    new Promise((resolve) => {
      const look = () => {
        const found = find();
        if (!found) return false;
        observer.disconnect();
        resolve(found);
        return true;
      };
      const observer = new MutationObserver(look);
      observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
      look();
    });
  const button = (words) => () =>
    [...document.querySelectorAll("button")].find(
      (one) => words.test(one.getAttribute("aria-label") ?? one.innerText) && !one.disabled && one.checkVisibility(),
    );
  const pay = button(/^Pay /)();
  const start = performance.now();
  pay.click();
  const exact = await appears(button(/^Exact/));
  const opened = performance.now();
  exact.click();
  await appears(() => [...document.querySelectorAll("h1, h2, h3")].find((one) => one.innerText.trim() === "Paid"));
  const paid = performance.now();
  return { whole: paid - start, exactToPaid: paid - opened };
}

async function payTimes(till) {
  await till.add("Product 001");
  const times = await till.page.evaluate(payInThePage);
  await till.untilPaid();
  return times;
}

function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  return { median: at(0.5), p95: at(0.95) };
}

const table = [];
const row = (what, figure) => table.push([what, figure]);

for (const [what, bytes] of Object.entries(await sizes())) row(what, bytes === undefined ? "not built" : `${(bytes / 1024).toFixed(1)} KiB`);

const database = await Database.create();
const server = await Server.start(database);
let tablet;
try {
  const api = await Api.signUp(server.origin);
  for (let number = 1; number <= PRODUCTS; number += 1) {
    await api.post("/api/products", { name: `Product ${String(number).padStart(3, "0")}`, priceMinor: 350, trackStock: false });
  }
  tablet = await Profile.create("bench");
  const till = await Till.pair(tablet, await api.pairingLink("Bench"));

  const starts = [];
  for (let run = 0; run < COLD_STARTS; run += 1) starts.push(await coldOfflineStart(till));
  row("cold offline start to first tap", `${Math.round(summary(starts.map(({ counted }) => counted)).median)} ms, median of ${COLD_STARTS}`);

  const offline = [];
  for (let run = 0; run < SALES; run += 1) offline.push(await payTimes(till));
  await till.profile.reconnect();
  await till.untilBadgeSays(/^Online/);
  const online = [];
  for (let run = 0; run < SALES; run += 1) online.push(await payTimes(till));
  for (const [where, times] of [["offline", offline], ["online", online]]) {
    const whole = summary(times.map((time) => time.whole));
    row(`tap on Pay to "Paid", ${where}`, `${Math.round(whole.median)} ms, median of ${SALES}; ${Math.round(whole.p95)} ms, 95th percentile`);
  }
} finally {
  await tablet?.remove();
  await server.kill();
  await database.drop();
}

row("measured on", `${cpus().length} × ${cpus()[0].model.trim()}, ${PRODUCTS} products`);
const width = Math.max(...table.map(([what]) => what.length));
for (const [what, figure] of table) console.log(`${what.padEnd(width)}  ${figure}`);
