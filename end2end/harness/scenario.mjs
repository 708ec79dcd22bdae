// One test: a shop of its own, with its own database, server, manager and tills, and the books checked at the end.

import { mkdir } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { test } from "node:test";
import { Books } from "./books.mjs";
import { Database } from "./database.mjs";
import { Office } from "./office.mjs";
import { LAPTOP, Profile } from "./profile.mjs";
import { FaultProxy } from "./proxy.mjs";
import { Server } from "./server.mjs";
import { asEnvironment, checkSettings, resultsFolder } from "./settings.mjs";
import { Till } from "./till.mjs";

const TEST_MS_MAX = 150_000;

/**
 * Runs `body` with a shop that has been set up through the pages. Where `proxied` is true the browsers reach the
 * server through `shop.proxy`.
 */
export function scenario(fact, options, body) {
  if (typeof options === "function") return scenario(fact, {}, options);
  test(fact, { timeout: TEST_MS_MAX }, async () => {
    checkSettings();
    const shop = new Shop();
    try {
      await shop.open(options);
      await body(shop);
      await shop.books.assertInOrder();
      for (const profile of shop.profiles) profile.assertNoComplaints();
    } catch (error) {
      await shop.describe(fact);
      throw error;
    } finally {
      await shop.close();
    }
  });
}

class Shop {
  profiles = [];

  async open({ proxied = false, environment = {} }) {
    this.database = await Database.create();
    this.books = new Books(this.database);
    this.server = await Server.start(this.database, environment);
    if (proxied) this.proxy = await FaultProxy.start(this.server);
    this.origin = this.proxy?.origin ?? this.server.origin;
    this.office = new Office(await this.#profile("the manager", { viewport: LAPTOP }), this.origin);
    await this.office.setUpShop();
  }

  /** A tablet that is no till yet. */
  async tablet(name = "Till 1") {
    return this.#profile(name);
  }

  async #profile(name, options) {
    const profile = await Profile.create(name, options);
    this.profiles.push(profile);
    return profile;
  }

  /** A new tablet, paired through the office's link; `prepare` is done to its browser first. */
  async till(name = "Till 1", prepare = async () => {}) {
    const profile = await this.#profile(name);
    await prepare(profile);
    return Till.pair(profile, await this.office.pairingLink(name));
  }

  /** The server or the way to it is about to fail: what the browsers then print is no complaint. */
  expectNetworkFaults() {
    for (const profile of this.profiles) profile.allowNetworkFaults();
  }

  async killServer() {
    this.expectNetworkFaults();
    await this.server.kill();
  }

  /** Says how to see a failure again, and saves what the pages showed. */
  async describe(fact) {
    const file = relative(process.cwd(), process.argv[1]);
    const stem = `${basename(process.argv[1], ".test.mjs")}-${fact.replace(/[^a-z0-9]+/gi, "-").slice(0, 60)}`;
    await mkdir(resultsFolder, { recursive: true });
    const shots = [];
    for (const profile of this.profiles) {
      for (const [index, page] of profile.context.pages().entries()) {
        if (page === profile.blank) continue;
        const path = join(resultsFolder, `${stem}-${profile.name.replace(/\W+/g, "-")}-${index}.png`);
        await page.screenshot({ path, timeout: 5_000 }).then(
          () => shots.push(`${path} (${page.url()})`),
          () => {},
        );
      }
    }
    console.error(
      [
        `Failed: ${fact}`,
        `Again: ${asEnvironment()} node --test --test-name-pattern='^${fact}$' ${file}`,
        ...shots.map((shot) => `Shown: ${shot}`),
        ...this.profiles.flatMap((profile) => profile.complaints.map((text) => `Console of ${profile.name}: ${text}`)),
        `The server's last words:\n${this.server?.log.slice(-3_000) ?? "it did not start"}`,
      ].join("\n"),
    );
  }

  async close() {
    await Promise.all(this.profiles.map((profile) => profile.remove()));
    await this.proxy?.close();
    await this.server?.kill();
    await this.database?.drop();
  }
}
