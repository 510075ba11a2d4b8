//! Lists in a command's fields that have a limit.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, de};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ArrayBuilder, Ref, RefOr, Schema},
};

/// At most `MOST` of something, in the order in which they travel.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Bounded<T, const MOST: usize>(Vec<T>);

impl<T, const MOST: usize> Bounded<T, MOST> {
    /// All of them, in order.
    pub fn as_slice(&self) -> &[T] {
        &self.0
    }
}

impl<T, const MOST: usize> Default for Bounded<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// More than one command may name.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{count} entries, above the limit of {most}")]
pub struct TooMany {
    /// How many there are.
    pub count: usize,
    /// How many there may be.
    pub most: usize,
}

impl<T, const MOST: usize> TryFrom<Vec<T>> for Bounded<T, MOST> {
    type Error = TooMany;

    fn try_from(entries: Vec<T>) -> Result<Self, TooMany> {
        if entries.len() > MOST {
            return Err(TooMany {
                count: entries.len(),
                most: MOST,
            });
        }
        Ok(Self(entries))
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Bounded<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let entries = Vec::deserialize(deserializer)?;
        Self::try_from(entries).map_err(de::Error::custom)
    }
}

impl<T: ToSchema, const MOST: usize> PartialSchema for Bounded<T, MOST> {
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name(T::name()))
            .max_items(Some(MOST))
            .into()
    }
}

impl<T: ToSchema, const MOST: usize> ToSchema for Bounded<T, MOST> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}List", T::name()))
    }

    fn schemas(named: &mut Vec<(String, RefOr<Schema>)>) {
        named.push((T::name().into_owned(), T::schema()));
    }
}
