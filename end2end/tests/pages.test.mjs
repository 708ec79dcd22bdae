// Every page opens, comes to life without a complaint, and fits a phone.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

const PHONE = { width: 390, height: 844 };

/** What reaches past the page's right edge; nothing, where the page fits. */
function whatSticksOut() {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  return [...document.querySelectorAll("body *")]
    .filter((element) => element.getBoundingClientRect().right > width + 1)
    .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)
    .slice(0, 5);
}

scenario("every page of the office opens, is taken over by the browser, and fits a phone", async (shop) => {
  await shop.office.addProduct({ name: "Oat milk 1 l", price: "2.60", stock: 1 });
  const till = await shop.till();
  await till.sell("Oat milk 1 l", "Oat milk 1 l");
  await shop.books.untilThereAre(1);
  const { page } = shop.office;

  const paths = ["", "/conflicts", "/conflicts?status=resolved", "/sales", "/products", "/products/new", "/categories", "/devices", "/staff", "/log", "/audit"];
  for (const [list, item] of [["/conflicts", "/conflicts/"], ["/sales", "/sales/"], ["/products", "/products/0"], ["/devices", "/devices/"]]) {
    await shop.office.visit(`/office${list}`);
    const link = page.getByRole("main").locator(`a[href^="/office${item}"]`).first();
    paths.push((await link.getAttribute("href")).slice("/office".length));
  }
  for (const path of paths) {
    await shop.office.visit(`/office${path}`);
    await page.locator("html[data-ready]").waitFor();
    await page.getByRole("heading", { level: 1 }).waitFor();
    await page.setViewportSize(PHONE);
    assert.deepEqual(await page.evaluate(whatSticksOut), [], `/office${path} on a phone`);
    await page.setViewportSize({ width: 1440, height: 900 });
  }
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByRole("heading", { name: "Log in" }).waitFor();
  await shop.office.logIn();
});

scenario("every page of the till fits a phone", async (shop) => {
  await shop.office.addProduct({ name: "Oat milk 1 l", price: "2.60", stock: 1 });
  const till = await shop.till();
  await till.sell("Oat milk 1 l", "Oat milk 1 l");
  const { page } = till;
  await page.setViewportSize(PHONE);
  const fits = async (what) => assert.deepEqual(await page.evaluate(whatSticksOut), [], what);
  await till.add("Oat milk 1 l");
  await fits("the grid");
  await till.openPaySheet();
  await fits("paying");
  await till.exactButton.click();
  await till.untilPaidIsSaid();
  await fits("paid");
  await till.openSales();
  await fits("the sales");
  await page.getByRole("list", { name: "Sales of this till" }).getByRole("link").first().click();
  await page.getByRole("article").waitFor();
  await fits("a receipt");
  await till.visit("/till/connection");
  await page.getByTestId("waiting").waitFor();
  await fits("the connection");
});
