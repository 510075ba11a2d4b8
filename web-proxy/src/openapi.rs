//! The OpenAPI document of the HTTP interface, derived from the commands of the protocol.

mod answers;

use utoipa::openapi::{
    Components, Content, HttpMethod, Info, ObjectBuilder, OpenApi, PathItem, Paths, RefOr,
    Required, Schema, SecurityRequirement, Type,
    path::{Operation, OperationBuilder},
    request_body::{RequestBody, RequestBodyBuilder},
    security::{ApiKey, ApiKeyValue, SecurityScheme},
};
use wire_format::command::{Command, Contract, Described};

use self::answers::{done, refusal, refused};
use crate::session::uplink::way::Way;

/// The document.
pub(crate) fn document() -> OpenApi {
    let mut named = vec![("Refused".to_owned(), refusal())];
    let mut paths = Paths::new();
    for described in Command::described(&mut named) {
        let way = Way::of(described.contract);
        if way != Way::Refused {
            let path = format!("/api/{}", described.contract.name);
            let item = PathItem::new(HttpMethod::Post, command(described, way));
            paths.paths.insert(path, item);
        }
    }
    let session = PathItem::new(HttpMethod::Get, answers::session());
    paths.paths.insert("/api/session".to_owned(), session);
    let publish = PathItem::new(HttpMethod::Post, answers::publish());
    paths.paths.insert("/api/publish".to_owned(), publish);

    let mut components = Components::new();
    components.schemas.extend(named);
    components.add_security_scheme(COOKIE, cookie());
    let mut info = Info::new("Sealwire", env!("CARGO_PKG_VERSION"));
    info.description = Some(ABOUT.to_owned());
    let mut document = OpenApi::new(info, paths);
    document.components = Some(components);
    document
}

/// What stands at the head of the document.
const ABOUT: &str = "What a page asks of its web-proxy. Every command of the protocol is \
`POST /api/<command>`; a browser's own pages give it, so `Origin`, or `Sec-Fetch-Site: same-origin` \
where there is none, must be the proxy's. Messages arrive at `GET /api/socket` (WebSocket) and \
`GET /api/events` (Server-Sent Events), which this document cannot describe; docs/protocol.md does, \
with every byte of the records that bodies of `application/octet-stream` have.";

/// The name of the session cookie's scheme.
const COOKIE: &str = "session";

fn cookie() -> SecurityScheme {
    let about = "Set by a sign-in. Over plain HTTP on loopback its name is `sealwire`.";
    let value = ApiKeyValue::with_description("__Host-sealwire", about);
    SecurityScheme::ApiKey(ApiKey::Cookie(value))
}

fn command(described: Described, way: Way) -> Operation {
    let Described {
        contract,
        fields,
        ok,
    } = described;
    let (group, _) = contract.name.split_once('.').unwrap_or_default();
    let mut operation = OperationBuilder::new()
        .operation_id(Some(contract.name))
        .tag(group)
        .summary(Some(wire_format::command::summary(&fields)));
    if way != Way::SignIn {
        operation = operation.security(SecurityRequirement::new(COOKIE, [""; 0]));
    }
    let layout = Layouts::of(contract, way);
    operation = operation
        .request_body(Some(body(contract, fields, layout)))
        .response("200", done(ok, layout));
    for (status, response) in refused(contract, layout) {
        operation = operation.response(status, response);
    }
    operation.build()
}

/// How the bodies of a command may be laid out.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Layouts {
    /// JSON: there is no tail in either direction.
    Json,
    /// Octets: fields and tail.
    Octets,
}

impl Layouts {
    fn of(contract: &Contract, way: Way) -> Self {
        let has_tail = contract.tail_bytes > 0 || contract.answers_tail;
        match way {
            Way::PassedOn | Way::SignIn if has_tail => Self::Octets,
            _ => Self::Json,
        }
    }
}

fn body(contract: &Contract, fields: RefOr<Schema>, layout: Layouts) -> RequestBody {
    let (media_type, content) = match layout {
        Layouts::Json => (JSON, Content::new(Some(fields))),
        Layouts::Octets => {
            let tail = match contract.tail_bytes {
                0 => "no tail".to_owned(),
                most => format!("a tail of at most {most} bytes"),
            };
            (OCTETS, octets(&format!("The fields as JSON, and {tail}.")))
        }
    };
    RequestBodyBuilder::new()
        .content(media_type, content)
        .required(Some(Required::True))
        .build()
}

/// A body of `header_length u32 | JSON object | tail`.
fn octets(about: &str) -> Content {
    let schema = ObjectBuilder::new()
        .schema_type(Type::String)
        .content_media_type(OCTETS)
        .description(Some(format!(
            "`header_length u32 | JSON object | tail`. {about}"
        )));
    Content::new(Some(schema))
}

const JSON: &str = "application/json";
const OCTETS: &str = "application/octet-stream";
