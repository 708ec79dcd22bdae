//! The files of the pages: found once at start, served with the right age, listed for the service worker.

use anyhow::Context;
use keeptill_app::shell::AssetNames;
use sha2::{Digest, Sha256};
use std::{
    fs,
    path::{Path, PathBuf},
};

/// Scripts that the page's WASM imports by name.
const SNIPPETS: &str = "/pkg/snippets/";

/// What a build left in the site folder.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    pub folder: PathBuf,
    /// The page's own files.
    pub names: AssetNames,
    /// The service worker's engine.
    pub worker_js: String,
    pub worker_wasm: String,
    /// Everything a till needs to open with no network, as paths on this server, `/till` among them.
    pub precache: Vec<String>,
    /// A hash over all of those files' contents: another build has another version.
    pub version: String,
    /// The source of the service worker.
    pub service_worker: String,
}

impl Assets {
    /// Looks for the site folder where it was said to be; else beside this program, else where cargo builds it.
    ///
    /// Without one the server still answers its API, which is what its tests and a split deployment need.
    ///
    /// # Errors
    /// When a folder that is there can't be read, or was named and is not there.
    pub fn find(named: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(folder) = named {
            return Self::read(folder).with_context(|| format!("{} holds no pages", folder.display()));
        }
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("site")));
        let built = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.parent()?.join("site")));
        let candidates = beside.into_iter().chain(built).chain([PathBuf::from("target/site")]);
        for folder in candidates {
            if folder.join("pkg").is_dir() {
                return Self::read(&folder).with_context(|| format!("{} can't be read", folder.display()));
            }
        }
        tracing::warn!("no pages were found (site/ beside the program, or KEEPTILL_SITE_DIR); only the API is served");
        Ok(Self::default())
    }

    /// Whether there are pages to serve.
    pub fn any(&self) -> bool {
        !self.names.js.is_empty()
    }

    fn read(folder: &Path) -> anyhow::Result<Self> {
        let pkg = files_below(&folder.join("pkg"), folder)?;
        let newest = |prefix: &str, suffix: &str| -> anyhow::Result<String> {
            let named = |path: &&String| {
                path.strip_prefix("/pkg/").is_some_and(|name| name.starts_with(prefix) && name.ends_with(suffix))
            };
            let age = |path: &&String| fs::metadata(folder.join(&path[1..])).and_then(|file| file.modified()).ok();
            let found = pkg.iter().filter(named).max_by_key(age);
            found.cloned().with_context(|| format!("there is no pkg/{prefix}…{suffix}"))
        };
        let names = AssetNames {
            js: newest("keeptill.", ".js")?,
            wasm: newest("keeptill.", ".wasm")?,
            css: newest("keeptill.", ".css")?,
            vault_js: newest("vault.", ".js")?,
            vault_wasm: newest("vault.", ".wasm")?,
        };
        let (worker_js, worker_wasm) = (newest("worker.", ".js")?, newest("worker.", ".wasm")?);
        let AssetNames { js, wasm, css, vault_js, vault_wasm } = &names;
        let mut precache = [js, wasm, css, vault_js, vault_wasm, &worker_js, &worker_wasm].map(String::clone).to_vec();
        for path in files_below(folder, folder)? {
            let folders = ["/icons/", SNIPPETS];
            if ["/boot.js", "/manifest.webmanifest"].contains(&path.as_str())
                || folders.iter().any(|folder| path.starts_with(folder))
            {
                precache.push(path);
            }
        }
        let service_worker = fs::read_to_string(folder.join("sw.js")).context("there is no sw.js")?;
        let version = version(folder, &precache, &names, &service_worker)?;
        precache.insert(0, "/till".into());
        Ok(Self { folder: folder.to_owned(), names, worker_js, worker_wasm, precache, version, service_worker })
    }

    /// Whether a path never means other bytes: its name holds their hash.
    pub fn immutable(path: &str) -> bool {
        path.starts_with("/pkg/") && !path.starts_with(SNIPPETS)
    }

    /// `/sw.js`: what this build consists of, then the worker's source.
    pub fn service_worker_script(&self) -> String {
        let build = serde_json::json!({
            "version": self.version,
            "precache": self.precache,
            "worker": { "js": self.worker_js, "wasm": self.worker_wasm },
        });
        format!("self.KEEPTILL = {build};\n{}", self.service_worker)
    }
}

fn version(folder: &Path, paths: &[String], names: &AssetNames, service_worker: &str) -> anyhow::Result<String> {
    let mut sha = Sha256::new();
    sha.update(keeptill_app::shell::till_shell(names));
    sha.update(service_worker);
    for path in paths {
        sha.update(path);
        sha.update(fs::read(folder.join(&path[1..])).with_context(|| format!("could not read {path}"))?);
    }
    Ok(sha.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

/// Every file below `folder` as a path on this server, in order; compressed siblings are no files of their own.
fn files_below(folder: &Path, root: &Path) -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    let mut waiting = vec![folder.to_owned()];
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("could not list {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                waiting.push(path);
            } else if let Some(name) = path.strip_prefix(root)?.to_str()
                && !name.ends_with(".br")
            {
                found.push(format!("/{name}"));
            }
        }
    }
    found.sort();
    Ok(found)
}
