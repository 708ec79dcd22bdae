// express-pouchdb as a process of its own: `node couch-server.mjs FOLDER`. It prints the port it listens on.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import express from "express";
import expressPouchDb from "express-pouchdb";
import PouchDB from "pouchdb";

const folder = join(process.argv[2], "databases");
mkdirSync(folder, { recursive: true });
const app = express();
app.get("/page", (_, response) => response.type("html").send("<!doctype html><title>PouchDB</title>"));
// What replication needs, without the office of it and without a log of every request on disk.
const local = PouchDB.defaults({ prefix: `${folder}/` });
app.use("/db", expressPouchDb(local, { mode: "minimumForPouchDB", inMemoryConfig: true, logPath: "/dev/null" }));
const listener = app.listen(0, "127.0.0.1", () => console.log(listener.address().port));
