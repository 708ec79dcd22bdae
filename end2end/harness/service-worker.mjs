// The service worker from the browser's own side: waking it, and stopping it in the middle of what it does.

import { until } from "./until.mjs";

export class ServiceWorker {
  /** The worker of `till`'s profile, seen through a page that is not the till's. */
  static async of(till) {
    const worker = new ServiceWorker(till.origin, await till.profile.devTools(till.profile.blank));
    await worker.devTools.send("ServiceWorker.enable");
    await until("the browser tells of the service worker", () => worker.registrationId !== undefined);
    return worker;
  }

  constructor(origin, devTools) {
    this.origin = origin;
    this.devTools = devTools;
    this.running = new Set();
    devTools.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => {
      for (const { registrationId, scopeURL, isDeleted } of registrations) {
        if (scopeURL.startsWith(origin) && !isDeleted) this.registrationId = registrationId;
      }
    });
    devTools.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
      for (const { versionId, runningStatus } of versions) {
        if (runningStatus === "stopped") this.running.delete(versionId);
        else this.running.add(versionId);
      }
    });
  }

  /** Wakes it as the browser does when there is a network; `lastChance` says that it will not be asked again. */
  async sync({ tag = "keeptill-sync", lastChance = false } = {}) {
    const { origin, registrationId } = this;
    await this.devTools.send("ServiceWorker.dispatchSyncEvent", { origin, registrationId, tag, lastChance });
  }

  async stop() {
    await this.devTools.send("ServiceWorker.stopAllWorkers");
    await until("no service worker runs", () => this.running.size === 0);
  }
}
