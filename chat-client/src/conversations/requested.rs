//! The own key request that is pending, for whichever process or device takes its grants.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value};
use wire_format::{
    KeyRequestHash, Revision, RoomId, WrapNumber,
    room::{KeyRequest, UnverifiedKeyRequest},
    vault::{ItemContent, ItemKind, ItemName, PreferenceName, Rest},
};

use super::{ConversationError, Conversations};
use crate::account::{NewItem, OwnFault, is_conflict};

/// The field of the preference that has the room's id as its name.
const FIELD: &str = "key_request";

impl Conversations {
    /// Keeps the own request in the vault: a server hands out what is pending, and not what was granted.
    pub(super) async fn keep_request(
        &mut self,
        id: RoomId,
        request: &KeyRequest,
    ) -> Result<(), ConversationError> {
        for _ in 0..ATTEMPTS {
            let (number, mut fields) = self.preference(id).await?;
            let record = STANDARD.encode(request.bytes());
            fields.insert(FIELD.to_owned(), Value::String(record));
            let item = NewItem {
                name: ItemName::Preference(name(id)?),
                number: number.saturating_add(1),
                forget_at: None,
                content: ItemContent::Preference(Rest::from(fields)),
            };
            match self.account.put_items(&[item]).await {
                Ok(()) => return Ok(()),
                // Another device was first: what it wrote is carried along.
                Err(error) if is_conflict(&error) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(ConversationError::Contended)
    }

    /// The own request with this hash: of this process, or as the vault keeps it. `wrap` is the wrap
    /// key that a grant for it names.
    pub(super) async fn own_request(
        &mut self,
        id: RoomId,
        hash: KeyRequestHash,
        wrap: WrapNumber,
    ) -> Result<Option<KeyRequest>, ConversationError> {
        let asked = self.room(id)?.asked.as_ref();
        if let Some(asked) = asked.filter(|asked| asked.hash() == hash) {
            return Ok(Some(asked.clone()));
        }
        let (_, fields) = self.preference(id).await?;
        let record = fields.get(FIELD).and_then(Value::as_str);
        let record = record.and_then(|record| STANDARD.decode(record).ok());
        let request = record.and_then(|record| UnverifiedKeyRequest::parse(record.into()).ok());
        let Some(request) = request.filter(|request| request.hash() == hash) else {
            return Ok(None);
        };
        let me = self.account.id();
        self.read_chain(me).await?;
        let people = &self.people;
        let room = self
            .rooms
            .get(&id)
            .ok_or(ConversationError::NoSuchRoom(id))?;
        let verified = request.verify(room.conversation.chain(), people, wrap);
        Ok(verified.ok())
    }

    /// The preference of a room, and its number; 0 where there is none.
    async fn preference(
        &mut self,
        id: RoomId,
    ) -> Result<(u64, Map<String, Value>), ConversationError> {
        let wanted = ItemName::Preference(name(id)?);
        let kind = Some(ItemKind::Preference);
        let (items, _) = self.account.items(kind, Revision::default()).await?;
        let found = items.into_iter().rfind(|item| item.name == wanted);
        Ok(found.map_or_else(
            || (0, Map::new()),
            |item| match item.content {
                Ok(ItemContent::Preference(rest)) => (item.number, rest.as_map().clone()),
                _ => (item.number, Map::new()),
            },
        ))
    }
}

fn name(id: RoomId) -> Result<PreferenceName, ConversationError> {
    let name = PreferenceName::parse(id.to_string().as_bytes());
    name.map_err(|_| crate::account::AccountError::from(OwnFault::Kept).into())
}

/// How often it is tried while other devices write the same.
const ATTEMPTS: usize = 4;
