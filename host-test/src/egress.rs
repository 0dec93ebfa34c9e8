//! Where a sandbox may send requests.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::{Method, Uri};

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

/// A text is not the address of an HTTP server, or a pattern of such, or a named set of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("neither an http or https url, as https://host, nor aws:SERVICE:REGION: {0:?}")]
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

    /// Whether these are the servers of one domain, over HTTPS and its own port: no pattern stands for either of the last
    /// two labels. What a connector asks for by itself should be no more than that.
    #[must_use]
    pub fn is_of_one_domain(&self) -> bool {
        let end = &self.labels[self.labels.len().saturating_sub(2)..];
        let is_exact = |label: &Label| matches!(label, Label::Exactly(_));
        self.https && self.port == 443 && end.len() == 2 && end.iter().all(is_exact)
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
    // Who sends it is told in headers: a name in front of a host only makes it look like another.
    if authority.as_str().contains('@') {
        return None;
    }
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

impl From<OriginPattern> for Origins {
    fn from(pattern: OriginPattern) -> Self {
        Self(vec![pattern])
    }
}

/// A set of servers, as `--allow` and [`HostBuilder::allow`](crate::HostBuilder::allow) take it: those of one
/// [`OriginPattern`], or a named set, `aws:SERVICE:REGION`, of the endpoints of an AWS service in a region.
///
/// ```
/// # use connector_host::Origins;
/// let set: Origins = "aws:sqs:eu-west-1".parse()?;
/// assert!(set.patterns().any(|pattern| pattern.to_string() == "https://sqs.eu-west-1.amazonaws.com:443"));
/// # Ok::<_, connector_host::NotAnOrigin>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins(Vec<OriginPattern>);

/// For the partitions of AWS, by what the names of their regions begin with, the domains of their endpoints: the first,
/// and of dual stack where there is one.
/// <https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html>
const PARTITIONS: [(&str, &str, Option<&str>); 7] = [
    (
        "cn-",
        "amazonaws.com.cn",
        Some("api.amazonwebservices.com.cn"),
    ),
    ("us-iso-", "c2s.ic.gov", None),
    ("us-isob-", "sc2s.sgov.gov", None),
    ("us-isof-", "csp.hci.ic.gov", None),
    ("eu-isoe-", "cloud.adc-e.uk", None),
    ("eusc-", "amazonaws.eu", None),
    // The commercial one, and that for governments.
    ("", "amazonaws.com", Some("api.aws")),
];

impl Origins {
    /// The endpoints of an AWS service in a region: regional, FIPS, dual-stack, of VPCs, and for `sqs` the legacy ones.
    ///
    /// Fails if either is no word that can stand in the name of a host, or the region is none by its shape.
    /// <https://docs.aws.amazon.com/general/latest/gr/rande.html>
    pub fn of_aws(service: &str, region: &str) -> Result<Self, NotAnOrigin> {
        let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if service.is_empty() || !service.chars().all(is_word) || !is_region(region) {
            return Err(NotAnOrigin(format!("aws:{service}:{region}")));
        }
        let partition = PARTITIONS
            .iter()
            .find(|(start, ..)| region.starts_with(start));
        let (domain, dual_stack) = partition
            .map_or(("amazonaws.com", None), |(_, domain, dual)| {
                (*domain, *dual)
            });
        let mut hosts = Vec::new();
        for domain in [Some(domain), dual_stack].into_iter().flatten() {
            hosts.push(format!("{service}.{region}.{domain}"));
            hosts.push(format!("{service}-fips.{region}.{domain}"));
        }
        hosts.push(format!("*.{service}.{region}.vpce.{domain}"));
        if service == "sqs" {
            hosts.push(format!("{region}.queue.{domain}"));
            if region == "us-east-1" {
                hosts.push(format!("queue.{domain}"));
            }
        }
        let patterns = hosts.iter().map(|host| format!("https://{host}").parse());
        patterns.collect::<Result<_, _>>().map(Self)
    }

    /// The patterns of the set.
    pub fn patterns(&self) -> impl Iterator<Item = &OriginPattern> {
        self.0.iter()
    }
}

impl FromStr for Origins {
    type Err = NotAnOrigin;

    fn from_str(text: &str) -> Result<Self, NotAnOrigin> {
        let set = text
            .strip_prefix("aws:")
            .and_then(|set| set.split_once(':'));
        match set {
            Some((service, region)) => Self::of_aws(service, region),
            None => text.parse().map(|pattern: OriginPattern| pattern.into()),
        }
    }
}

/// What a policy sees of a request.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EgressRequest<'r> {
    /// Its method.
    pub method: &'r Method,
    /// Where it goes.
    pub uri: &'r Uri,
}

/// A policy of the embedder's own over what leaves: by the hour, by the path, by what somebody has switched off.
///
/// It narrows the allow-list and never widens it. It is asked in the middle of a call, once for each request, and should
/// not block. `true` lets the request out; one that is held back ends for the connector as one to a server that is not
/// allowed.
pub trait EgressPolicy: Send + Sync {
    /// Whether a request may leave.
    fn allows(&self, request: EgressRequest<'_>) -> bool;
}

/// Any function of that form is a policy.
impl<F: Fn(EgressRequest<'_>) -> bool + Send + Sync> EgressPolicy for F {
    fn allows(&self, request: EgressRequest<'_>) -> bool {
        self(request)
    }
}

/// What a sandbox may send. Empty by default: then nothing leaves.
#[derive(Clone, Default)]
pub(crate) struct Egress {
    allowed: BTreeSet<OriginPattern>,
    policies: Vec<Arc<dyn EgressPolicy>>,
}

impl Egress {
    /// Whether a request may leave.
    pub(crate) fn allows(&self, method: &Method, uri: &Uri) -> bool {
        self.allowed.iter().any(|allowed| allowed.matches(uri))
            && self
                .policies
                .iter()
                .all(|policy| policy.allows(EgressRequest { method, uri }))
    }

    /// Lets requests out to more servers.
    pub(crate) fn allow(&mut self, origins: Origins) {
        self.allowed.extend(origins.0);
    }

    /// Has another policy decide, too.
    pub(crate) fn add_policy(&mut self, policy: impl EgressPolicy + 'static) {
        self.policies.push(Arc::new(policy));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(allowed: &str, uri: &str) -> bool {
        let mut egress = Egress::default();
        egress.allow(allowed.parse().unwrap());
        egress.allows(&Method::POST, &uri.parse().unwrap())
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
            "https://evil.example@sqs.eu-west-1.amazonaws.com/",
            "https://user:password@sqs.eu-west-1.amazonaws.com:443/",
        ] {
            assert!(!allows(allowed, uri), "{uri}");
        }
    }

    #[test]
    fn an_empty_list_allows_nothing() {
        let uri = "https://sqs.eu-west-1.amazonaws.com/".parse().unwrap();
        assert!(!Egress::default().allows(&Method::POST, &uri));
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

    #[test]
    fn a_named_set_has_the_endpoints_of_one_service_in_one_region() {
        for (set, hosts) in [
            (
                "aws:sqs:eu-west-1",
                &[
                    "sqs.eu-west-1.amazonaws.com",
                    "sqs-fips.eu-west-1.amazonaws.com",
                    "sqs.eu-west-1.api.aws",
                    "vpce-1-2.sqs.eu-west-1.vpce.amazonaws.com",
                    "eu-west-1.queue.amazonaws.com",
                ][..],
            ),
            ("aws:sqs:us-east-1", &["queue.amazonaws.com"]),
            (
                "aws:sqs:cn-north-1",
                &[
                    "sqs.cn-north-1.amazonaws.com.cn",
                    "sqs.cn-north-1.api.amazonwebservices.com.cn",
                ],
            ),
            (
                "aws:sqs:us-gov-west-1",
                &["sqs.us-gov-west-1.amazonaws.com"],
            ),
            ("aws:sqs:us-iso-east-1", &["sqs.us-iso-east-1.c2s.ic.gov"]),
            ("aws:sns:eu-west-1", &["sns.eu-west-1.amazonaws.com"]),
        ] {
            for host in hosts {
                assert!(allows(set, &format!("https://{host}/")), "{set}: {host}");
                assert!(!allows(set, &format!("http://{host}/")), "{set}: {host}");
            }
        }
        for uri in [
            "https://sqs.eu-west-2.amazonaws.com/",
            "https://sns.eu-west-1.amazonaws.com/",
            "https://queue.amazonaws.com/",
            "https://sqs.eu-west-1.amazonaws.com.cn/",
            "https://sqs.eu-west-1.amazonaws.com.evil.example/",
        ] {
            assert!(!allows("aws:sqs:eu-west-1", uri), "{uri}");
        }
        for text in [
            "aws:sqs",
            "aws:sqs:",
            "aws::eu-west-1",
            "aws:sqs:west",
            "aws:s.s:eu-west-1",
        ] {
            assert!(text.parse::<Origins>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_a_pattern_leaves_open_may_be_more_than_one_domain() {
        for (pattern, is_of_one) in [
            ("https://sqs.{region}.amazonaws.com", true),
            ("https://*.sqs.{region}.vpce.amazonaws.com", true),
            ("https://example.com", true),
            ("https://*", false),
            ("https://*.com", false),
            ("https://example.*", false),
            ("https://localhost", false),
            ("https://example.com:8443", false),
            ("http://example.com", false),
        ] {
            let pattern: OriginPattern = pattern.parse().unwrap();
            assert_eq!(pattern.is_of_one_domain(), is_of_one, "{pattern}");
        }
    }

    #[test]
    fn a_policy_narrows_what_is_allowed() {
        let uri = |path: &str| format!("https://sqs.example{path}").parse().unwrap();
        let mut egress = Egress::default();
        egress.add_policy(|request: EgressRequest<'_>| {
            *request.method == Method::POST && request.uri.path().starts_with("/1/")
        });
        assert!(!egress.allows(&Method::POST, &uri("/1/q")));
        egress.allow("https://sqs.example".parse().unwrap());
        assert!(egress.allows(&Method::POST, &uri("/1/q")));
        assert!(!egress.allows(&Method::POST, &uri("/2/q")));
        assert!(!egress.allows(&Method::GET, &uri("/1/q")));
    }
}
