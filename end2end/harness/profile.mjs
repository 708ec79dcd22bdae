// One browser with one profile on disk: a tablet or a laptop, which can lose its network, crash, and be started again.

import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { settings } from "./settings.mjs";
import { until } from "./until.mjs";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What a browser prints where a request finds no network. */
const NETWORK_FAULTS = /net::ERR_/;

export const TABLET = { width: 1280, height: 800 };
export const LAPTOP = { width: 1440, height: 900 };

export class Profile {
  static async create(name, options = {}) {
    const folder = await mkdtemp(join(tmpdir(), "keeptill-profile-"));
    const profile = new Profile(name, folder, options);
    await profile.open();
    return profile;
  }

  constructor(name, folder, options) {
    this.name = name;
    this.folder = folder;
    this.options = { viewport: TABLET, ...options };
    this.complaints = [];
    this.allowed = [];
  }

  /** Starts the browser's process; `offline` starts it without a network. */
  async open({ offline = false } = {}) {
    if (offline) this.allow(NETWORK_FAULTS);
    this.context = await chromium.launchPersistentContext(this.folder, {
      executablePath: settings.chromium,
      headless: true,
      args: FLAGS,
      offline,
      locale: "en-GB",
      ...this.options,
    });
    this.context.setDefaultTimeout(20_000);
    this.context.on("console", (message) => {
      if (message.type() !== "error" && !/Content Security Policy/i.test(message.text())) return;
      this.complaints.push(`${message.text()} (${message.location().url})`);
    });
    this.context.on("weberror", (failure) => this.complaints.push(`uncaught: ${failure.error().stack}`));
    this.context.on("page", (page) => page.on("crash", () => this.complaints.push(`${page.url()} crashed`)));
    // Kept open, so that closing every page of the till does not end the browser.
    this.blank = this.context.pages()[0] ?? (await this.context.newPage());
  }

  async newPage() {
    return this.context.newPage();
  }

  async cutOff() {
    this.allow(NETWORK_FAULTS);
    await this.context.setOffline(true);
  }

  async reconnect() {
    await this.context.setOffline(false);
  }

  /** Says that a complaint of this kind belongs to what the test does. */
  allow(pattern) {
    this.allowed.push(pattern);
  }

  allowNetworkFaults() {
    this.allow(NETWORK_FAULTS);
  }

  assertNoComplaints() {
    const complaints = this.complaints.filter((text) => !this.allowed.some((pattern) => pattern.test(text)));
    assert.deepEqual(complaints, [], `the browser of ${this.name} complained`);
  }

  async devTools(page) {
    return this.context.newCDPSession(page);
  }

  /** Ends the browser's process as a flat battery does: nothing gets to finish. */
  async crash() {
    const session = await this.context.browser().newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    const { id } = processInfo.find(({ type }) => type === "browser");
    const gone = new Promise((resolve) => this.context.once("close", resolve));
    process.kill(id, "SIGKILL");
    await gone;
    await until("the browser's process is gone", () => !isRunning(id));
  }

  /** Ends the processes of all pages and workers, as the system does when memory runs out: the browser itself lives. */
  async killPages() {
    this.allow(/ crashed$/);
    const pages = this.context.pages();
    const gone = pages.map((page) => new Promise((resolve) => page.once("crash", resolve)));
    const session = await this.context.browser().newBrowserCDPSession();
    const { processInfo } = await session.send("SystemInfo.getProcessInfo");
    for (const { type, id } of processInfo) if (type === "renderer" && isRunning(id)) process.kill(id, "SIGKILL");
    await Promise.all(gone);
    this.blank = await this.context.newPage();
    await Promise.all(pages.map((page) => page.close()));
  }

  async close() {
    await this.context.close();
  }

  async remove() {
    await this.context.close().catch(() => {});
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
