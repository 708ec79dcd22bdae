// The line between a browser and a server: counts what goes over it, and loses some of the answers.

import { once } from "node:events";
import http from "node:http";

/** One in so many answers is lost, the first of them to begin with. */
const LOST_ONE_IN = 10;

export class Line {
  /** `loses` says which requests' answers a tenth of is lost; `counts` which requests' bytes are counted. */
  static async to(port, { loses, counts = () => true } = {}) {
    const line = new Line(port, loses, counts);
    line.listener.listen(0, "127.0.0.1");
    await once(line.listener, "listening");
    line.origin = `http://127.0.0.1:${line.listener.address().port}`;
    return line;
  }

  constructor(port, loses, counts) {
    Object.assign(this, { port, loses, counts, up: 0, down: 0, asked: 0, lost: 0, requests: 0 });
    this.agent = new http.Agent({ keepAlive: true });
    this.listener = http.createServer((request, response) => this.#pass(request, response).catch(() => request.socket.destroy()));
  }

  async close() {
    this.agent.destroy();
    this.listener.closeAllConnections();
    this.listener.close();
    await once(this.listener, "close");
  }

  /** Forgets what was counted so far. */
  reset() {
    Object.assign(this, { up: 0, down: 0, requests: 0 });
  }

  #willBeLost(request) {
    if (!this.loses?.(request)) return false;
    this.asked += 1;
    return this.asked % LOST_ONE_IN === 1;
  }

  async #pass(request, response) {
    const counted = this.counts(request);
    const lost = this.#willBeLost(request);
    const options = { host: "127.0.0.1", port: this.port, method: request.method, path: request.url, headers: request.headers, agent: this.agent };
    const passed = http.request(options);
    if (counted) {
      this.requests += 1;
      this.up += headLength(request.rawHeaders, `${request.method} ${request.url} HTTP/1.1`);
      request.on("data", (part) => (this.up += part.length));
    }
    request.pipe(passed);
    const [answer] = await once(passed, "response");
    if (counted) {
      this.down += headLength(answer.rawHeaders, `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`);
      answer.on("data", (part) => (this.down += part.length));
    }
    if (lost) {
      answer.resume();
      await once(answer, "end");
      this.lost += 1;
      request.socket.destroy();
      return;
    }
    // A browser sends a request again by itself where a connection that it had used before breaks, and so would hide
    // from the measured code that an answer was lost. So no connection is used twice.
    const headers = this.loses ? { ...answer.headers, connection: "close" } : answer.headers;
    response.writeHead(answer.statusCode, headers);
    answer.pipe(response);
  }
}

function headLength(rawHeaders, firstLine) {
  const [LINE_END, SEPARATOR] = [2, 2];
  let length = firstLine.length + 2 * LINE_END;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    length += rawHeaders[index].length + SEPARATOR + rawHeaders[index + 1].length + LINE_END;
  }
  return length;
}
