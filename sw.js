// Keeptill's service worker: it keeps the till's files, answers for them with and without a network, and sends what
// waits when the browser wakes it. The server puts one line before this file that says what the build consists of:
// self.KEEPTILL = { version, precache: ["/till", …], worker: { js, wasm } }.
"use strict";

const build = { version: "none", precache: [], worker: null, ...self.KEEPTILL };
const CACHE = `keeptill-${build.version}`;
const SHELL = "/till";
const SYNC_TAG = "keeptill-sync";
const kept = new Set(build.precache);

// Scripts can be imported while the worker is first evaluated, and never later. This is only the glue: the WASM
// itself is started when it is needed.
if (build.worker) {
  importScripts(build.worker.js);
}

self.addEventListener("install", (event) => event.waitUntil(keepFiles()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate") {
    // The till's page is the same bytes always; every other page is the server's.
    if (kept.has(SHELL) && (url.pathname === SHELL || url.pathname.startsWith(`${SHELL}/`))) {
      event.respondWith(answer(SHELL, request));
    }
  } else if (url.pathname !== SHELL && kept.has(url.pathname)) {
    event.respondWith(answer(url.pathname, request));
  }
});

self.addEventListener("sync", (event) => {
  if (event.tag.startsWith(SYNC_TAG) && build.worker) {
    // Rejected, the browser tries again later.
    event.waitUntil(event.lastChance ? sendLast() : send());
  }
});

self.addEventListener("message", (event) => {
  // A new build waits until a person asks for it.
  if (event.data === "skipWaiting") {
    self.skipWaiting();
  }
});

// All files or none: with one missing the worker is not installed, and the old one stays.
async function keepFiles() {
  const cache = await caches.open(CACHE);
  await Promise.all(
    build.precache.map(async (path) => {
      // Names under /pkg/ change with their content, so a copy the browser has already is as good as a new one.
      const mode = path.startsWith("/pkg/") ? "default" : "reload";
      const response = await fetch(path, { cache: mode, credentials: "omit" });
      if (!response.ok || response.redirected) {
        throw new Error(`${path}: ${response.status}`);
      }
      await cache.put(path, response);
    }),
  );
}

async function takeOver() {
  const names = await caches.keys();
  const old = names.filter((name) => name.startsWith("keeptill-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(path, request) {
  const cache = await caches.open(CACHE);
  return (await cache.match(path)) ?? fetch(request);
}

// The browser gives a tag up after a few tries; what still waits then is asked for under a new one. Some browsers only
// let a page ask: then the till sends when it is next opened.
async function sendLast() {
  try {
    await send();
  } catch (error) {
    await self.registration.sync.register(`${SYNC_TAG}-${Date.now()}`).catch(() => {});
    throw error;
  }
}

let started;

async function send() {
  started ??= start();
  try {
    await started;
  } catch (error) {
    started = undefined;
    throw error;
  }
  await wasm_bindgen.run_sync();
}

async function start() {
  const cache = await caches.open(CACHE);
  const wasm = (await cache.match(build.worker.wasm)) ?? (await fetch(build.worker.wasm));
  await wasm_bindgen({ module_or_path: wasm });
}
