// Starts the page's WASM. The page names its files, so this one never changes and needs no inline script.
const { js, wasm, vaultJs, vaultWasm, shell } = document.documentElement.dataset;

// What saves sales to a file under a passphrase: large, and seldom needed.
let vault;
globalThis.keeptillVault = async () => {
  vault ??= await import(vaultJs);
  await vault.default({ module_or_path: vaultWasm });
  return vault;
};

try {
  const page = await import(js);
  await page.default({ module_or_path: wasm });
} catch (error) {
  console.error(error);
  // The office's pages stand on their own; the till's is empty without its program.
  const opening = document.getElementById("opening");
  if (shell === "till" && opening) {
    opening.textContent =
      "The till could not be started. Every sale on this device is safe. Check the connection and reload this page.";
  }
}
