
// Only in builds by `cargo xtask dev`: when the server no longer has this file, there is a newer
// build. The service worker would go on with the old one, so it and its files are forgotten first;
// what the till has stored is left alone.
const thisBuild = new URL(import.meta.url);
setInterval(async () => {
  thisBuild.search = `?fresh=${Date.now()}`;
  const answer = await fetch(thisBuild, { method: 'HEAD', cache: 'no-store' }).catch(() => null);
  if (answer?.status !== 404) return;
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
  location.reload();
}, 1000);
