//! What kind of browser asks, by its `User-Agent`: words for a list of devices, and nothing that is
//! decided by them.
//!
//! Only words of the tables below go out: of what a browser says of itself, nothing does.

use http::{HeaderMap, header};

/// A browser and the system that it runs on, as far as they are known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Device {
    browser: Option<&'static str>,
    system: Option<&'static str>,
}

impl Device {
    /// Neither is known.
    pub(crate) const UNKNOWN: Self = Self {
        browser: None,
        system: None,
    };

    /// The kind that the headers of a request name; unknown where they name none, or at length.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let agent = headers.get(header::USER_AGENT);
        let agent = agent.filter(|agent| agent.len() <= USER_AGENT_BYTES);
        let agent = agent.and_then(|agent| agent.to_str().ok());
        agent.map_or(Self::UNKNOWN, Self::named_by)
    }

    /// In words such as `Firefox on Windows`, at most
    /// [`CLIENT_BYTES`](wire_format::limits::CLIENT_BYTES); `None` if nothing is known.
    pub(crate) fn words(self) -> Option<String> {
        let browser = self.browser.unwrap_or("A browser");
        match self.system {
            Some(system) => Some(format!("{browser} on {system}")),
            None => self.browser.map(str::to_owned),
        }
    }

    /// RFC 9110, section 10.1.5: products with versions, and comments, the first of which names the
    /// system.
    fn named_by(agent: &str) -> Self {
        let comment = agent
            .split_once('(')
            .and_then(|(_, rest)| rest.split_once(')'));
        let comment = comment.map_or("", |(comment, _)| comment);
        let is_product = |name: &str| {
            let mut products = agent.split(' ').filter_map(|word| word.split_once('/'));
            products.any(|(product, _)| product == name)
        };
        Self {
            browser: first(BROWSERS, is_product),
            system: first(SYSTEMS, |mark| comment.contains(mark)),
        }
    }
}

/// The words for the first mark that is there.
fn first(table: Table, is_there: impl Fn(&str) -> bool) -> Option<&'static str> {
    let mut marks = table.iter();
    marks.find_map(|&(mark, words)| is_there(mark).then_some(words))
}

/// Marks, and the words for each.
type Table = &'static [(&'static str, &'static str)];

/// Products. Nearly all browsers call themselves Safari, too, and many Chrome: those come last.
const BROWSERS: Table = &[
    ("Edg", "Edge"),
    ("EdgA", "Edge"),
    ("EdgiOS", "Edge"),
    ("OPR", "Opera"),
    ("OPT", "Opera"),
    ("Vivaldi", "Vivaldi"),
    ("YaBrowser", "Yandex Browser"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chromium", "Chromium"),
    ("HeadlessChrome", "Chromium"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
];
/// What stands in the comment. An iPhone is like Mac OS X, and Android and `ChromeOS` are Linux.
const SYSTEMS: Table = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("CrOS", "ChromeOS"),
    ("FreeBSD", "FreeBSD"),
    ("OpenBSD", "OpenBSD"),
    ("Linux", "Linux"),
];
/// Longest `User-Agent` that is read, in bytes: those of browsers within other programs reach 400.
const USER_AGENT_BYTES: usize = 512;

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use wire_format::limits::CLIENT_BYTES;

    use super::*;

    fn words(agent: &[u8]) -> Option<String> {
        let mut headers = HeaderMap::new();
        let agent = HeaderValue::from_bytes(agent).expect("a value");
        headers.insert(header::USER_AGENT, agent);
        Device::of(&headers).words()
    }

    #[test]
    fn the_main_browsers_are_known() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0",
                "Firefox on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
                "Firefox on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/145.0 Mobile/15E148 Safari/605.1.15",
                "Firefox on iPhone",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/142.0.0.0 Safari/537.36",
                "Chromium on Linux",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Ubuntu Chromium/80.0.3987.87 Chrome/80.0.3987.87 Safari/537.36",
                "Chromium on Linux",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0.7444.77 Mobile/15E148 Safari/604.1",
                "Chrome on iPad",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
                "Chrome on ChromeOS",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 OPR/124.0.0.0",
                "Opera on macOS",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
        ] {
            assert_eq!(
                words(agent.as_bytes()).as_deref(),
                Some(expected),
                "{agent}"
            );
        }
    }

    #[test]
    fn what_is_known_is_said_and_nothing_else() {
        let within = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148";
        for (agent, expected) in [
            (within, Some("A browser on iPhone")),
            ("Firefox/145.0", Some("Firefox")),
            ("Firefox/145.0 (\tBeOS; <b>)", Some("Firefox")),
            ("Firefox", None),
            ("NotFirefox/1.0 (Plan 9)", None),
            ("curl/8.14.1", None),
            ("(Linux", None),
            ("", None),
        ] {
            assert_eq!(words(agent.as_bytes()).as_deref(), expected, "{agent}");
        }
        assert_eq!(words(b"Firefox/145.0 (Windows; \xfc)"), None);
        assert_eq!(Device::of(&HeaderMap::new()), Device::UNKNOWN);
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let agent = |bytes: usize| format!("Firefox/{}", "1".repeat(bytes - 8));
        let known = Some("Firefox".to_owned());
        assert_eq!(words(agent(USER_AGENT_BYTES - 1).as_bytes()), known);
        assert_eq!(words(agent(USER_AGENT_BYTES).as_bytes()), known);
        assert_eq!(words(agent(USER_AGENT_BYTES + 1).as_bytes()), None);
    }

    #[test]
    fn every_kind_fits_into_a_hello() {
        let names = |table: Table| table.iter().map(|&(_, words)| Some(words));
        for browser in names(BROWSERS).chain([None]) {
            for system in names(SYSTEMS).chain([None]) {
                let words = Device { browser, system }.words().unwrap_or_default();
                assert!(words.len() <= CLIENT_BYTES, "{words}");
            }
        }
    }
}
