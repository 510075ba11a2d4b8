//! What the requests of the document are answered with.

use std::collections::BTreeMap;

use utoipa::openapi::{
    Content, ObjectBuilder, Ref, RefOr, Required, Response, ResponseBuilder, Schema,
    SecurityRequirement, Type,
    path::{Operation, OperationBuilder},
    request_body::RequestBodyBuilder,
    schema::{ArrayBuilder, SchemaType},
};
use wire_format::{ErrorCode, command::Contract};

use super::{COOKIE, JSON, Layouts, OCTETS, octets};

/// The answer to a command that was carried out.
pub(super) fn done(ok: impl Into<RefOr<Schema>>, layout: Layouts) -> Response {
    let response = ResponseBuilder::new().description("It was done.");
    match layout {
        Layouts::Json => response.content(JSON, Content::new(Some(reply("ok", ok)))),
        Layouts::Octets => response.content(OCTETS, octets("`{\"ok\": …}`, and the reply's tail.")),
    }
    .build()
}

/// The answers to a command that was not, by their status: its own errors and those of the proxy.
pub(super) fn refused(contract: &Contract, layout: Layouts) -> BTreeMap<String, Response> {
    by_status(contract.errors().chain(OF_PROXY.iter().copied()), layout)
}

/// What every request may be refused with by the proxy.
const OF_PROXY: &[ErrorCode] = &[
    ErrorCode::NotAllowed,
    ErrorCode::NotSignedIn,
    ErrorCode::Unavailable,
];

fn by_status(
    codes: impl Iterator<Item = ErrorCode>,
    layout: Layouts,
) -> BTreeMap<String, Response> {
    let mut by_status = BTreeMap::<String, Vec<&str>>::new();
    for code in codes {
        let codes = by_status.entry(code.http_status().to_string()).or_default();
        if !codes.contains(&code.as_str()) {
            codes.push(code.as_str());
        }
    }
    by_status
        .into_iter()
        .map(|(status, codes)| (status, refusal_of(&codes, layout)))
        .collect()
}

fn refusal_of(codes: &[&str], layout: Layouts) -> Response {
    let refused = Content::new(Some(Ref::from_schema_name("Refused")));
    let mut response = ResponseBuilder::new()
        .description(format!("`{}`", codes.join("`, `")))
        .content(JSON, refused);
    if layout == Layouts::Octets {
        response = response.content(OCTETS, octets("`{\"error\": …}`, and no tail."));
    }
    response.build()
}

/// `{"error": …}`: why a request was not carried out.
pub(super) fn refusal() -> RefOr<Schema> {
    let text = |about| {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
    };
    let code = text("Why.").enum_values(Some(ErrorCode::ALL.iter().map(|code| code.as_str())));
    let wait = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .description(Some("After how many milliseconds it may work."));
    let error = ObjectBuilder::new()
        .property("code", code)
        .required("code")
        .property("message", text("The code's fixed sentence."))
        .required("message")
        .property("retry_after_ms", wait);
    reply("error", error).into()
}

fn reply(key: &str, fields: impl Into<RefOr<Schema>>) -> ObjectBuilder {
    ObjectBuilder::new().property(key, fields).required(key)
}

/// `GET /api/session`.
pub(super) fn session() -> Operation {
    let name = |named: &str| RefOr::<Schema>::from(Ref::from_schema_name(named));
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let challenge = text().schema_type(SchemaType::from_iter([Type::String, Type::Null]));
    let who = ObjectBuilder::new()
        .property("member", name("MemberId"))
        .required("member")
        .property("name", text())
        .required("name")
        .property("rooms", ArrayBuilder::new().items(name("RoomId")))
        .required("rooms")
        .property("account", name("AccountId"))
        .property("session", name("SessionId"))
        .property("server", text())
        .property("challenge", challenge)
        .property("expires_at", name("Millis"));
    let operation = OperationBuilder::new()
        .operation_id(Some("session"))
        .tag("session")
        .summary(Some(
            "Who is signed in. `account` and what follows it are an account's; `challenge` is null once its keys are proven.",
        ))
        .security(SecurityRequirement::new(COOKIE, [""; 0]))
        .response("200", done(who, Layouts::Json));
    let codes = [ErrorCode::RateLimited, ErrorCode::Busy, ErrorCode::Internal];
    with_refusals(operation, &codes)
}

/// `POST /api/publish`.
pub(super) fn publish() -> Operation {
    let sequence = ObjectBuilder::new()
        .property("sequence", Ref::from_schema_name("Sequence"))
        .required("sequence");
    let frame = ObjectBuilder::new()
        .schema_type(Type::String)
        .content_media_type(OCTETS)
        .description(Some("The body of a publish frame with a clear message."));
    let operation = OperationBuilder::new()
        .operation_id(Some("publish"))
        .tag("session")
        .summary(Some(
            "Sends a message to a channel of a room that the session is in.",
        ))
        .security(SecurityRequirement::new(COOKIE, [""; 0]))
        .request_body(Some(
            RequestBodyBuilder::new()
                .content(OCTETS, Content::new(Some(frame)))
                .required(Some(Required::True))
                .build(),
        ))
        .response("200", done(sequence, Layouts::Json));
    let mut codes = Contract::COMMON_ERRORS.to_vec();
    codes.extend([
        ErrorCode::NotInRoom,
        ErrorCode::NoSuchRoom,
        ErrorCode::KeysUnproven,
        ErrorCode::OutOfTurn,
        ErrorCode::StaleEpoch,
    ]);
    with_refusals(operation, &codes)
}

fn with_refusals(mut operation: OperationBuilder, codes: &[ErrorCode]) -> Operation {
    let codes = codes.iter().chain(OF_PROXY).copied();
    for (status, response) in by_status(codes, Layouts::Json) {
        operation = operation.response(status, response);
    }
    operation.build()
}
