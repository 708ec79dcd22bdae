// How many sales the server takes in, beside pgbench running the same SQL on the same PostgreSQL:
// `cargo xtask bench push`. docs/PERFORMANCE.md says how they are compared.

import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Database } from "../../end2end/harness/database.mjs";
import { Server } from "../../end2end/harness/server.mjs";
import { settings } from "../../end2end/harness/settings.mjs";
import { cpuSeconds, machine, today, version } from "../measure/machine.mjs";
import { options } from "../measure/options.mjs";
import { count, summary } from "../measure/statistics.mjs";
import { markdown, plain, replaceIn } from "../measure/table.mjs";
import { CONNECTIONS, seed, writePayload } from "./seed.mjs";

const folder = dirname(fileURLToPath(import.meta.url));
const pgbench = process.env.KEEPTILL_PGBENCH ?? "pgbench";
const chosen = options(["hot", "many"], { runs: 3 });

/** Sales in one measurement, by batch size: some seconds each. */
const SALES = chosen.quick ? { 1: 400, 50: 4_000, 200: 8_000 } : { 1: 8_000, 50: 40_000, 200: 80_000 };
const TENANTS = { hot: 1, many: chosen.quick ? 50 : 1_000 };

const say = (words) => console.error(`${new Date().toTimeString().slice(0, 8)}  ${words}`);

/** A database with the shops in it, migrated by the server itself. */
async function prepared(tenants) {
  const database = await Database.create();
  const server = await Server.start(database);
  await server.stop();
  await seed(database, tenants);
  await database.rows("vacuum analyze");
  return database;
}

/** What PostgreSQL has used of the processors, all its processes that are or were. */
async function postgresSeconds(database) {
  const pid = Number((await database.value("select pg_read_file('postmaster.pid')")).split("\n")[0]);
  const children = execFileSync("ps", ["--ppid", String(pid), "-o", "pid="], { encoding: "utf8" }).trim().split(/\s+/);
  const one = (child) => {
    try {
      return cpuSeconds(child);
    } catch {
      // It ended meanwhile, and is among the postmaster's past children.
      return 0;
    }
  };
  return cpuSeconds(pid, { withPast: true }) + children.reduce((sum, child) => sum + one(child), 0);
}

/** Runs `work` on a fresh copy of the shops and gives what it cost beside what it says. */
async function onACopy(original, work) {
  const database = await original.copy();
  try {
    await database.rows("checkpoint");
    return await work(database);
  } finally {
    await database.drop();
  }
}

async function costing(database, sales, work) {
  const lsn = await database.value("select pg_current_wal_lsn()::text");
  const before = await postgresSeconds(database);
  const result = await work();
  const postgres = (await postgresSeconds(database)) - before;
  const wal = Number(await database.value("select pg_wal_lsn_diff(pg_current_wal_lsn(), $1::pg_lsn)", [lsn]));
  const booked = await database.value("select count(*) from sales");
  if (booked !== sales) throw new Error(`${sales} sales were pushed and ${booked} are there`);
  return { ...result, perSecond: (sales / result.ms) * 1000, postgres, walPerSale: wal / sales };
}

async function throughServer(original, tenants, batchSize, batches) {
  return onACopy(original, async (database) => {
    const server = await Server.start(database, { KEEPTILL_LOG: "error" });
    const load = fork(join(folder, "load.mjs"));
    try {
      load.send({ port: server.port, tenants, batchSize, batches });
      await answerOf(load);
      const before = cpuSeconds(server.child.pid);
      const result = await costing(database, batches * batchSize, async () => {
        load.send("go");
        return answerOf(load);
      });
      return { ...result, server: cpuSeconds(server.child.pid) - before };
    } finally {
      load.kill();
      await server.kill();
    }
  });
}

async function answerOf(child) {
  const [answer] = await Promise.race([once(child, "message"), once(child, "exit").then(() => [{ error: "the load generator ended" }])]);
  if (answer.error) throw new Error(answer.error);
  return answer;
}

async function throughPgbench(original, tenants, batchSize, batches) {
  return onACopy(original, async (database) => {
    await writePayload(database, batches, batchSize);
    await database.rows("checkpoint");
    return costing(database, batches * batchSize, () => runPgbench(database, tenants, batchSize, batches));
  });
}

async function runPgbench(database, tenants, batchSize, batches) {
  const variables = { tenants, size: batchSize, connections: CONNECTIONS };
  const child = spawn(
    pgbench,
    [
      "--no-vacuum", "--protocol=prepared", `--client=${CONNECTIONS}`, "--jobs=2", `--transactions=${batches / CONNECTIONS}`,
      ...Object.entries(variables).map(([name, value]) => `--define=${name}=${value}`),
      `--file=${join(folder, "push.pgbench")}`, database.url,
    ],
    { env: { ...process.env, PGOPTIONS: "-c role=keeptill_app" }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (said += text));
  const [code] = await once(child, "exit");
  const failed = said.match(/number of failed transactions: (\d+)/)?.[1];
  if (code !== 0 || failed !== "0") throw new Error(`pgbench ended with ${code}:\n${said.slice(-4_000)}`);
  const [, tps] = said.match(/tps = ([\d.]+) \(without initial connection time\)/);
  return { ms: (batches / Number(tps)) * 1000 };
}

const CASES = chosen.only.flatMap((name) => Object.keys(SALES).map((size) => ({ name, tenants: TENANTS[name], batchSize: Number(size) })));

async function measure() {
  const figures = [];
  const databases = new Map();
  try {
    for (const name of chosen.only) {
      say(`opening ${TENANTS[name]} shops`);
      databases.set(name, await prepared(TENANTS[name]));
    }
    for (let run = 1; run <= chosen.runs; run += 1) {
      for (const { name, tenants, batchSize } of CASES) {
        const batches = Math.floor(SALES[batchSize] / batchSize / CONNECTIONS) * CONNECTIONS;
        const server = await throughServer(databases.get(name), tenants, batchSize, batches);
        const sql = await throughPgbench(databases.get(name), tenants, batchSize, batches);
        figures.push({ name, tenants, batchSize, run, server, sql });
        const busy = (what, seconds, ms) => `${what} ${((seconds * 1000) / ms).toFixed(2)}`;
        say(`run ${run}, ${tenants} shops, batches of ${batchSize}: ${count(server.perSecond)} sales/s, pgbench ${count(sql.perSecond)}; processors: ${busy("server", server.server, server.ms)}, ${busy("PostgreSQL", server.postgres, server.ms)}, ${busy("load", server.cpuSeconds, server.ms)}, ${busy("PostgreSQL under pgbench", sql.postgres, sql.ms)}; WAL a sale: ${count(server.walPerSale)} and ${count(sql.walPerSale)} bytes`);
      }
    }
  } finally {
    for (const database of databases.values()) await database.drop();
  }
  return figures;
}

function table(figures) {
  const heading = ["", "server, sales/s", "pgbench, sales/s", "share", "processors: server", "PostgreSQL", "load generator"];
  const rows = CASES.map(({ name, tenants, batchSize }) => {
    const mine = figures.filter((figure) => figure.name === name && figure.batchSize === batchSize);
    const median = (pick) => summary(mine.map(pick)).median;
    const busy = (pick) => median(({ server }) => (pick(server) * 1000) / server.ms).toFixed(2);
    const [server, sql] = [median((one) => one.server.perSecond), median((one) => one.sql.perSecond)];
    const what = `${tenants === 1 ? "one hot tenant" : `${count(tenants)} tenants`}, batches of ${batchSize}`;
    return [what, count(server), count(sql), `${Math.round((100 * server) / sql)} %`, busy((one) => one.server), busy((one) => one.postgres), busy((one) => one.cpuSeconds)];
  });
  return [heading, ...rows];
}

const before = machine();
const figures = await measure();
const words = `${today()}, \`cargo xtask bench push --runs ${chosen.runs}${chosen.quick ? " --quick" : ""}\`, median of ${chosen.runs}, ${CONNECTIONS} connections; ${before.cpu}; load average ${before.load.toFixed(1)} before; ${version(pgbench)}.`;
await mkdir(join(folder, "../results"), { recursive: true });
await writeFile(join(folder, `../results/push-${new Date().toISOString().replace(/[:.]/g, "-")}.json`), JSON.stringify({ words, figures }, null, 1));
console.log(`\n${plain(table(figures))}\n\n${words}`);
if (chosen.write) await replaceIn(join(folder, "../../docs/PERFORMANCE.md"), "push", `${words}\n\n${markdown(table(figures))}`);
