// Draws every page at every size, light and dark: `node screenshots.mjs <folder> [part of a page's name]`.
//
// It opens a shop of its own with something of everything in it: sales sent, waiting and in review, a price changed, a
// till that was disconnected.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Api } from "./harness/api.mjs";
import { Database } from "./harness/database.mjs";
import { Office } from "./harness/office.mjs";
import { LAPTOP, Profile } from "./harness/profile.mjs";
import { Server } from "./harness/server.mjs";
import { checkSettings } from "./harness/settings.mjs";
import { Till } from "./harness/till.mjs";
import { until } from "./harness/until.mjs";

const SIZES = [
  { width: 1280, height: 800 },
  { width: 820, height: 1180 },
  { width: 390, height: 844 },
  { width: 1440, height: 900 },
];

const PRODUCTS = [
  ["Flat white", 350, "Coffee", 48],
  ["Espresso", 220, "Coffee", null],
  ["Cappuccino", 340, "Coffee", null],
  ["Americano", 280, "Coffee", null],
  ["Butter croissant", 240, "Bakery", 6],
  ["Cinnamon roll", 320, "Bakery", 2],
  ["Sourdough loaf", 580, "Bakery", 9],
  ["Earl Grey", 290, "Tea", 112],
  ["Sencha", 310, "Tea", 64],
  ["Orange juice 0.3 l", 360, "Cold drinks", 18],
  ["Sparkling water", 200, "Cold drinks", 72],
  ["Granola bowl", 690, "Breakfast", 5],
  ["Avocado toast", 840, "Breakfast", null],
  ["House blend", 2800, "Beans", 14, "kg"],
  ["Oat milk 1 l", 260, "Beans", 1],
];

const [, , folder, only] = process.argv;
if (!folder) throw new Error("say where to: node screenshots.mjs <folder> [part of a page's name]");
checkSettings();
await mkdir(folder, { recursive: true });

const database = await Database.create();
const server = await Server.start(database);
const profiles = [];

async function profile(name, options) {
  const one = await Profile.create(name, options);
  profiles.push(one);
  return one;
}

/** One page as it stands, at every size, light and dark. */
async function draw(page, name, { whole = false, prepare = async () => {} } = {}) {
  if (only && !name.includes(only)) return;
  for (const viewport of SIZES) {
    await page.setViewportSize(viewport);
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      await prepare();
      await page.screenshot({ path: join(folder, `${name}-${viewport.width}-${colorScheme}.png`), fullPage: whole });
    }
  }
  await page.setViewportSize(SIZES[0]);
}

/** A step that may find its page changed: the other pictures are drawn all the same. */
async function step(what, body) {
  try {
    await body();
  } catch (error) {
    process.exitCode = 1;
    console.error(`${what}: ${error.message}`);
  }
}

async function fillShop() {
  const api = await Api.signUp(server.origin);
  const tax = await api.post("/api/taxes", { name: "VAT 19 %", ratePpm: 190_000 });
  const categories = new Map();
  const products = new Map();
  for (const [name, priceMinor, category, stock, unit] of PRODUCTS) {
    if (!categories.has(category)) categories.set(category, await api.post("/api/categories", { name: category }));
    products.set(
      name,
      await api.product({ name, priceMinor, stock, taxId: tax.id, categoryId: categories.get(category).id, ...(unit && { unit }) }),
    );
  }
  for (const name of ["Mira", "Jonas"]) await api.post("/api/staff", { name, role: "cashier", pin: "4711" });
  return { api, products };
}

async function drawBeforeTheShop(manager) {
  const page = await manager.newPage();
  await page.goto(server.origin);
  await draw(page, "office-setup", { whole: true });
  await page.close();
}

async function drawTill(till) {
  const { page } = till;
  await draw(page, "till-empty");
  await till.add("Flat white", "Flat white", "Butter croissant", "Cinnamon roll", "Earl Grey");
  await draw(page, "till-cart");
  await step("the cart as a sheet", async () => {
    const opener = page.getByRole("button", { name: /^Cart, / });
    await page.setViewportSize(SIZES[2]);
    await opener.click();
    await draw(page, "till-cart-open");
    await page.setViewportSize(SIZES[2]);
    await opener.click();
    await page.setViewportSize(SIZES[0]);
  });
  await step("search", async () => {
    await page.getByRole("searchbox").fill("zzz");
    await draw(page, "till-search-nothing");
    await page.getByRole("searchbox").fill("");
  });
  await step("a weighed product", async () => {
    await till.tile("House blend").click();
    await page.getByRole("dialog").waitFor();
    await draw(page, "till-weigh");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  });
  await step("who is selling", async () => {
    await page.getByRole("button", { name: /^Cashier: |Who is selling/ }).first().click();
    await page.getByRole("dialog").waitFor();
    await draw(page, "till-cashier");
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
  });
  await till.payButton.click();
  await till.exactButton.waitFor();
  await draw(page, "till-pay");
  await till.exactButton.click();
  await till.paidDialog.waitFor();
  await draw(page, "till-paid");
  const receipt = await till.untilPaid();
  await until("the sale is sent", async () => (await database.value("select count(*) from sales")) > 0);

  await till.profile.cutOff();
  await till.sell("Oat milk 1 l", "Oat milk 1 l");
  await till.sell("Flat white");
  await till.untilBadgeSays(/2 waiting/);
  await draw(page, "till-offline");
  await till.visit("/till/connection");
  await till.untilBadgeSays(/^Offline/);
  await draw(page, "till-connection-offline", { whole: true });
  await page.getByRole("button", { name: "Unpair this till" }).click();
  await page.getByText("nowhere else").waitFor();
  await draw(page, "till-stake");
  await page.getByRole("button", { name: "Not now" }).click();
  for (const name of ["storage", "bring-in"]) {
    await till.visit(`/till/${name}`);
    await till.untilBadgeSays(/^Offline/);
    await draw(page, `till-${name}`, { whole: true });
  }
  await till.visit("/till/sales");
  await till.untilBadgeSays(/^Offline/);
  await draw(page, "till-sales-offline", { whole: true });
  await till.profile.reconnect();
  await until("every sale is sent", async () => (await database.value("select count(*) from sales")) === 3);
  await till.visit("/till/sales");
  await till.untilBadgeSays(/^Online/);
  await draw(page, "till-sales", { whole: true });
  await page.getByRole("link", { name: new RegExp(receipt) }).click();
  await page.getByRole("article").waitFor();
  await draw(page, "till-receipt", { whole: true });
  await till.visit("/till/connection");
  await till.untilBadgeSays(/^Online/);
  await draw(page, "till-connection", { whole: true });
}

async function drawOffice(office) {
  const { page } = office;
  const paths = ["", "/conflicts", "/conflicts?status=resolved", "/sales", "/products", "/products/new", "/categories", "/devices", "/bring-in", "/staff", "/log", "/audit", "/nothing-here"];
  for (const path of paths) {
    await step(path, async () => {
      await office.visit(`/office${path}`);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await draw(page, `office${path.replace(/\W+/g, "-")}`, { whole: true });
    });
  }
  await step("one conflict", async () => {
    await office.openConflict("Tablet 1", "Oat milk");
    await draw(page, "office-conflict", { whole: true });
  });
  await step("one product", async () => {
    await office.openProduct("Flat white");
    await draw(page, "office-product", { whole: true });
  });
  await step("one sale", async () => {
    await office.visit("/office/sales");
    await page.getByRole("link", { name: /^T1-/ }).first().click();
    await page.getByRole("heading", { level: 1, name: /^Receipt/ }).waitFor();
    await draw(page, "office-sale", { whole: true });
  });
  await step("a new till", async () => {
    await office.pairingLink("Tablet 3");
    await draw(page, "office-device-new", { whole: true });
  });
  await step("one till", async () => {
    await office.visit("/office/devices");
    await page.getByRole("link", { name: "Tablet 1", exact: true }).click();
    await page.getByRole("heading", { level: 1, name: /Tablet 1/ }).waitFor();
    await draw(page, "office-device", { whole: true });
  });
  await step("log in", async () => {
    await page.context().clearCookies();
    await office.visit("/login");
    await draw(page, "office-login", { whole: true });
  });
}

try {
  const manager = await profile("the manager", { viewport: LAPTOP });
  await drawBeforeTheShop(manager);
  const { api, products } = await fillShop();

  const tablet = await profile("Tablet 1");
  const unpaired = await tablet.newPage();
  await unpaired.goto(`${server.origin}/till`);
  await unpaired.getByRole("heading", { name: "Pair this till" }).waitFor();
  await draw(unpaired, "till-pair");
  await unpaired.close();
  const till = await Till.pair(tablet, await api.pairingLink("Tablet 1"));
  const second = await Till.pair(await profile("Tablet 2"), await api.pairingLink("Tablet 2"));
  await second.profile.cutOff();
  await second.sell("Flat white", "Sourdough loaf");
  await step("the till", () => drawTill(till));

  await api.patch(`/api/products/${products.get("Flat white").id}`, { priceMinor: 370 });
  await second.profile.reconnect();
  await until("the second till is in", async () => (await database.value("select count(*) from sales")) === 4);
  const office = new Office(manager, server.origin);
  office.page = await manager.newPage();
  await office.logIn();
  await drawOffice(office);
} finally {
  await Promise.all(profiles.map((one) => one.remove()));
  await server.kill();
  await database.drop();
}
