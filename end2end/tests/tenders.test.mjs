// The ways to pay, and what the receipt and the books then say.

import assert from "node:assert/strict";
import { scenario } from "../harness/scenario.mjs";

async function tendersOf(shop, receiptNumber) {
  const rows = await shop.database.rows(
    `select t.type, t.amount_minor, t.change_minor from sale_tenders t join sales using (tenant_id, client_id, copy)
     where receipt_number = $1 order by tender_number`,
    [receiptNumber],
  );
  return rows.map(({ type, amount_minor, change_minor }) => [type, amount_minor, change_minor]);
}

scenario("cash gives change, a card gives none, and a voucher pays its part by name", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const dialog = till.page.getByRole("dialog", { name: /^Pay / });

  await till.add("Flat white");
  await till.openPaySheet();
  await dialog.getByRole("button", { name: "€10.00", exact: true }).click();
  const cash = await till.untilPaidIsSaid();
  assert.equal((await till.page.getByTestId("change").innerText()).trim(), "€6.50");
  await till.untilPaid();

  await till.add("Flat white");
  await till.openPaySheet();
  await dialog.getByRole("button", { name: "Card", exact: true }).click();
  const card = await till.untilPaid();

  await till.add("Flat white");
  await till.openPaySheet();
  for (const key of ["2", "Decimal point", "0", "0"]) await dialog.getByRole("button", { name: key, exact: true }).click();
  await dialog.getByRole("button", { name: "Other", exact: true }).click();
  await dialog.getByRole("textbox", { name: /^Name of the payment/ }).fill("Voucher");
  await dialog.getByRole("button", { name: "Use it" }).click();
  await dialog.getByText("Left to pay €1.50").waitFor();
  await till.exactButton.click();
  const mixed = await till.untilPaid();

  await shop.books.untilThereAre(3);
  assert.deepEqual(await tendersOf(shop, cash), [["cash", 1000, 650]]);
  assert.deepEqual(await tendersOf(shop, card), [["card", 350, 0]]);
  const [voucher, rest] = await tendersOf(shop, mixed);
  assert.match(voucher[0], /voucher/i);
  assert.deepEqual([voucher.slice(1), rest], [[200, 0], ["cash", 150, 0]]);

  await till.openSales();
  await till.page.getByRole("link", { name: new RegExp(`^${cash}`) }).click();
  const paper = await till.page.getByRole("article", { name: `Receipt ${cash}` }).innerText();
  for (const words of ["Corner & Crumb", "Flat white", "€3.50", cash]) assert.ok(paper.includes(words), `${words} in ${paper}`);
});

scenario("a sale can be made by keyboard alone", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  await shop.office.addProduct({ name: "Espresso", price: "2.20", stock: 10 });
  const { page } = await shop.till();
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? document.activeElement?.innerText ?? "");
  const tabTo = async (words) => {
    for (let pressed = 0; pressed < 60; pressed += 1) {
      if (words.test(await focused())) return;
      await page.keyboard.press("Tab");
    }
    assert.fail(`${words} can't be reached with Tab`);
  };

  await page.keyboard.press("/");
  await page.keyboard.type("flat w");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Pay €3.50" }).waitFor();
  await tabTo(/^Pay €3\.50/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog", { name: "Pay €3.50" }).waitFor();
  await tabTo(/^Exact/);
  await page.keyboard.press("Enter");
  const paid = page.getByRole("dialog", { name: "Paid" });
  await paid.waitFor();
  await tabTo(/^Next sale/);
  await page.keyboard.press("Enter");
  await paid.waitFor({ state: "hidden" });
  const [sale] = await shop.books.untilThereAre(1);
  assert.equal(sale.total_minor, 350);
});
