//! The files that the server hands to browsers, with names that carry a hash wherever a browser
//! may keep them for ever, and a compressed twin beside each that gains by it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};

use super::wasm::Bound;
use super::{Kind, compress};
use crate::{say, workspace};

/// Reloads the page when its build is gone from the server; in `dev` builds alone.
const DEV_RELOAD: &str = include_str!("dev_reload.js");

/// Served as they are, these gain nothing by brotli.
const COMPRESSIBLE: [&str; 8] = ["js", "wasm", "css", "svg", "html", "json", "webmanifest", "txt"];

/// Path below the site's root → content.
pub struct Site {
    files: BTreeMap<String, Vec<u8>>,
    /// js, wasm, css of the page.
    hashes: [String; 3],
}

/// # Errors
/// When a file is missing.
pub fn gather(page: Bound, others: [Bound; 2], style: &[u8], kind: Kind) -> Result<Site> {
    let mut site = Site { files: BTreeMap::new(), hashes: Default::default() };
    let root = workspace::root();
    site.add_folder(&root.join("public"), "")?;
    let worker_script = root.join("sw.js");
    let text = fs::read(&worker_script).with_context(|| format!("no {}", worker_script.display()))?;
    site.files.insert("sw.js".to_owned(), text);
    site.add_folder(&page.snippets, "pkg/snippets/")?;

    let (mut page_js, page_name) = (page.js, page.name);
    if kind == Kind::Dev {
        // A change of anything changes this file's name, by which an open page notices it.
        let build = hash_of(&[page.wasm.as_slice(), style].concat());
        page_js.extend(format!("{DEV_RELOAD}// {build}\n").into_bytes());
    }
    site.hashes = [
        site.add_hashed(page_name, "js", page_js),
        site.add_hashed(page_name, "wasm", page.wasm),
        site.add_hashed(page_name, "css", style.to_vec()),
    ];
    for other in others {
        site.add_hashed(other.name, "js", other.js);
        site.add_hashed(other.name, "wasm", other.wasm);
    }
    if kind.is_small() {
        site.add_compressed()?;
    }
    Ok(site)
}

impl Site {
    fn add_hashed(&mut self, name: &str, extension: &str, content: Vec<u8>) -> String {
        let hash = hash_of(&content);
        self.files.insert(format!("pkg/{name}.{hash}.{extension}"), content);
        hash
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        for entry in folder.read_dir().into_iter().flatten() {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                self.add_folder(&path, &format!("{prefix}{name}/"))?;
            } else {
                self.files.insert(format!("{prefix}{name}"), fs::read(&path)?);
            }
        }
        Ok(())
    }

    fn add_compressed(&mut self) -> Result<()> {
        let mut compressed = BTreeMap::new();
        for (path, content) in &self.files {
            let extension = path.rsplit('.').next().unwrap_or_default();
            // The server completes sw.js with the list of files, so its twin would be out of date.
            if COMPRESSIBLE.contains(&extension) && path != "sw.js" {
                let twin = compress::brotli(content)?;
                if twin.len() < content.len() {
                    compressed.insert(format!("{path}.br"), twin);
                }
            }
        }
        self.files.append(&mut compressed);
        Ok(())
    }

    /// Makes a folder hold these files and no others; returns whether that changed anything.
    ///
    /// # Errors
    /// When a file can't be written or removed.
    pub fn write(&self, dir: &Path) -> Result<bool> {
        fs::create_dir_all(dir)?;
        let mut changed = self.remove_others(dir, "")?;
        for (path, content) in &self.files {
            let place = dir.join(path);
            if fs::read(&place).is_ok_and(|old| old == *content) {
                continue;
            }
            if let Some(parent) = place.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(&place, content).with_context(|| format!("{}", place.display()))?;
            changed = true;
        }
        Ok(changed)
    }

    fn remove_others(&self, dir: &Path, prefix: &str) -> Result<bool> {
        let mut changed = false;
        for entry in dir.read_dir()? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                changed |= self.remove_others(&path, &format!("{prefix}{name}/"))?;
            } else if !self.files.contains_key(&format!("{prefix}{name}")) {
                fs::remove_file(&path)?;
                changed = true;
            }
        }
        Ok(changed)
    }

    /// `hash.txt`, from which Leptos has the names of the page's files, beside the binary.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_hashes(&self, beside: &Path) -> Result<()> {
        let [js, wasm, css] = &self.hashes;
        fs::write(beside.join("hash.txt"), format!("js: {js}\nwasm: {wasm}\ncss: {css}\n"))?;
        Ok(())
    }

    /// What a browser loads, and how much of it comes over the line.
    pub fn tell_sizes(&self) {
        for (path, content) in self.files.iter().filter(|(path, _)| path.starts_with("pkg/")) {
            if path.ends_with(".br") {
                continue;
            }
            let on_the_line = self.files.get(&format!("{path}.br")).map_or(0, Vec::len);
            let brotli = match on_the_line {
                0 => String::new(),
                size => format!(", {} in brotli", say::size(size)),
            };
            say::note(&format!("{path:<40} {:>9}{brotli}", say::size(content.len())));
        }
    }
}

/// Long enough that two builds never share it.
fn hash_of(content: &[u8]) -> String {
    compress::hex(&Sha256::digest(content)[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_site_holds_its_files_and_no_others() {
        let dir = std::env::temp_dir().join(format!("keeptill-site-{}", std::process::id()));
        fs::create_dir_all(dir.join("pkg")).unwrap();
        fs::write(dir.join("pkg/old.js"), "old").unwrap();
        let mut site = Site { files: BTreeMap::new(), hashes: Default::default() };
        let hash = site.add_hashed("page", "js", b"new".to_vec());
        assert!(site.write(&dir).unwrap());
        assert!(!site.write(&dir).unwrap(), "nothing has changed since");
        assert!(!dir.join("pkg/old.js").exists());
        assert_eq!(fs::read(dir.join(format!("pkg/page.{hash}.js"))).unwrap(), b"new");
        fs::remove_dir_all(&dir).unwrap();
    }
}
