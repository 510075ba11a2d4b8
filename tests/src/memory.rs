//! Looking for bytes where they must not be: in a process, in files, in what was recorded.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::Path,
};

/// Bytes that a test planted, and what to call them when they are found.
#[derive(Clone, Debug)]
pub struct Canary {
    /// What it is.
    pub name: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Canary {
    /// A canary of at least 12 bytes, so that it is not found by chance.
    ///
    /// # Panics
    /// If it is shorter.
    pub fn new(name: &'static str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        assert!(bytes.len() >= 12, "{name} is too short to look for");
        Self { name, bytes }
    }

    /// The canary, and the forms that a log or a text would give it: hexadecimal, base64 wherever in
    /// longer bytes it stands, and a list of numbers.
    pub fn forms(self) -> Vec<Self> {
        use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
        let hex: String = self
            .bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let listed = format!("{:?}", self.bytes);
        let listed = listed.trim_matches(['[', ']']).to_owned();
        let mut texts = vec![hex.to_uppercase(), hex, listed];
        for skipped in 0..3 {
            let base64 = BASE64_STANDARD_NO_PAD.encode(&self.bytes[skipped..]);
            // The last characters of base64 depend on what follows.
            let base64 = &base64[..base64.len() / 4 * 4];
            texts.push(base64.replace('+', "-").replace('/', "_"));
            texts.push(base64.to_owned());
        }
        let name = self.name;
        let mut forms = vec![self];
        forms.extend(texts.into_iter().map(|text| Self::new(name, text)));
        forms
    }
}

/// The names of the canaries found in these bytes.
pub fn in_bytes(bytes: &[u8], canaries: &[Canary]) -> Vec<&'static str> {
    let mut search = Search::new(canaries);
    search.look(bytes);
    search.found()
}

/// The names of the canaries found in the files of a folder, their names included.
///
/// # Panics
/// If the folder cannot be read.
pub fn in_folder(folder: &Path, canaries: &[Canary]) -> Vec<&'static str> {
    let mut search = Search::new(canaries);
    look_into(folder, &mut search);
    search.found()
}

fn look_into(folder: &Path, search: &mut Search<'_>) {
    for entry in fs::read_dir(folder).expect("a folder to look into") {
        let path = entry.expect("an entry of the folder").path();
        search.look(path.as_os_str().as_encoded_bytes());
        if path.is_dir() {
            look_into(&path, search);
        } else if path.is_file() {
            match fs::read(&path) {
                Ok(bytes) => search.look(&bytes),
                // A database deletes what it needs no more.
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::NotFound, "{error}"),
            }
        }
    }
}

/// The names of the canaries found in the readable memory of a process (a child of this one).
///
/// # Panics
/// If the process cannot be looked into.
pub fn in_process(process: u32, canaries: &[Canary]) -> Vec<&'static str> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("the child's memory map");
    let mut memory = File::open(format!("/proc/{process}/mem")).expect("the child's memory");
    let (mut search, mut read) = (Search::new(canaries), 0);
    for map in maps.lines() {
        let Some(bytes) = region(map).and_then(|region| region_bytes(&mut memory, region)) else {
            continue;
        };
        read += bytes.len();
        search.look(&bytes);
    }
    assert!(read > 1 << 20, "hardly anything of the process was read");
    search.found()
}

/// Start and end of a line of `/proc/PID/maps` that can be read.
fn region(map: &str) -> Option<(u64, u64)> {
    let mut fields = map.split_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    if !fields.next()?.starts_with('r') || map.ends_with("[vvar]") || map.ends_with("[vvar_vclock]")
    {
        return None;
    }
    Some((
        u64::from_str_radix(start, 16).ok()?,
        u64::from_str_radix(end, 16).ok()?,
    ))
}

fn region_bytes(memory: &mut File, (start, end): (u64, u64)) -> Option<Vec<u8>> {
    memory.seek(SeekFrom::Start(start)).ok()?;
    let mut bytes = Vec::new();
    memory.take(end - start).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// One pass for all canaries: hundreds of them are looked for in hundreds of megabytes.
struct Search<'c> {
    /// By its first two bytes, whether a canary begins so.
    is_beginning: Vec<bool>,
    beginning: HashMap<u16, Vec<&'c Canary>>,
    found: BTreeSet<&'static str>,
}

impl<'c> Search<'c> {
    fn new(canaries: &'c [Canary]) -> Self {
        let mut search = Self {
            is_beginning: vec![false; 1 << 16],
            beginning: HashMap::new(),
            found: BTreeSet::new(),
        };
        for canary in canaries {
            let pair = u16::from_be_bytes([canary.bytes[0], canary.bytes[1]]);
            search.is_beginning[usize::from(pair)] = true;
            search.beginning.entry(pair).or_default().push(canary);
        }
        search
    }

    fn look(&mut self, bytes: &[u8]) {
        for (at, pair) in bytes.windows(2).enumerate() {
            let pair = u16::from_be_bytes([pair[0], pair[1]]);
            if self.is_beginning[usize::from(pair)] {
                let begin = self.beginning[&pair].iter();
                let here = begin.filter(|canary| bytes[at..].starts_with(&canary.bytes));
                self.found.extend(here.map(|canary| canary.name));
            }
        }
    }

    fn found(self) -> Vec<&'static str> {
        self.found.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_there_in_every_form() {
        let canary = Canary::new("a secret", *b"0123456789abcdef");
        let forms = canary.forms();
        for text in [
            "..0123456789abcdef..",
            "..30313233343536373839616263646566..",
            "..MDEyMzQ1Njc4OWFiY2RlZg..",
            "..LjAxMjM0NTY3ODlhYmNkZWY..",
            "..Li4wMTIzNDU2Nzg5YWJjZGVm..",
            "..[46, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102]..",
        ] {
            assert_eq!(in_bytes(text.as_bytes(), &forms), ["a secret"], "{text}");
        }
        assert_eq!(in_bytes(b"0123456789abcdeX", &forms), [""; 0]);
    }

    #[test]
    fn finds_what_this_process_holds() {
        let held = std::hint::black_box(b"canary of this process".to_vec());
        let found = in_process(std::process::id(), &[Canary::new("held", held)]);
        assert_eq!(found, ["held"]);
    }
}
