// The real server as a process: started, stopped, killed hard, started again on the same port.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { settings } from "./settings.mjs";
import { until } from "./until.mjs";

/** A port nobody listens on at this moment. */
export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

export class Server {
  /** Starts a server on `database`, with further environment variables where a test needs them. */
  static async start(database, environment = {}) {
    const server = new Server(database, await freePort(), environment);
    await server.start();
    return server;
  }

  constructor(database, port, environment) {
    this.database = database;
    this.port = port;
    this.origin = `http://127.0.0.1:${port}`;
    this.environment = environment;
    this.log = "";
  }

  async start(environment = {}) {
    const child = spawn(settings.bin, ["serve"], {
      cwd: tmpdir(),
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        DATABASE_URL: this.database.url,
        KEEPTILL_LISTEN: `127.0.0.1:${this.port}`,
        KEEPTILL_SITE_DIR: settings.siteDir,
        KEEPTILL_LOG: process.env.KEEPTILL_LOG ?? "info",
        ...this.environment,
        ...environment,
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(child);
    child.once("exit", () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (this.log += text));
    this.child = child;
    await until(
      () => `the server answers at ${this.origin}/readyz\n${this.log}`,
      async () => {
        if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
        return (await fetch(`${this.origin}/readyz`)).ok;
      },
    );
  }

  /** As a power cut ends it: nothing is finished, nothing is said. */
  async kill() {
    await this.#end("SIGKILL");
  }

  /** As an administrator stops it. */
  async stop() {
    await this.#end("SIGTERM");
  }

  async #end(signal) {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill(signal);
    await gone;
  }
}
