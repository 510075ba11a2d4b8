//! Who may what.

use wire_format::ErrorCode;

/// A command, or one of the things that it does, and who may.
pub(super) struct Row {
    /// The command, and what it is to do behind a space.
    pub(super) name: &'static str,
    /// What who may is answered with; `None` for done.
    may: Option<ErrorCode>,
    /// In a private room, one letter a person.
    pub(super) private: &'static str,
    /// In an open public room.
    pub(super) public: &'static str,
}

impl Row {
    pub(super) fn command(&self) -> &'static str {
        self.name.split(' ').next().unwrap_or_default()
    }

    /// The answer that a letter stands for.
    pub(super) fn expected(&self, cell: char) -> Option<ErrorCode> {
        match cell {
            '+' => self.may,
            '-' => Some(ErrorCode::NotAllowed),
            '0' => Some(ErrorCode::NoSuchRoom),
            'i' => Some(ErrorCode::NotInRoom),
            'k' => Some(ErrorCode::KeysUnproven),
            'a' => Some(ErrorCode::AlreadySignedIn),
            'c' => Some(ErrorCode::CommitInvalid),
            'q' => Some(ErrorCode::RequestInvalid),
            'f' => Some(ErrorCode::NoSuchFile),
            other => panic!("{}: {other}", self.name),
        }
    }
}

macro_rules! rows {
    ($($name:literal $may:tt $private:literal $($public:literal)?;)*) => {
        /// One row a thing that may be done.
        pub(super) const ROWS: &[Row] = &[$(Row {
            name: $name,
            may: rows!(@may $may),
            private: $private,
            public: rows!(@public $private $($public)?),
        },)*];
    };
    (@may done) => { None };
    (@may $code:ident) => { Some(ErrorCode::$code) };
    (@public $private:literal) => { $private };
    (@public $private:literal $public:literal) => { $public };
}

// Owner, admin, member, muted member, who asks to leave, removed, banned, invited, outside, an unproven
// session of the owner's, a guest.
rows! {
    "session.hello" done "-----------";
    "session.carry" done "-----------";
    "auth.guest" done "aaaaaaaaaaa";
    "auth.logout" done "+++++++++++";
    "rooms.open" done "+++++++++k+";
    "rooms.list" done "+++++++++k+";
    "rooms.enter" done "+++++++++k+";
    "rooms.members" done "+++++++++k+";
    "rooms.exit" done "+++++++++k+";
    "keys.announce" Malformed "+++++++++k+";
    "keys.of" NoSuchMember "+++++++++k+";
    "epochs.start" Malformed "+++++++++k+";
    "epochs.hold" Malformed "+++++++++k+";
    "epochs.ask" NotInRoom "+++++++++k+";
    "epochs.answer" Malformed "+++++++++k+";
    "keys.chain" done "++++++++++-";
    "keys.rotate" Malformed "+++++++++k-";
    "keys.reset" Malformed "++++++++++-";
    "keys.wrap" Malformed "+++++++++k-";
    "keys.wraps" done "++++++++++-";
    "auth.params" done "aaaaaaaaaaa";
    "auth.register" done "aaaaaaaaaaa";
    "auth.login" done "aaaaaaaaaaa";
    "auth.resume" done "aaaaaaaaaaa";
    "auth.recover" done "aaaaaaaaaaa";
    "auth.fresh" done "aaaaaaaaaaa";
    "auth.prove" Malformed "---------+-";
    "auth.password" LoginFailed "+++++++++k-";
    "auth.sessions" done "+++++++++k-";
    "auth.revoke" done "+++++++++k-";
    "auth.delete" LoginFailed "+++++++++k-";
    "auth.rehearsed" done "+++++++++k-";
    "vault.root" done "++++++++++-";
    "vault.set_root" Malformed "+++++++++k-";
    "vault.put" Malformed "+++++++++k-";
    "vault.items" done "++++++++++-";
    "accounts.find" NoSuchAccount "+++++++++k-";
    "accounts.update" NameInvalid "+++++++++k-";
    "friends.add" NoSuchAccount "+++++++++k-";
    "friends.accept" NoSuchAccount "+++++++++k-";
    "friends.decline" NoSuchAccount "+++++++++k-";
    "friends.remove" NoSuchAccount "+++++++++k-";
    "friends.block" NoSuchAccount "+++++++++k-";
    "friends.unblock" NoSuchAccount "+++++++++k-";
    "friends.list" done "+++++++++k-";
    "presence.of" done "+++++++++k-";
    "rooms.create" Malformed "+++++++++k-";
    "rooms.mine" done "+++++++++k-";
    "rooms.follow" done "++++00000k-";
    "rooms.unfollow" done "++++00000k-";
    "rooms.directory" done "+++++++++k-";
    "rooms.look" done "000000000k-" "++++++0++k-";
    "rooms.update" StateConflict "----00000k-" "++--00000k-";
    "rooms.archive" done "+---00000k-";
    "rooms.invite" done "++++00000k-";
    "rooms.invitations" done "+++++++++k-";
    "rooms.decline" done "+++++++++k-";
    "rooms.state" done "++++00000k-";
    "rooms.set_state" StateConflict "++++00000k-";
    "channels.create" StateConflict "++--00000k-";
    "channels.update" StateConflict "++--00000k-";
    "channels.archive" done "++--00000k-";
    "epochs.commit rotates" RequestsPending "+++++00c0k-" "+++++c0cck-";
    "epochs.commit removes" RequestsPending "++ccc00c0k-" "++cccc0cck-";
    "epochs.commit removes an admin" RequestsPending "+cccc00c0k-" "+ccccc0cck-";
    "epochs.commit bans" RequestsPending "++ccc00c0k-" "++cccc0cck-";
    "epochs.commit unbans" RequestsPending "++ccc00c0k-" "++cccc0cck-";
    "epochs.commit mutes" RequestsPending "++ccc00c0k-" "++cccc0cck-";
    "epochs.commit makes an admin" RequestsPending "+cccc00c0k-" "+ccccc0cck-";
    "epochs.commit makes an owner" RequestsPending "+cccc00c0k-" "+ccccc0cck-";
    "epochs.commit changes the policy" RequestsPending "+cccc00c0k-" "+ccccc0cck-";
    "epochs.chain" done "+++++00+0k-" "++++++0++k-";
    "epochs.share" done "+++++++00k-";
    "epochs.pending" done "+++++00+0k-";
    "epochs.bad_share" StaleEpoch "++++00000k-";
    "epochs.request_keys" done "++++00000k-";
    "epochs.key_requests" done "++++00000k-";
    "epochs.grant" RequestInvalid "++++00000k-";
    "epochs.grants" done "++++00000k-";
    "epochs.refuse" RequestInvalid "++--00000k-";
    "epochs.rotate" done "++--00000k-";
    "messages.fetch" done "++++00000k-";
    "messages.fetch of another channel" done "++++00000k-";
    "messages.delete" NoSuchMessage "+++-00000k-";
    "messages.delete of the owner's" done "++--00000k-";
    "messages.report nothing" Malformed "+++++++++k-";
    "reports.list" done "---------k-";
    "reports.settle" done "---------k-";
    "server.mode" done "+++++++++k-";
    "server.mode that closes" done "---------k-";
    "files.create" done "+++-00000k-";
    "files.put" Malformed "+---fffffk-";
    "files.put the chunk" done "+---fffffk-";
    "files.held" done "++++fffffk-";
    "files.chunk" done "++++fffffk-";
    "files.keep" NoSuchMessage "+ff-fffffk-";
    "files.remove of the owner's" done "++--fffffk-";
    "publish" done "+++-iiiiiki";
    "publish what passes" done "+++-iiiiiki";
    "rooms.request to leave" RequestInvalid "qqqqq00q0k-" "qqqqqq0qqk-";
    "rooms.request" done "qqqqq00q0k-" "qqqqq+0++k-";
}
