//! A name together with the forms under which it must be unique.

use std::collections::BTreeSet;

use wire_format::Name;

use crate::names;

/// A prepared name, its case folded, and everything that looks like it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AccountName {
    name: Name,
    folded: String,
    looks: BTreeSet<String>,
}

impl AccountName {
    /// Prepares a typed name (docs/protocol.md#3-sessions); `None` if nobody may have it.
    pub fn prepare(typed: &str) -> Option<Self> {
        let name = names::prepare_person(typed)?;
        let folded = names::fold(name.as_str());
        let looks = names::look_alikes(name.as_str());
        Some(Self {
            name,
            folded,
            looks,
        })
    }

    /// The name as prepared.
    pub const fn name(&self) -> &Name {
        &self.name
    }

    /// The name under which it is found: without regard to case.
    pub(in crate::store) fn folded(&self) -> &str {
        &self.folded
    }

    pub(in crate::store) fn looks(&self) -> impl Iterator<Item = &str> {
        self.looks.iter().map(String::as_str)
    }
}
