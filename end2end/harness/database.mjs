// A PostgreSQL database of a test's own, looked into as its owner, past every policy.

import { randomBytes } from "node:crypto";
import pg from "pg";
import { settings } from "./settings.mjs";
import { until } from "./until.mjs";

// bigint comes as text by default; no amount or count in a test comes near 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

function connect(database) {
  const url = new URL(settings.databaseUrl);
  url.pathname = `/${database}`;
  return { url: url.href, client: new pg.Client({ connectionString: url.href }) };
}

async function asSuperuser(sql) {
  const { client } = connect("postgres");
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

export class Database {
  static async create() {
    return Database.#make("");
  }

  /** Another database with the same in it; nobody else may be connected to this one. */
  async copy() {
    await this.client.end();
    try {
      return await Database.#make(`template ${this.name}`);
    } finally {
      this.client = connect(this.name).client;
      await this.client.connect();
    }
  }

  static async #make(how) {
    const name = `keeptill_e2e_${randomBytes(6).toString("hex")}`;
    await asSuperuser(`create database ${name} ${how}`);
    const { url, client } = connect(name);
    await client.connect();
    return new Database(name, url, client);
  }

  constructor(name, url, client) {
    this.name = name;
    this.url = url;
    this.client = client;
  }

  /** The rows a query gives. */
  async rows(sql, values = []) {
    return (await this.client.query(sql, values)).rows;
  }

  /** The one value of a one-row query. */
  async value(sql, values = []) {
    const [row] = await this.rows(sql, values);
    return row && Object.values(row)[0];
  }

  /**
   * Keeps every transaction that would write to `table` waiting, runs `body` once one of the server's waits there,
   * and lets go.
   */
  async whileAWriterWaitsFor(table, trigger, body) {
    const { client: holder } = connect(this.name);
    await holder.connect();
    try {
      await holder.query(`begin; lock table ${table} in share row exclusive mode`);
      await trigger();
      await until(`a transaction of the server waits for ${table}`, () =>
        this.value(
          `select count(*) from pg_locks l join pg_stat_activity a using (pid)
           where not l.granted and l.relation = $1::regclass and a.datname = current_database()`,
          [table],
        ),
      );
      await body();
    } finally {
      await holder.end();
    }
  }

  async drop() {
    await this.client.end();
    await asSuperuser(`drop database if exists ${this.name} with (force)`);
  }
}
