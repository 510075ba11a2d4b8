//! Endpoints and events of other systems.

/// What is called so there, and what does it here.
pub(super) const ELSEWHERE: &[(&str, &[&str])] = &[
    ("/register", &["auth.register"]),
    ("/login", &["auth.params", "auth.login", "auth.prove"]),
    (
        "/friends",
        &[
            "friends.list",
            "friends.add",
            "friends.accept",
            "friends.decline",
            "friends.remove",
            "friends.changed",
        ],
    ),
    ("/send_message", &["publish"]),
    (
        "/get_messages",
        &["messages.fetch", "rooms.enter", "deliver"],
    ),
    ("/auth/register", &["auth.register"]),
    ("/auth/login", &["auth.params", "auth.login", "auth.prove"]),
    ("/users/online", &["presence.of", "presence.changed"]),
    ("/chat/create", &["rooms.create", "rooms.open"]),
    ("/chat/invite", &["rooms.invite", "room.invited"]),
    ("/chat/leave", &["rooms.request", "rooms.exit"]),
    (
        "GET /api/users/{id}/public_key",
        &["keys.chain", "keys.wraps", "keys.of"],
    ),
    (
        "POST /api/channels/share_key",
        &["epochs.commit", "epochs.grant", "epochs.answer"],
    ),
    (
        "POST /api/channels/{id}/request_key",
        &["epochs.request_keys", "epochs.ask"],
    ),
    (
        "key_rotation_needed",
        &[
            "commit.due",
            "epoch.committed",
            "epoch.due",
            "epoch.started",
        ],
    ),
    (
        "channel_key_share",
        &["epochs.share", "epoch.granted", "epoch.share"],
    ),
    (
        "channel_key_request",
        &["epoch.keys_requested", "epoch.asked"],
    ),
];
