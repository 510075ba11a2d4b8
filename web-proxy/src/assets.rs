//! The page: embedded files under one address that changes with any of them, and an `index.html`
//! that is put together once.
//!
//! A request can only name a key of the map that was made at the start, so there is no path to
//! traverse.

mod imports;

use std::{borrow::Cow, collections::BTreeMap, fmt::Write};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::HeaderValue;
use rust_embed::RustEmbed;
use sha2::{Digest, Sha256, Sha384};

use crate::error::Error;

/// The files of the page, as they were when the program was built.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../static"]
struct Files;

/// Everything that the proxy serves to a browser that is not an answer of the API.
#[derive(Debug)]
pub(crate) struct Assets {
    version: String,
    files: BTreeMap<String, Asset>,
    page: Bytes,
    page_tag: HeaderValue,
    policy: HeaderValue,
}

/// One file.
#[derive(Clone, Debug)]
pub(crate) struct Asset {
    pub(crate) bytes: Bytes,
    pub(crate) media_type: &'static str,
}

impl Assets {
    /// The page that is part of this program.
    ///
    /// # Errors
    /// [`Error::Assets`] if files are missing.
    pub(crate) fn embedded() -> Result<Self, Error> {
        let files = Files::iter().filter_map(|path| {
            let file = Files::get(&path)?;
            Some((path.into_owned(), file.data))
        });
        Self::new(files)
    }

    fn new(files: impl Iterator<Item = (String, Cow<'static, [u8]>)>) -> Result<Self, Error> {
        let mut index = None;
        let mut served = BTreeMap::new();
        for (path, data) in files {
            let bytes = Bytes::from_owner(data);
            if path == "index.html" {
                index = Some(bytes);
            } else if let Some(media_type) = media_type_of(&path) {
                served.insert(path, Asset { bytes, media_type });
            }
        }
        let index = index.ok_or(Error::Assets("index.html is missing"))?;
        let index = str::from_utf8(&index).map_err(|_| Error::Assets("index.html is not text"))?;
        let version = version_of(index, &served);
        let page = index
            .replace("__IMPORTMAP__", &import_map(&version, &served))
            .replace("__PRELOADS__", &preloads(&version, &served))
            .replace("__ASSETS__", &version);
        Ok(Self {
            policy: content_security_policy(&page)?,
            page_tag: page_tag(&page)?,
            page: page.into(),
            files: served,
            version,
        })
    }

    /// A file below `/app/<version>/`; none under another version.
    pub(crate) fn file(&self, version: &str, path: &str) -> Option<&Asset> {
        (version == self.version)
            .then(|| self.files.get(path))
            .flatten()
    }

    /// The page itself.
    pub(crate) fn page(&self) -> Bytes {
        self.page.clone()
    }

    /// What tells whether a browser has this page already.
    pub(crate) fn page_tag(&self) -> HeaderValue {
        self.page_tag.clone()
    }

    /// The `Content-Security-Policy` of every answer.
    pub(crate) fn policy(&self) -> HeaderValue {
        self.policy.clone()
    }
}

/// The media type by extension; `None` for what is no part of the page.
fn media_type_of(path: &str) -> Option<&'static str> {
    if path.ends_with(".test.js") || path.ends_with(".d.ts") {
        return None;
    }
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "webp" => "image/webp",
        "woff2" => "font/woff2",
        "webmanifest" => "application/manifest+json",
        _ => return None,
    })
}

/// 32 hexadecimal digits that change when any file does.
fn version_of(index: &str, files: &BTreeMap<String, Asset>) -> String {
    let mut hash = Sha256::new();
    hash.update(Sha256::digest(index));
    for (path, asset) in files {
        hash.update(Sha256::digest(path));
        hash.update(Sha256::digest(&asset.bytes));
    }
    let mut version = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        // Writing into a String cannot fail.
        let _ = write!(version, "{byte:02x}");
    }
    version
}

/// An import map that holds the hash of every module, so that a tampered one does not run.
fn import_map(version: &str, files: &BTreeMap<String, Asset>) -> String {
    let modules = files.iter().filter(|(path, _)| path.ends_with(".js"));
    let integrity: BTreeMap<_, _> = modules
        .map(|(path, asset)| (format!("/app/{version}/{path}"), integrity_of(&asset.bytes)))
        .collect();
    serde_json::json!({ "integrity": integrity }).to_string()
}

fn integrity_of(bytes: &[u8]) -> String {
    format!("sha384-{}", BASE64.encode(Sha384::digest(bytes)))
}

/// Links for the modules that the page needs at once, so that they are asked for together. A browser
/// uses what it preloaded only if link and import map name the same hash.
fn preloads(version: &str, files: &BTreeMap<String, Asset>) -> String {
    let mut links = String::new();
    for path in imports::reachable("main.js", files) {
        let Some(asset) = files.get(&path) else {
            continue;
        };
        let integrity = integrity_of(&asset.bytes);
        let link = format!(
            "<link rel=\"modulepreload\" href=\"/app/{version}/{path}\" integrity=\"{integrity}\">"
        );
        if !links.is_empty() {
            links.push('\n');
        }
        links.push_str(&link);
    }
    links
}

fn page_tag(page: &str) -> Result<HeaderValue, Error> {
    let hash = BASE64.encode(&Sha256::digest(page)[..16]);
    HeaderValue::from_str(&format!("\"{hash}\"")).map_err(|_| Error::Assets("no tag"))
}

fn content_security_policy(page: &str) -> Result<HeaderValue, Error> {
    let (_, rest) = page
        .split_once(IMPORT_MAP_OPEN)
        .ok_or(Error::Assets("index.html has no import map"))?;
    let (map, _) = rest
        .split_once("</script>")
        .ok_or(Error::Assets("the import map does not end"))?;
    let hash = BASE64.encode(Sha256::digest(map));
    let policy = format!(
        "default-src 'none'; script-src 'self' 'sha256-{hash}'; style-src 'self'; img-src 'self' blob:; \
         media-src blob:; connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types sealwire"
    );
    HeaderValue::from_str(&policy).map_err(|_| Error::Assets("no policy"))
}

const IMPORT_MAP_OPEN: &str = "<script type=\"importmap\">";

#[cfg(test)]
mod tests {
    use super::*;

    const INDEX: &str = "<script src=\"/app/__ASSETS__/theme.js\"></script>\
        <script type=\"importmap\">__IMPORTMAP__</script>__PRELOADS__";

    fn assets(main: &'static str) -> Assets {
        let file = |path: &str, text: &'static str| (path.to_owned(), Cow::from(text.as_bytes()));
        let files = [
            file("index.html", INDEX),
            file("main.js", main),
            file("ui/app.js", "export const app = 1;"),
            file("ui/app.test.js", "test();"),
            file("theme.js", "(function () {})();"),
            file("notes.txt", "not served"),
        ];
        Assets::new(files.into_iter()).expect("a page")
    }

    #[test]
    fn any_change_changes_the_address_of_every_file() {
        let (old, new) = (
            assets("import './ui/app.js';"),
            assets("import \"./ui/app.js\";"),
        );
        assert_ne!(old.version, new.version);
        assert!(old.file(&old.version, "ui/app.js").is_some());
        assert!(old.file(&new.version, "ui/app.js").is_none());
        assert_eq!(old.version.len(), 32);
    }

    #[test]
    fn the_page_is_whole() {
        let assets = assets("import { app } from \"./ui/app.js\";");
        let page = String::from_utf8(assets.page().to_vec()).expect("text");
        assert!(!page.contains("__"), "{page}");
        let version = &assets.version;
        assert!(page.contains(&format!("src=\"/app/{version}/theme.js\"")));
        assert!(page.contains(&format!("href=\"/app/{version}/main.js\"")));
        assert!(page.contains(&format!("href=\"/app/{version}/ui/app.js\"")));
        assert!(!page.contains(&format!("href=\"/app/{version}/theme.js\"")));
        let app = integrity_of(b"export const app = 1;");
        assert!(page.contains(&format!("\"/app/{version}/ui/app.js\":\"{app}\"")));
    }

    #[test]
    fn only_the_import_map_may_stand_inside_the_page() {
        let assets = assets("");
        let page = String::from_utf8(assets.page().to_vec()).expect("text");
        let map = page.split(IMPORT_MAP_OPEN).nth(1).expect("a map");
        let map = map.split("</script>").next().expect("a map");
        let hash = BASE64.encode(Sha256::digest(map));
        let policy = assets.policy();
        let policy = policy.to_str().expect("text");
        assert!(
            policy.contains(&format!("script-src 'self' 'sha256-{hash}';")),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"));
    }

    #[test]
    fn what_is_no_file_of_the_page_is_not_there() {
        let assets = assets("");
        for path in [
            "index.html",
            "notes.txt",
            "ui/app.test.js",
            "../Cargo.toml",
            "ui/../main.js",
            "/main.js",
            "",
        ] {
            assert!(assets.file(&assets.version, path).is_none(), "{path}");
        }
    }

    #[test]
    fn the_page_of_this_program_is_whole() {
        let assets = Assets::embedded().expect("a page");
        let page = String::from_utf8(assets.page().to_vec()).expect("text");
        assert!(!page.contains("__ASSETS__") && !page.contains("__IMPORTMAP__"));
        assert!(assets.file(&assets.version, "main.js").is_some());
    }
}
