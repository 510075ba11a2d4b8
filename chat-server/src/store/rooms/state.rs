//! What a room is called and holds, sealed.

use wire_format::RoomId;

use crate::store::{Change, Query, Refusal, Stop, StoreError, Trace, Transaction};

/// Reads a room's state; `None` before the first.
#[derive(Clone, Copy, Debug)]
pub struct ReadState {
    /// The room.
    pub room: RoomId,
}

/// A room's state as it came.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct State {
    /// Its number.
    pub number: u64,
    /// The record.
    pub record: Vec<u8>,
}

impl Query for ReadState {
    type Answer = Option<State>;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<Option<State>, StoreError> {
        let sql = "SELECT number, record FROM room_states WHERE room = $1";
        let Some(row) = transaction.row(sql, &[(&self.room).into()]).await? else {
            return Ok(None);
        };
        Ok(Some(State {
            number: row.number(0)?,
            record: row.bytes(1)?,
        }))
    }
}

/// Replaces a room's state.
///
/// Refused: [`Refusal::StateConflict`] unless the present one's number is `expected`, 0 for none.
#[derive(Clone, Debug)]
pub struct SetState {
    /// The room.
    pub room: RoomId,
    /// The number of the one that it replaces.
    pub expected: u64,
    /// The new one.
    pub state: State,
}

impl Change for SetState {
    type Answer = ();
    const TRACE: Trace = Trace::Unaudited;

    async fn run(&self, transaction: &mut Transaction<'_>) -> Result<(), Stop> {
        let sql = "SELECT number FROM room_states WHERE room = $1";
        let present = transaction.number(sql, &[(&self.room).into()]).await?;
        if present != self.expected {
            return Err(Refusal::StateConflict.into());
        }
        let sql = "INSERT INTO room_states (room, number, record) VALUES ($1, $2, $3) \
                   ON CONFLICT (room) DO UPDATE SET number = excluded.number, \
                   record = excluded.record";
        let values = [
            (&self.room).into(),
            self.state.number.into(),
            self.state.record.as_slice().into(),
        ];
        transaction.execute(sql, &values).await?;
        Ok(())
    }
}
