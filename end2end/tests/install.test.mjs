// The till as an installed app: the browser's own checks, and a new build that is offered and never forced.

import assert from "node:assert/strict";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { scenario } from "../harness/scenario.mjs";
import { settings } from "../harness/settings.mjs";

scenario("the browser finds nothing that keeps the till from being installed", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const devTools = await till.profile.devTools(till.page);
  const { errors, data, manifest, url } = await devTools.send("Page.getAppManifest");
  assert.deepEqual(errors, []);
  assert.ok(url.endsWith("/manifest.webmanifest"), url);
  assert.ok(data ?? manifest, "there is a manifest");
  const { installabilityErrors } = await devTools.send("Page.getInstallabilityErrors");
  assert.deepEqual(installabilityErrors, []);

  const fields = JSON.parse(data);
  assert.equal(fields.start_url, "/till");
  assert.ok(fields.id);
  for (const size of ["192x192", "512x512"]) assert.ok(fields.icons.some((icon) => icon.sizes === size), size);
  assert.ok(fields.icons.some((icon) => icon.purpose?.includes("maskable")));
});

/** The site as another build would have left it. */
async function anotherBuild() {
  const folder = await mkdtemp(join(tmpdir(), "keeptill-site-"));
  await cp(settings.siteDir, folder, { recursive: true });
  const boot = `${await readFile(join(folder, "boot.js"), "utf8")}\n// Another build.\n`;
  await writeFile(join(folder, "boot.js"), boot);
  await writeFile(join(folder, "boot.js.br"), brotliCompressSync(boot));
  return folder;
}

scenario("a new build is offered when the cart is empty, never forced, and costs no sale", async (shop) => {
  await shop.office.addProduct({ name: "Flat white", price: "3.50", stock: 10 });
  const till = await shop.till();
  const site = await anotherBuild();
  try {
    shop.expectNetworkFaults();
    await shop.server.stop();
    const receipts = [await till.sell("Flat white")];
    await till.add("Flat white");
    await shop.server.start({ KEEPTILL_SITE_DIR: site });
    await till.page.evaluate(() => {
      window.stillTheSamePage = true;
      return navigator.serviceWorker.getRegistration().then((registration) => registration.update().then(() => true));
    });
    const waits = () =>
      till.page.evaluate(() =>
        navigator.serviceWorker.getRegistration().then((registration) => registration.waiting?.state === "installed"),
      );
    await till.page.waitForFunction(() =>
      navigator.serviceWorker.getRegistration().then((registration) => registration.waiting?.state === "installed"),
    );
    const offer = till.page.getByRole("button", { name: "Switch" });
    await till.line("Flat white").waitFor();
    assert.equal(await offer.isVisible(), false, "nothing is offered in the middle of a sale");

    receipts.push(await till.pay());
    await till.page.getByText("A new version is ready").waitFor();
    assert.ok(await waits(), "the new build waits until it is asked for");
    assert.equal(await till.page.evaluate(() => window.stillTheSamePage), true, "the page was not reloaded by itself");
    receipts.push(await till.sell("Flat white"));
    await shop.books.untilThereAre(3);
    await till.untilBadgeSays(/^Online/);

    // With sales that are on this device only, it first says what is at stake.
    await till.profile.cutOff();
    receipts.push(await till.sell("Flat white"));
    await offer.click();
    const question = till.page.getByRole("dialog", { name: "Switch to the new version?" });
    await question.getByText("1 sale worth €3.50 is on this device and nowhere else.").waitFor();
    await question.getByRole("button", { name: "Not now" }).click();
    await question.waitFor({ state: "detached" });
    assert.equal(await till.page.evaluate(() => window.stillTheSamePage), true);
    await till.profile.reconnect();
    await shop.books.untilThereAre(4);
    await till.untilBadgeSays(/^Online/);

    await offer.click();
    await till.page.waitForFunction(() => window.stillTheSamePage === undefined);
    await till.untilItSells();
    await offer.waitFor({ state: "detached" });
    assert.equal(await waits(), false);
    receipts.push(await till.sell("Flat white"));
    const sales = await shop.books.untilThereAre(5);
    assert.deepEqual(sales.map((sale) => sale.receipt_number), receipts);
  } finally {
    await rm(site, { recursive: true, force: true });
  }
});
