//! The style sheet: `style/main.css` with its imports, as one minified file.

use std::path::Path;

use anyhow::{Context, Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions};
use lightningcss::targets::{Browsers, Targets};

/// The first versions with `light-dark()`, which the style sheet uses throughout; nesting is older.
/// What they all understand is left as it is, newer syntax is translated.
const BROWSERS: Browsers = Browsers {
    android: Some(version(123, 0)),
    chrome: Some(version(123, 0)),
    edge: Some(version(123, 0)),
    firefox: Some(version(120, 0)),
    ie: None,
    ios_saf: Some(version(17, 5)),
    opera: Some(version(109, 0)),
    safari: Some(version(17, 5)),
    samsung: Some(version(27, 0)),
};

const fn version(major: u32, minor: u32) -> u32 {
    major << 16 | minor << 8
}

/// # Errors
/// When a file is missing or is not CSS; the message has the place.
pub fn bundle(main: &Path) -> Result<Vec<u8>> {
    let targets = Targets::from(BROWSERS);
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler
        .bundle(main)
        .map_err(|error| anyhow!("{error}"))
        .with_context(|| format!("style sheet {}", main.display()))?;
    sheet.minify(MinifyOptions { targets, ..MinifyOptions::default() }).map_err(|error| anyhow!("{error}"))?;
    let printed = sheet
        .to_css(PrinterOptions { minify: true, targets, ..PrinterOptions::default() })
        .map_err(|error| anyhow!("{error}"))?;
    Ok(printed.code.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_joined_and_light_dark_is_left_to_the_browser() {
        let dir = std::env::temp_dir().join(format!("keeptill-style-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let main = dir.join("main.css");
        std::fs::write(&main, "@import './till.css' layer(till);\nbody { margin: 0px }\n").unwrap();
        let partial = ".cart { color: light-dark(#000, #fff); & .line { color: red } }";
        std::fs::write(dir.join("till.css"), partial).unwrap();
        let css = String::from_utf8(bundle(&main).unwrap()).unwrap();
        std::fs::remove_dir_all(&dir).unwrap();
        assert_eq!(css, "@layer till{.cart{color:light-dark(#000,#fff)}.cart .line{color:red}}body{margin:0}");
    }

    #[test]
    fn an_error_names_the_missing_file() {
        let error = bundle(Path::new("/nonexistent/main.css")).unwrap_err();
        assert!(format!("{error:#}").contains("main.css"), "{error:#}");
    }
}
