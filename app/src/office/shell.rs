//! The document around an office page.

use super::App;
use crate::shell::AssetNames;
use leptos::prelude::*;

/// The whole document. `boot.js` starts the WASM, which takes over the body it finds.
pub fn shell(assets: AssetNames, title: String) -> impl IntoView {
    let AssetNames { js, wasm, css, .. } = assets;
    let (data_js, data_wasm) = (js.clone(), wasm.clone());
    view! {
        <!DOCTYPE html>
        <html lang="en" data-js=data_js data-wasm=data_wasm>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <title>{title}</title>
                <meta name="theme-color" media="(prefers-color-scheme: light)" content="#ffffff"/>
                <meta name="theme-color" media="(prefers-color-scheme: dark)" content="#1b1f1c"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <link rel="icon" href="/icons/icon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=css/>
                <link rel="modulepreload" href=js/>
                <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous"/>
                <script type="module" src="/boot.js"></script>
            </head>
            <body class="office-body">
                <App/>
            </body>
        </html>
    }
}
