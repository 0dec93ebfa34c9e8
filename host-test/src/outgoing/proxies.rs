//! Proxies on the way out.

use http::{HeaderValue, Uri, uri::Scheme};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

/// The proxies that requests go through.
///
/// The allow-list is about the server that a request is for, whichever proxy it goes through. What is encrypted stays so:
/// a proxy then sees the name of the server and nothing else.
#[derive(Debug)]
pub struct Proxies(Matcher);

/// A proxy that is not spoken to in HTTP.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("proxies must be http or https: have {scheme}")]
pub struct InvalidProxy {
    /// The scheme of its URL. The rest may hold a password.
    pub scheme: String,
}

impl Proxies {
    /// No proxies: every request goes straight to its server.
    #[must_use]
    pub fn none() -> Self {
        Self(Matcher::builder().build())
    }

    /// Those that variables of the environment name, as for curl: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
    /// `NO_PROXY`, or the same in lower case. User and password in a proxy's URL are sent to it (`Basic`).
    ///
    /// Fails if one is neither `http` nor `https`.
    pub fn from_environment() -> Result<Self, InvalidProxy> {
        Self::checked(Matcher::from_env())
    }

    /// This proxy for every server, but for those of `except`: names of hosts, with all that end in them, and addresses,
    /// separated by commas.
    ///
    /// Fails if it is neither `http` nor `https`.
    pub fn all(proxy: &str, except: &str) -> Result<Self, InvalidProxy> {
        let matcher = Matcher::builder()
            .all(proxy.to_owned())
            .no(except.to_owned());
        Self::checked(matcher.build())
    }

    fn checked(matcher: Matcher) -> Result<Self, InvalidProxy> {
        let proxies = Self(matcher);
        for server in ["http://server.invalid", "https://server.invalid"] {
            if let Some(proxy) = proxies.on_the_way_to(&Uri::from_static(server)) {
                let scheme = proxy.uri().scheme_str().unwrap_or("http");
                if !matches!(scheme, "http" | "https") {
                    let scheme = scheme.to_owned();
                    return Err(InvalidProxy { scheme });
                }
            }
        }
        Ok(proxies)
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
    fn a_proxy_of_another_kind_is_told_without_its_password() {
        let error = Proxies::all("socks5://user:m4rk3r@proxy:1080", "").unwrap_err();
        assert_eq!(
            error.to_string(),
            "proxies must be http or https: have socks5"
        );
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
