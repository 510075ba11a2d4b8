//! Writes the golden vectors of keys, epochs, shares and envelopes into `testdata/`:
//! `cargo run -p wire-format --example seal_vectors`. With the argument `keys` it makes new test keys
//! first, and everything else changes with them.

#[path = "../tests/vectors/mod.rs"]
mod vectors;

fn main() -> std::io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("keys") {
        std::fs::write(
            vectors::path("keys.json"),
            vectors::text(&vectors::keys::generate()),
        )?;
    }
    for (name, value) in vectors::all() {
        std::fs::write(vectors::path(name), vectors::text(&value))?;
    }
    Ok(())
}
