//! Proxies on the way out.

use http::{HeaderValue, Uri, uri::Scheme};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// The proxies that requests go through.
///
/// The allow-list is about the server that a request is for, whichever proxy it goes through. What is encrypted stays so:
/// a proxy then sees the name of the server and nothing else.
#[derive(Debug)]
pub struct Proxies(Matcher);

/// What should be the URL of a proxy is none of one that is spoken to in HTTP. The text itself may hold a password, and is
/// not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: a proxy must have an http or https url")]
pub struct InvalidProxy {
    /// The variable of the environment that has it, or else `proxy`.
    pub name: String,
}

impl Proxies {
    /// No proxies: every request goes straight to its server.
    #[must_use]
    pub fn none() -> Self {
        Self(Matcher::builder().build())
    }

    /// Those that variables of the environment name, as for curl: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`, or the same in lower case. User and password in a proxy's URL are sent to it (`Basic`). In a program
    /// that answers CGI requests, which can set `HTTP_PROXY`, that one does not count.
    ///
    /// Fails if the text of one is no URL, or neither `http` nor `https`: nothing goes past a proxy by mistake.
    pub fn from_environment() -> Result<Self, InvalidProxy> {
        let is_cgi = std::env::var_os("REQUEST_METHOD").is_some();
        let variable = |upper: &str| {
            let lower = upper.to_ascii_lowercase();
            [upper, &lower]
                .into_iter()
                .filter(|name| !(is_cgi && *name == "HTTP_PROXY"))
                .find_map(|name| Some((name.to_owned(), std::env::var(name).ok()?)))
                .unwrap_or_default()
        };
        let checked = |upper: &str| {
            let (name, proxy) = variable(upper);
            check(&name, &proxy).map(|()| proxy)
        };
        let matcher = Matcher::builder()
            .https(checked("HTTPS_PROXY")?)
            .http(checked("HTTP_PROXY")?)
            .all(checked("ALL_PROXY")?)
            .no(variable("NO_PROXY").1);
        Ok(Self(matcher.build()))
    }

    /// This proxy for every server, but for those of `except`: names of hosts, with all that end in them, and addresses,
    /// separated by commas.
    ///
    /// Fails if it is no URL, or neither `http` nor `https`.
    pub fn all(proxy: &str, except: &str) -> Result<Self, InvalidProxy> {
        check("proxy", proxy)?;
        let matcher = Matcher::builder()
            .all(proxy.to_owned())
            .no(except.to_owned());
        Ok(Self(matcher.build()))
    }

    /// The proxy for a server, if there is one.
    pub(super) fn on_the_way_to(&self, server: &Uri) -> Option<Intercept> {
        self.0.intercept(server)
    }

    /// What a request itself must tell the proxy: where it is not encrypted, and goes to the proxy as it is.
    pub(super) fn authorization(&self, server: &Uri) -> Option<HeaderValue> {
        if server.scheme() != Some(&Scheme::HTTP) {
            return None;
        }
        self.on_the_way_to(server)?.basic_auth().cloned()
    }
}

/// Whether the text for a proxy is empty, or one that will be gone through.
fn check(name: &str, proxy: &str) -> Result<(), InvalidProxy> {
    let matcher = Matcher::builder().all(proxy.to_owned()).build();
    let intercept = matcher.intercept(&Uri::from_static("http://server.invalid"));
    let scheme = intercept
        .as_ref()
        .and_then(|proxy| proxy.uri().scheme_str());
    if proxy.is_empty() || matches!(scheme, Some("http" | "https")) {
        return Ok(());
    }
    Err(InvalidProxy {
        name: name.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(proxies: &Proxies, server: &str) -> Option<String> {
        let proxy = proxies.on_the_way_to(&server.parse().unwrap())?;
        Some(proxy.uri().to_string())
    }

    #[test]
    fn all_servers_have_it_but_the_excepted() {
        let proxies = Proxies::all("http://proxy:3128", "example.com,127.0.0.0/8").unwrap();
        for server in ["https://sqs.eu-west-1.amazonaws.com/", "http://other"] {
            assert_eq!(proxy(&proxies, server).unwrap(), "http://proxy:3128/");
        }
        for server in ["https://a.example.com", "http://127.0.0.1:4566"] {
            assert_eq!(proxy(&proxies, server), None);
        }
        assert_eq!(proxy(&Proxies::none(), "http://other"), None);
    }

    #[test]
    fn what_cannot_be_gone_through_is_no_proxy_and_its_text_is_not_told() {
        for text in [
            "socks5://user:m4rk3r@proxy:1080",
            "ftp://m4rk3r",
            "http:/m4rk3r:3128",
            "http://",
            "m4rk3r proxy",
        ] {
            let error = Proxies::all(text, "").unwrap_err();
            assert_eq!(
                error.to_string(),
                "proxy: a proxy must have an http or https url"
            );
        }
        assert!(Proxies::all("proxy:3128", "").is_ok());
    }

    #[test]
    fn a_password_is_for_the_proxy_and_never_shown() {
        let proxies = Proxies::all("http://user:m4rk3r@proxy:3128", "").unwrap();
        let authorization = |server: &str| proxies.authorization(&server.parse().unwrap());
        assert_eq!(authorization("http://a").unwrap(), "Basic dXNlcjptNHJrM3I=");
        // The tunnel has told it already.
        assert_eq!(authorization("https://a"), None);
        assert!(!format!("{proxies:?}").contains("m4rk3r"));
    }
}
