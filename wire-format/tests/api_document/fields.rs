//! The shape of a JSON object in one line.

use utoipa::openapi::{
    RefOr, Schema, Type,
    schema::{ArrayItems, SchemaType},
};

/// `name: type`, one after the other.
pub(super) fn fields_of(schema: &RefOr<Schema>) -> String {
    let RefOr::T(Schema::Object(object)) = schema else {
        return type_of(schema);
    };
    let fields: Vec<_> = object
        .properties
        .iter()
        .map(|(name, schema)| {
            let mark = if object.required.contains(name) {
                ""
            } else {
                "?"
            };
            format!("`{name}{mark}: {}`", type_of(schema))
        })
        .collect();
    if fields.is_empty() {
        return "none".to_owned();
    }
    fields.join(", ")
}

fn type_of(schema: &RefOr<Schema>) -> String {
    match schema {
        RefOr::Ref(named) => named
            .ref_location
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .to_owned(),
        RefOr::T(Schema::Object(object)) => plain(&object.schema_type),
        RefOr::T(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(items) => format!("[{}]", type_of(items)),
            ArrayItems::False => "[]".to_owned(),
        },
        // `null` or a type: a field that may be absent.
        RefOr::T(Schema::OneOf(either)) => {
            let types: Vec<_> = either.items.iter().map(type_of).collect();
            let types: Vec<_> = types.into_iter().filter(|name| name != "null").collect();
            types.join(" or ")
        }
        RefOr::T(_) => "object".to_owned(),
    }
}

fn plain(schema_type: &SchemaType) -> String {
    let of = |kind: &Type| match kind {
        Type::String => "string",
        Type::Integer | Type::Number => "number",
        Type::Boolean => "bool",
        Type::Null => "null",
        Type::Array => "array",
        Type::Object => "object",
    };
    match schema_type {
        SchemaType::Type(kind) => of(kind).to_owned(),
        SchemaType::Array(kinds) => {
            let kinds: Vec<_> = kinds
                .iter()
                .map(of)
                .filter(|name| *name != "null")
                .collect();
            kinds.join(" or ")
        }
        SchemaType::AnyValue => "any".to_owned(),
    }
}
