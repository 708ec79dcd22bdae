// A network that fails on demand: it stands between the browser and the server, and passes requests on unless told
// otherwise.

import { once } from "node:events";
import http from "node:http";

export class FaultProxy {
  static async start(server) {
    const proxy = new FaultProxy(server);
    await proxy.open();
    return proxy;
  }

  constructor(server) {
    this.server = server;
    this.faults = [];
    this.refused = new Set();
    this.prefixes = new Map();
    /** `POST /path` of everything passed on, in order. */
    this.seen = [];
  }

  get origin() {
    return `http://127.0.0.1:${this.port}`;
  }

  async open() {
    this.listener = http.createServer((request, response) => this.#pass(request, response));
    this.listener.listen(this.port ?? 0, "127.0.0.1");
    await once(this.listener, "listening");
    this.port = this.listener.address().port;
  }

  /** From here on connections are refused, as when the cable is pulled at the server's end. */
  async close() {
    this.listener.closeAllConnections();
    this.listener.close();
    await once(this.listener, "close");
  }

  /**
   * The next request to `path` is processed by the server, and its answer never arrives: `afterwards` runs once the
   * server has answered, then the connection breaks. Resolves when that has happened.
   */
  loseAnswerOf(path, afterwards = async () => {}) {
    return this.#once(path, { afterAnswer: afterwards });
  }

  /** The next request to `path` waits here until `released` resolves; then it goes its way. */
  hold(path, released) {
    return this.#once(path, { beforePassing: () => released });
  }

  /** From here on every request to `path` breaks off. */
  refuse(path) {
    this.refused.add(path);
  }

  /** The next request to `path` waits here: `reached` resolves when it has come, `release` lets it go its way. */
  stall(path) {
    let arrived;
    let release;
    const reached = new Promise((resolve) => (arrived = resolve));
    const released = new Promise((resolve) => (release = resolve));
    const beforePassing = () => {
      arrived();
      return released;
    };
    const passed = this.#once(path, { beforePassing });
    // Whoever asked may be gone by then.
    passed.catch(() => {});
    return { reached, release, passed };
  }

  /** Every answer to `path` begins with `text` from now on. */
  prepend(path, text) {
    this.prefixes.set(path, text);
  }

  #once(path, fault) {
    return new Promise((resolve, reject) => this.faults.push({ path, ...fault, resolve, reject }));
  }

  #takeFault(path) {
    const index = this.faults.findIndex((fault) => fault.path === path);
    return index < 0 ? undefined : this.faults.splice(index, 1)[0];
  }

  async #pass(request, response) {
    const path = new URL(request.url, this.origin).pathname;
    this.seen.push(`${request.method} ${path}`);
    if (this.refused.has(path)) {
      request.socket.destroy();
      return;
    }
    const fault = this.#takeFault(path);
    try {
      const parts = [];
      for await (const part of request) parts.push(part);
      await fault?.beforePassing?.();
      const passed = http.request({
        host: "127.0.0.1",
        port: this.server.port,
        method: request.method,
        path: request.url,
        headers: request.headers,
        agent: false,
      });
      passed.end(Buffer.concat(parts));
      const [answer] = await once(passed, "response");
      if (fault?.afterAnswer) {
        answer.resume();
        await once(answer, "end");
        await fault.afterAnswer();
        request.socket.destroy();
      } else if (this.prefixes.has(path)) {
        const answered = [];
        for await (const part of answer) answered.push(part);
        const { "content-length": _, etag: __, ...headers } = answer.headers;
        response.writeHead(answer.statusCode, headers);
        response.end(Buffer.concat([Buffer.from(this.prefixes.get(path)), ...answered]));
      } else {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
        await once(response, "close");
        // An event stream has no end of its own.
        passed.destroy();
      }
      fault?.resolve();
    } catch (error) {
      request.socket?.destroy();
      fault?.reject(error);
    }
  }
}
