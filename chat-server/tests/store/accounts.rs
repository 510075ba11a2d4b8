//! Making, changing and finding accounts.

use chat_server::store::{
    Refusal, Store as _, TokenHash,
    accounts::{
        AccountName, ChangePassword, Entrance, FindAccount, FindCredentials, IsNameHeld,
        ListAccounts, MarkRehearsed, Recovery, Role, SearchAccounts, SetDisplay, Standing,
    },
    audit::Actor,
    keys::{ReadChain, ReadWrapKeys},
    server::{Registration, SetRegistration},
    sessions::ListSessions,
    tokens::{IssueToken, Purpose},
    vault::{ReadRoot, VaultRoot},
};

use wire_format::MemberId;

use crate::support::{House, NOW, after, password, refusal, registration, token};

fn name(typed: &str) -> AccountName {
    AccountName::prepare(typed).expect("a name")
}

pub(crate) async fn an_account_begins_with_its_first_records(house: &House) {
    let ann = house.register("Ann Lee").await;
    let find = FindCredentials {
        of: FindAccount::ByName(name("ANN lee")),
    };
    let (account, kept) = house.store.read(find).await.expect("read").expect("found");
    assert_eq!((account.account, account.name.as_str()), (ann, "Ann Lee"));
    assert_eq!(account.display, "");
    assert_eq!(
        (account.role, account.standing),
        (Role::Member, Standing::Active)
    );
    assert_eq!(
        (account.recovery, account.created_at),
        (Recovery::Unrehearsed, NOW)
    );
    assert_eq!(kept, password("first"));

    let chain = ReadChain {
        account: ann,
        after: 0,
        limit: 100,
    };
    let chain = house.store.read(chain).await.expect("read");
    assert_eq!((chain.head, chain.keysets), (1, vec![b"keyset 1".to_vec()]));
    let wraps = ReadWrapKeys {
        accounts: vec![ann],
    };
    let wraps = house.store.read(wraps).await.expect("read");
    assert_eq!(wraps[0].record, b"wrap 1");
    let root = house
        .store
        .read(ReadRoot { account: ann })
        .await
        .expect("read");
    let record = b"root 1".to_vec();
    assert_eq!(root, Some(VaultRoot { number: 1, record }));

    let display = "Ann".to_owned();
    let set = SetDisplay {
        account: ann,
        display,
    };
    house.store.write(set).await.expect("written").expect("set");
    rehearses(house, ann).await;
    let found = house.store.read(FindAccount::ById(ann)).await;
    let found = found.expect("read").expect("found");
    assert_eq!(
        (found.display.as_str(), found.recovery),
        ("Ann", Recovery::Rehearsed)
    );
}

pub(crate) async fn a_name_or_id_is_taken_once(house: &House) {
    house.register("paypal").await;
    for twin in ["PayPal", "paypaI"] {
        let verdict = house
            .store
            .write(registration(twin))
            .await
            .expect("written");
        assert_eq!(refusal(verdict), Refusal::NameTaken, "{twin}");
        let account = registration(twin).account;
        let found = house.store.read(FindAccount::ById(account)).await;
        assert_eq!(found.expect("read"), None, "{twin}");
    }
    let mut same_id = registration("another");
    same_id.account = registration("paypal").account;
    let verdict = house.store.write(same_id).await.expect("written");
    assert_eq!(refusal(verdict), Refusal::AccountTaken);
    for (typed, held) in [("PAYPAL", true), ("paypaI", true), ("another", false)] {
        let name = name(typed);
        let answer = house.store.read(IsNameHeld { name }).await.expect("read");
        assert_eq!(answer, held, "{typed}");
    }
}

pub(crate) async fn registration_follows_its_mode(house: &House) {
    let attempt = async |typed: &str, entrance| {
        let mut attempt = registration(typed);
        attempt.entrance = entrance;
        house.store.write(attempt).await.expect("written")
    };
    let mode = async |registration| {
        let set = SetRegistration {
            registration,
            actor: Actor::Operator,
            now: NOW,
        };
        house.store.write(set).await.expect("written").expect("set");
    };
    for (byte, purpose) in [
        (1, Purpose::Invitation),
        (2, Purpose::Setup),
        (3, Purpose::Invitation),
    ] {
        issue(house, byte, purpose).await;
    }
    let invited = Entrance::Invitation(token(1));
    mode(Registration::Closed).await;
    let unsaid = Entrance::Token(token(1));
    for entrance in [Entrance::Open, invited, unsaid] {
        let verdict = attempt("ann", entrance).await;
        assert_eq!(refusal(verdict), Refusal::RegistrationClosed);
    }
    assert_eq!(
        attempt("ann", Entrance::Token(token(2))).await,
        Ok(Role::Admin)
    );
    let verdict = attempt("bob", Entrance::Setup(token(2))).await;
    assert_eq!(refusal(verdict), Refusal::TokenInvalid);

    mode(Registration::Invitation).await;
    let verdict = attempt("bob", Entrance::Open).await;
    assert_eq!(refusal(verdict), Refusal::RegistrationClosed);
    let verdict = attempt("Ann", invited).await;
    assert_eq!(
        refusal(verdict),
        Refusal::NameTaken,
        "and the token is not used up"
    );
    assert_eq!(attempt("bob", unsaid).await, Ok(Role::Member));
    let verdict = attempt("cem", invited).await;
    assert_eq!(refusal(verdict), Refusal::TokenInvalid);
    let verdict = attempt("cem", Entrance::Setup(token(3))).await;
    assert_eq!(
        refusal(verdict),
        Refusal::TokenInvalid,
        "an invitation is not for setup"
    );

    mode(Registration::Open).await;
    assert_eq!(attempt("cem", Entrance::Open).await, Ok(Role::Member));
}

/// An account's owner has typed the recovery code.
async fn rehearses(house: &House, account: MemberId) {
    let rehearsed = MarkRehearsed { account, now: NOW };
    let marked = house.store.write(rehearsed).await.expect("written");
    marked.expect("set");
}

/// Issues a one-time token; gives its hash.
pub(crate) async fn issue(house: &House, byte: u8, purpose: Purpose) -> TokenHash {
    let issue = IssueToken {
        hash: token(byte),
        purpose,
        expires_at: after(1_000),
        actor: Actor::Operator,
        now: NOW,
    };
    let issued = house.store.write(issue).await.expect("written");
    issued.expect("issued");
    token(byte)
}

pub(crate) async fn a_password_changes_with_the_root_and_ends_other_sessions(house: &House) {
    let ann = house.register("ann").await;
    let kept = house.start(ann, 1).await;
    let other = house.start(ann, 2).await;
    rehearses(house, ann).await;
    let change = ChangePassword {
        account: ann,
        session: kept,
        password: password("second"),
        expected: 2,
        vault_root: b"root 2".to_vec(),
        now: NOW,
    };
    let credentials = FindCredentials {
        of: FindAccount::ById(ann),
    };
    let verdict = house.store.write(change.clone()).await.expect("written");
    assert_eq!(refusal(verdict), Refusal::VaultConflict);
    let before = house.store.read(credentials.clone()).await.expect("read");
    assert_eq!(before.expect("found").1, password("first"));

    let change = ChangePassword {
        expected: 1,
        ..change
    };
    let ended = house.store.write(change).await.expect("written");
    assert_eq!(ended, Ok(vec![other]));
    let (account, kept_password) = house
        .store
        .read(credentials)
        .await
        .expect("read")
        .expect("found");
    assert_eq!(kept_password, password("second"));
    assert_eq!(
        account.recovery,
        Recovery::Unrehearsed,
        "the code is a new one"
    );
    let root = house
        .store
        .read(ReadRoot { account: ann })
        .await
        .expect("read");
    let record = b"root 2".to_vec();
    assert_eq!(root, Some(VaultRoot { number: 2, record }));
    let sessions = ListSessions {
        account: ann,
        now: NOW,
    };
    let sessions = house.store.read(sessions).await.expect("read");
    assert_eq!(
        sessions.iter().map(|s| s.session).collect::<Vec<_>>(),
        [kept]
    );
}

pub(crate) async fn names_are_found_by_how_they_begin(house: &House) {
    for name in ["Zoë", "anna", "Ann", "Bob", "ANNeli", "王小明"] {
        house.register(name).await;
    }
    let search = async |prefix: &str, limit| {
        let prefix = prefix.to_owned();
        let found = house.store.read(SearchAccounts { prefix, limit }).await;
        let found = found.expect("read").into_iter();
        found.map(|account| account.name).collect::<Vec<_>>()
    };
    assert_eq!(search("ann", 10).await, ["Ann", "anna", "ANNeli"]);
    assert_eq!(search("ANN", 2).await, ["Ann", "anna"]);
    assert_eq!(search("zOË", 10).await, ["Zoë"]);
    assert_eq!(search("王", 10).await, ["王小明"]);
    assert_eq!(search("", 10).await.len(), 6);
    assert!(search("x", 10).await.is_empty());
    assert!(search("a\0", 10).await.is_empty());
    assert!(search("%", 10).await.is_empty());
}

pub(crate) async fn accounts_are_listed_in_pages(house: &House) {
    for number in 0..5 {
        house.register(&format!("user {number}")).await;
    }
    let mut after = None;
    let mut pages = Vec::new();
    loop {
        let page = house.store.read(ListAccounts { after, limit: 2 }).await;
        let page = page.expect("read");
        let Some(last) = page.last() else { break };
        after = Some(last.account);
        pages.push(page.len());
    }
    assert_eq!(pages, [2, 2, 1]);
}
