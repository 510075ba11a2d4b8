//! Looking for bytes where they must not be: in a process, in files, in what was recorded.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
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

    /// The canary, and the forms that a log or a text would give it: hexadecimal and base64.
    pub fn forms(self) -> Vec<Self> {
        use base64::{Engine, prelude::BASE64_STANDARD_NO_PAD};
        let hex: String = self
            .bytes
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let base64 = BASE64_STANDARD_NO_PAD.encode(&self.bytes);
        // The last characters of base64 depend on what follows.
        let base64 = &base64[..base64.len() / 4 * 4];
        let listed = format!("{:?}", self.bytes);
        let name = self.name;
        let mut forms = vec![self];
        for form in [hex.clone(), hex.to_uppercase(), base64.to_owned(), listed] {
            forms.push(Self::new(name, form));
        }
        forms
    }
}

/// The names of the canaries found in these bytes.
pub fn in_bytes(bytes: &[u8], canaries: &[Canary]) -> Vec<&'static str> {
    let mut found: Vec<_> = canaries
        .iter()
        .filter(|canary| holds(bytes, &canary.bytes))
        .map(|canary| canary.name)
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// The names of the canaries found in the files of a folder, their names included.
///
/// # Panics
/// If the folder cannot be read.
pub fn in_folder(folder: &Path, canaries: &[Canary]) -> Vec<&'static str> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a folder to look into") {
        let path = entry.expect("an entry of the folder").path();
        found.extend(in_bytes(path.as_os_str().as_encoded_bytes(), canaries));
        if path.is_dir() {
            found.extend(in_folder(&path, canaries));
        } else {
            found.extend(in_bytes(&fs::read(&path).expect("a file"), canaries));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The names of the canaries found in the readable memory of a process (a child of this one).
///
/// # Panics
/// If the process cannot be looked into.
pub fn in_process(process: u32, canaries: &[Canary]) -> Vec<&'static str> {
    let maps = fs::read_to_string(format!("/proc/{process}/maps")).expect("the child's memory map");
    let mut memory = File::open(format!("/proc/{process}/mem")).expect("the child's memory");
    let (mut found, mut read) = (Vec::new(), 0);
    for map in maps.lines() {
        let Some(bytes) = region(map).and_then(|region| region_bytes(&mut memory, region)) else {
            continue;
        };
        read += bytes.len();
        found.extend(in_bytes(&bytes, canaries));
    }
    assert!(read > 1 << 20, "hardly anything of the process was read");
    found.sort_unstable();
    found.dedup();
    found
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

fn holds(bytes: &[u8], wanted: &[u8]) -> bool {
    let Some((&first, rest)) = wanted.split_first() else {
        return true;
    };
    let mut from = bytes;
    while let Some(at) = from.iter().position(|&byte| byte == first) {
        from = &from[at + 1..];
        if from.starts_with(rest) {
            return true;
        }
    }
    false
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
