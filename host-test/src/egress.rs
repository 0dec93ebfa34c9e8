//! Where a sandbox may send requests.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use http::Uri;

/// A server as scheme, host and port: what an allow-list matches on.
///
/// Host names compare without case, and a port that is left out is the scheme's own: `https://a` and
/// `https://A:443` are the same origin, `http://a` and `https://a:8443` are others. On an allow-list, a label `*`
/// stands for any one label: `https://sqs.*.amazonaws.com`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    https: bool,
    host: String,
    port: u16,
}

/// A text is not the address of an HTTP server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute http or https url: {0:?}")]
pub struct NotAnOrigin(String);

impl Origin {
    /// The origin of an address, whatever its path.
    #[must_use]
    pub fn of(uri: &Uri) -> Option<Self> {
        let https = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        let authority = uri.authority()?;
        // A port that is no number is not "no port".
        let port_given = authority.as_str().len() > authority.host().len() + 1;
        let port = match authority.port_u16() {
            Some(port) => port,
            None if port_given => return None,
            None if https => 443,
            None => 80,
        };
        Some(Self {
            https,
            host: authority.host().to_ascii_lowercase(),
            port,
        })
    }

    /// Whether another origin is this one, label by label.
    fn matches(&self, other: &Self) -> bool {
        let is_like = |(pattern, label): (&str, &str)| pattern == label || pattern == "*";
        let labels = |origin: &Self| origin.host.split('.').count();
        self.https == other.https
            && self.port == other.port
            && labels(self) == labels(other)
            && self.host.split('.').zip(other.host.split('.')).all(is_like)
    }
}

impl FromStr for Origin {
    type Err = NotAnOrigin;

    /// Takes the origin of an address, as in `https://sqs.eu-west-1.amazonaws.com`; a path, as in a
    /// queue's URL, is left aside.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        text.parse()
            .ok()
            .and_then(|uri| Self::of(&uri))
            .ok_or_else(|| NotAnOrigin(text.to_owned()))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)
    }
}

/// The origins that a sandbox may send requests to. Empty by default: then nothing leaves.
#[derive(Default)]
pub(crate) struct AllowList(BTreeSet<Origin>);

impl AllowList {
    /// Whether a request to this address may leave.
    pub(crate) fn allows(&self, uri: &Uri) -> bool {
        Origin::of(uri).is_some_and(|origin| {
            self.0.contains(&origin) || self.0.iter().any(|allowed| allowed.matches(&origin))
        })
    }

    /// Lets requests out to one more server.
    pub(crate) fn add(&mut self, origin: Origin) {
        self.0.insert(origin);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(allowed: &str, uri: &str) -> bool {
        let mut list = AllowList::default();
        list.add(allowed.parse().unwrap());
        list.allows(&uri.parse().unwrap())
    }

    #[test]
    fn a_star_stands_for_one_label() {
        let allowed = "https://sqs.*.amazonaws.com";
        for uri in [
            "https://sqs.eu-west-1.amazonaws.com/1/q",
            "https://SQS.us-east-1.amazonaws.com:443",
        ] {
            assert!(allows(allowed, uri), "{uri}");
        }
        for uri in [
            "http://sqs.eu-west-1.amazonaws.com/",
            "https://sqs.eu-west-1.amazonaws.com:8443/",
            "https://sqs.amazonaws.com/",
            "https://sqs.a.b.amazonaws.com/",
            "https://sqs.eu-west-1.amazonaws.com.evil.example/",
            "https://evil.example/sqs.eu-west-1.amazonaws.com",
            "https://sns.eu-west-1.amazonaws.com/",
            "https://*.eu-west-1.amazonaws.com/",
        ] {
            assert!(!allows(allowed, uri), "{uri}");
        }
    }

    #[test]
    fn an_origin_matches_on_scheme_host_and_port() {
        let allowed = "https://sqs.eu-west-1.amazonaws.com";
        for uri in [
            "https://sqs.eu-west-1.amazonaws.com/",
            "https://sqs.eu-west-1.amazonaws.com:443/path?query",
            "https://SQS.eu-west-1.amazonaws.com",
        ] {
            assert!(allows(allowed, uri), "{uri}");
        }
        for uri in [
            "http://sqs.eu-west-1.amazonaws.com/",
            "https://sqs.eu-west-1.amazonaws.com:8443/",
            "https://sqs.eu-west-2.amazonaws.com/",
            "https://sqs.eu-west-1.amazonaws.com.evil.example/",
            "https://evil.example/sqs.eu-west-1.amazonaws.com",
            "https://sqs.eu-west-1.amazonaws.com@evil.example/",
        ] {
            assert!(!allows(allowed, uri), "{uri}");
        }
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        let uri = "https://sqs.eu-west-1.amazonaws.com/".parse().unwrap();
        assert!(!AllowList::default().allows(&uri));
    }

    #[test]
    fn a_queue_url_gives_its_origin() {
        let origin: Origin = "http://LocalHost:4566/000000000000/orders".parse().unwrap();
        assert_eq!(origin.to_string(), "http://localhost:4566");
    }

    #[test]
    fn what_is_no_address_is_no_origin() {
        for text in [
            "",
            "sqs",
            "/path",
            "ftp://a",
            "https://a:99999",
            "https://a:b",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }
}
