//! Where a sandbox may send requests.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use http::Uri;

/// Servers as scheme, host and port: what an allow-list matches on.
///
/// Host names compare without case, and a port that is left out is the scheme's own: `https://a` and
/// `https://A:443` are the same origin, `http://a` and `https://a:8443` are others. Of the labels of a name, `*` stands
/// for any one, and `{region}` for one in the shape of a cloud's regions, such as `eu-west-1`: two or more words of
/// lower-case letters and a number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct OriginPattern {
    https: bool,
    labels: Vec<Label>,
    port: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    Exactly(String),
    Any,
    Region,
}

/// A text is not the address of an HTTP server, or a pattern of such.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an absolute http or https url: {0:?}")]
pub struct NotAnOrigin(String);

/// What stands for `{region}` while an address is parsed: braces are no part of one.
const REGION: &str = "--region--";

impl OriginPattern {
    /// Whether a request to this address goes to one of these servers.
    #[must_use]
    pub fn matches(&self, uri: &Uri) -> bool {
        let Some((https, host, port)) = origin(uri) else {
            return false;
        };
        let labels: Vec<&str> = host.split('.').collect();
        self.https == https
            && self.port == port
            && self.labels.len() == labels.len()
            && self
                .labels
                .iter()
                .zip(labels)
                .all(|(pattern, label)| pattern.matches(label))
    }

    /// Whether requests to these servers are encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }
}

impl Label {
    fn matches(&self, label: &str) -> bool {
        match self {
            Self::Exactly(wanted) => wanted == label,
            Self::Any => true,
            Self::Region => is_region(label),
        }
    }
}

fn is_region(label: &str) -> bool {
    let is = |test: fn(u8) -> bool| move |text: &str| !text.is_empty() && text.bytes().all(test);
    let Some((words, number)) = label.rsplit_once('-') else {
        return false;
    };
    words.contains('-')
        && words.split('-').all(is(|byte| byte.is_ascii_lowercase()))
        && is(|byte| byte.is_ascii_digit())(number)
}

/// Scheme, host in lower case, and port of an address, whatever its path.
fn origin(uri: &Uri) -> Option<(bool, String, u16)> {
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
    Some((https, authority.host().to_ascii_lowercase(), port))
}

impl FromStr for OriginPattern {
    type Err = NotAnOrigin;

    /// Takes the origin of an address, as in `https://sqs.eu-west-1.amazonaws.com`; a path, as in a
    /// queue's URL, is left aside.
    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let wrong = || NotAnOrigin(text.to_owned());
        let uri: Uri = text
            .replace("{region}", REGION)
            .parse()
            .map_err(|_| wrong())?;
        let (https, host, port) = origin(&uri).ok_or_else(wrong)?;
        let labels = host.split('.').map(|label| match label {
            "*" => Ok(Label::Any),
            REGION => Ok(Label::Region),
            mixed if mixed.contains('*') || mixed.contains(REGION) => Err(wrong()),
            exact => Ok(Label::Exactly(exact.to_owned())),
        });
        Ok(Self {
            https,
            labels: labels.collect::<Result<_, _>>()?,
            port,
        })
    }
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.https { "https://" } else { "http://" })?;
        for (index, label) in self.labels.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            f.write_str(match label {
                Label::Exactly(label) => label,
                Label::Any => "*",
                Label::Region => "{region}",
            })?;
        }
        write!(f, ":{}", self.port)
    }
}

/// The servers that a sandbox may send requests to. Empty by default: then nothing leaves.
#[derive(Clone, Default)]
pub(crate) struct AllowList(BTreeSet<OriginPattern>);

impl AllowList {
    /// Whether a request to this address may leave.
    pub(crate) fn allows(&self, uri: &Uri) -> bool {
        self.0.iter().any(|allowed| allowed.matches(uri))
    }

    /// Lets requests out to more servers.
    pub(crate) fn add(&mut self, origins: OriginPattern) {
        self.0.insert(origins);
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
    fn a_region_is_words_and_a_number() {
        let allowed = "https://sqs.{region}.amazonaws.com";
        for region in [
            "eu-west-1",
            "us-gov-west-1",
            "us-isob-east-1",
            "ap-southeast-12",
        ] {
            assert!(
                allows(allowed, &format!("https://sqs.{region}.amazonaws.com/")),
                "{region}"
            );
        }
        // Buckets of S3, among others.
        for label in [
            "s3",
            "s3-us-west-2",
            "west-1",
            "1",
            "eu--1",
            "eu-west-",
            "-1",
            "eu-west-1a",
            "*",
        ] {
            assert!(
                !allows(allowed, &format!("https://sqs.{label}.amazonaws.com/")),
                "{label}"
            );
        }
        assert_eq!(
            allowed.parse::<OriginPattern>().unwrap().to_string(),
            "https://sqs.{region}.amazonaws.com:443"
        );
    }

    #[test]
    fn a_star_is_a_whole_label() {
        for text in [
            "https://sqs*.amazonaws.com",
            "https://a{region}.amazonaws.com",
            "https://{region.com",
        ] {
            assert!(text.parse::<OriginPattern>().is_err(), "{text}");
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
        let origin: OriginPattern = "http://LocalHost:4566/000000000000/orders".parse().unwrap();
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
            assert!(text.parse::<OriginPattern>().is_err(), "{text}");
        }
    }
}
