//! The till's HTML: one page without any data in it, the same bytes for every till, online and off.
//!
//! The service worker keeps it. Nothing here may depend on who asks: a page that did would be stale from the cache.

/// Where a build's files lie, as the server found them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetNames {
    /// `/pkg/keeptill.<hash>.js`
    pub js: String,
    /// `/pkg/keeptill.<hash>.wasm`
    pub wasm: String,
    /// `/pkg/keeptill.<hash>.css`
    pub css: String,
    /// What saves sales to a file under a passphrase; loaded when it is first used.
    pub vault_js: String,
    pub vault_wasm: String,
}

/// The page served for `/till` and everything below it. `boot.js` reads the data attributes and starts the WASM,
/// which replaces the body; a page policy without inline scripts holds.
pub fn till_shell(assets: &AssetNames) -> String {
    let AssetNames { js, wasm, css, vault_js, vault_wasm } = assets;
    format!(
        r##"<!doctype html>
<html lang="en" data-shell="till" data-js="{js}" data-wasm="{wasm}" data-vault-js="{vault_js}" data-vault-wasm="{vault_wasm}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content">
<title>Till · Keeptill</title>
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#1b1f1c">
<meta name="apple-mobile-web-app-title" content="Keeptill">
<link rel="manifest" href="/manifest.webmanifest">
<link rel="icon" href="/icons/icon.svg" type="image/svg+xml">
<link rel="apple-touch-icon" href="/icons/apple-touch-180.png">
<link rel="stylesheet" href="{css}">
<link rel="modulepreload" href="{js}">
<link rel="preload" href="{wasm}" as="fetch" type="application/wasm" crossorigin>
<script type="module" src="/boot.js"></script>
</head>
<body class="till-body"><p id="opening" class="opening" role="status">Opening the till…</p><noscript>The till needs JavaScript to sell while offline.</noscript></body>
</html>
"##
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_names_its_files_and_holds_no_inline_script() {
        let assets = AssetNames {
            js: "/pkg/keeptill.abc.js".into(),
            wasm: "/pkg/keeptill.abc.wasm".into(),
            css: "/pkg/keeptill.abc.css".into(),
            vault_js: "/pkg/vault.abc.js".into(),
            vault_wasm: "/pkg/vault.abc.wasm".into(),
        };
        let page = till_shell(&assets);
        for part in [
            "data-js=\"/pkg/keeptill.abc.js\"",
            "data-wasm=\"/pkg/keeptill.abc.wasm\"",
            "/pkg/keeptill.abc.css",
            "data-vault-js=\"/pkg/vault.abc.js\"",
        ] {
            assert!(page.contains(part), "{part}");
        }
        assert_eq!(page.matches("<script").count(), 1);
        assert!(page.contains(r#"<script type="module" src="/boot.js"></script>"#));
    }
}
