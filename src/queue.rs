//! A queue's URL, and what follows from it: where the request goes, the region, the kind of queue.
//!
//! The forms of SQS hosts are those of AWS's endpoint rules and of
//! <https://docs.aws.amazon.com/general/latest/gr/sqs-service.html>.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};

use crate::error::Violation;

/// The longest name of a queue, in characters, with `.fifo`.
const MAX_NAME: usize = 80;
/// The longest region, in bytes: three times as long as any that there is.
const MAX_REGION: usize = 64;

/// The queue that a message goes to, as the caller names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// The queue's URL.
    pub url: String,
    /// The region to sign for, where the URL's host does not carry it.
    pub region: Option<String>,
    /// Where to send the request instead of the URL's own host.
    pub endpoint: Option<String>,
}

/// Where a request goes, and what it is signed for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    /// The address. Its authority is what stands in the `Host` header and is signed: in lower case,
    /// without the scheme's own port.
    pub uri: Uri,
    /// The region to sign for.
    pub region: String,
}

impl Queue {
    /// Whether the queue is a FIFO queue, as far as its URL can be read.
    #[must_use]
    pub fn is_fifo(&self) -> bool {
        let path = self
            .url
            .split_once("://")
            .and_then(|(_, address)| address.split_once('/'))
            .and_then(|(_, path)| path.split(['?', '#']).next());
        path.is_some_and(is_fifo)
    }

    /// Works out where a request goes.
    ///
    /// # Errors
    /// Every rule that the URL, the region or the endpoint breaks.
    pub fn destination(&self) -> Result<Destination, Vec<Violation>> {
        let url = parse(&self.url).and_then(|url| check_name(url.path()).map_or(Ok(url), Err));
        let endpoint = self.endpoint.as_deref().map(parse_endpoint).transpose();
        let region = match &self.region {
            Some(region) => check_region(region).map_or(Ok(region.clone()), Err),
            // Where the URL cannot be read, that is the one thing to tell.
            None if url.is_err() => Ok(String::new()),
            None => [
                url.as_ref().ok(),
                endpoint.as_ref().ok().and_then(Option::as_ref),
            ]
            .into_iter()
            .flatten()
            .find_map(|uri| region_of(uri.host()?))
            .ok_or_else(|| "is required: the host of the url does not carry it".to_owned()),
        };
        match (url, endpoint, region) {
            (Ok(url), Ok(endpoint), Ok(region)) => Ok(Destination {
                uri: endpoint.unwrap_or_else(|| root_of(url)),
                region,
            }),
            (url, endpoint, region) => Err([
                ("queue.url", url.err()),
                ("queue.endpoint", endpoint.err()),
                ("queue.region", region.err()),
            ]
            .into_iter()
            .filter_map(|(field, problem)| Some(Violation::new(field, problem?)))
            .collect()),
        }
    }
}

/// The name of a queue, which is the last part of its path.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html>
fn check_name(path: &str) -> Option<String> {
    let path = path.trim_end_matches('/');
    let name = path.rsplit('/').next().unwrap_or_default();
    let base = name.strip_suffix(".fifo").unwrap_or(name);
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if base.is_empty() {
        Some("must name a queue after the host".into())
    } else if name.len() > MAX_NAME {
        Some(format!(
            "must name a queue in at most {MAX_NAME} characters: has {}",
            name.len()
        ))
    } else {
        let at = base.bytes().position(|byte| !allowed(byte))?;
        Some(format!(
            "must name a queue in letters, digits, '-' and '_': byte {at} of the name is not"
        ))
    }
}

/// Whether a queue's path names a FIFO queue: the suffix decides, in lower case.
fn is_fifo(path: &str) -> bool {
    let name = path.trim_end_matches('/').rsplit_once('.');
    name.is_some_and(|(_, suffix)| suffix == "fifo")
}

/// The address of a server: the same without path and query.
fn root_of(uri: Uri) -> Uri {
    let mut parts = uri.into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static("/"));
    Uri::from_parts(parts).unwrap_or_default()
}

/// Parses an address of scheme `http` or `https`, and brings its authority into the one form that the
/// request and the signature share.
fn parse(text: &str) -> Result<Uri, String> {
    let malformed = || {
        format!(
            "must be an absolute http or https url: the {} bytes given are not",
            text.len()
        )
    };
    let mut parts = text.parse::<Uri>().map_err(|_| malformed())?.into_parts();
    let (Some(scheme), Some(authority)) = (&parts.scheme, &parts.authority) else {
        return Err(malformed());
    };
    let default_port = match scheme {
        scheme if *scheme == Scheme::HTTP => 80,
        scheme if *scheme == Scheme::HTTPS => 443,
        _ => return Err(malformed()),
    };
    if authority.as_str().contains('@') {
        return Err("must not contain user information".into());
    }
    let host = authority.host().to_ascii_lowercase();
    let port = match authority.as_str()[authority.host().len()..].strip_prefix(':') {
        None | Some("") => default_port,
        Some(_) => authority
            .port_u16()
            .ok_or("must have a port between 0 and 65535")?,
    };
    let authority = if port == default_port {
        Authority::try_from(host)
    } else {
        Authority::try_from(format!("{host}:{port}"))
    };
    parts.authority = Some(authority.map_err(|_| malformed())?);
    if parts.path_and_query.is_none() {
        parts.path_and_query = Some(PathAndQuery::from_static("/"));
    }
    Uri::from_parts(parts).map_err(|_| malformed())
}

/// An endpoint: an address whose path is kept, and which has nothing behind it.
fn parse_endpoint(text: &str) -> Result<Uri, String> {
    let uri = parse(text)?;
    if uri.query().is_some() || text.contains('#') {
        return Err("must not have a query or a fragment".into());
    }
    Ok(uri)
}

fn check_region(region: &str) -> Option<String> {
    if region.is_empty() || region.len() > MAX_REGION {
        return Some(format!(
            "must be 1 to {MAX_REGION} bytes: has {}",
            region.len()
        ));
    }
    let at = region
        .bytes()
        .position(|byte| !byte.is_ascii_alphanumeric() && byte != b'-')?;
    Some(format!(
        "must be ascii letters, digits and '-': byte {at} of {} is not",
        region.len()
    ))
}

/// The region that an SQS host carries.
fn region_of(host: &str) -> Option<String> {
    if host == "queue.amazonaws.com" {
        return Some("us-east-1".into());
    }
    let labels: Vec<&str> = host.split('.').collect();
    labels
        .windows(2)
        .find_map(|pair| match pair {
            ["sqs" | "sqs-fips", region] | [region, "queue"] => Some(*region),
            _ => None,
        })
        .filter(|region| looks_like_region(region))
        .map(Into::into)
}

/// Whether a label has the shape of every region of every partition: words, then a number
/// (`us-east-1`, `us-isob-east-1`, `eusc-de-east-1`). It keeps `sqs.example.com` from being one.
fn looks_like_region(label: &str) -> bool {
    let parts: Vec<&str> = label.split('-').collect();
    let [words @ .., number] = parts.as_slice() else {
        return false;
    };
    let all =
        |text: &str, test: fn(&u8) -> bool| !text.is_empty() && text.as_bytes().iter().all(test);
    label.len() <= MAX_REGION
        && words.len() >= 2
        && words.iter().all(|word| all(word, u8::is_ascii_lowercase))
        && all(number, u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(url: &str) -> Queue {
        Queue {
            url: url.into(),
            ..Queue::default()
        }
    }

    fn destination(queue: &Queue) -> (String, String) {
        let destination = queue.destination().unwrap();
        (destination.uri.to_string(), destination.region)
    }

    fn violations(queue: &Queue) -> Vec<Violation> {
        queue.destination().unwrap_err()
    }

    #[test]
    fn every_form_of_aws_host_carries_its_region() {
        for (host, region) in [
            ("sqs.eu-west-1.amazonaws.com", "eu-west-1"),
            ("sqs.us-gov-west-1.amazonaws.com", "us-gov-west-1"),
            ("sqs.cn-north-1.amazonaws.com.cn", "cn-north-1"),
            ("sqs-fips.us-east-2.amazonaws.com", "us-east-2"),
            ("sqs-fips.us-west-2.api.aws", "us-west-2"),
            ("sqs.ap-southeast-4.api.aws", "ap-southeast-4"),
            (
                "sqs.cn-northwest-1.api.amazonwebservices.com.cn",
                "cn-northwest-1",
            ),
            ("eu-central-1.queue.amazonaws.com", "eu-central-1"),
            ("cn-north-1.queue.amazonaws.com.cn", "cn-north-1"),
            ("queue.amazonaws.com", "us-east-1"),
            (
                "vpce-0a1b-2c3d.sqs.us-east-1.vpce.amazonaws.com",
                "us-east-1",
            ),
            (
                "vpce-0a1b-2c3d-us-east-1a.sqs.us-east-1.vpce.amazonaws.com",
                "us-east-1",
            ),
            ("sqs.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"),
            ("sqs.us-iso-east-1.c2s.ic.gov", "us-iso-east-1"),
            ("sqs.us-isob-east-1.sc2s.sgov.gov", "us-isob-east-1"),
            ("sqs.eu-isoe-west-1.cloud.adc-e.uk", "eu-isoe-west-1"),
            ("sqs.us-isof-south-1.csp.hci.ic.gov", "us-isof-south-1"),
        ] {
            assert_eq!(
                destination(&queue(&format!("https://{host}/123456789012/orders"))),
                (format!("https://{host}/"), region.to_owned())
            );
        }
    }

    #[test]
    fn other_hosts_need_a_region() {
        for host in [
            "localhost:4566",
            "127.0.0.1",
            "[::1]:4566",
            "sqs.example.com",
            "sqs.amazonaws.com",
            "example.queue.amazonaws.com",
            &format!("sqs.{}-west-1.example.com", "e".repeat(58)),
        ] {
            let mut queue = queue(&format!("http://{host}/000000000000/orders"));
            assert_eq!(
                violations(&queue),
                [Violation::new(
                    "queue.region",
                    "is required: the host of the url does not carry it"
                )],
                "{host}"
            );
            queue.region = Some("eu-west-1".into());
            assert_eq!(
                destination(&queue),
                (format!("http://{host}/"), "eu-west-1".to_owned())
            );
        }
    }

    #[test]
    fn a_queue_has_a_name_that_sqs_gives() {
        let at = |path: &str| queue(&format!("https://sqs.eu-west-1.amazonaws.com{path}"));
        let longest = "q".repeat(80);
        for path in [
            "/1/a_B-9",
            "/1/q.fifo",
            "/queue/us-east-1/0/q",
            "/1/q/",
            &format!("/1/{longest}"),
        ] {
            assert!(at(path).destination().is_ok(), "{path}");
        }
        for (path, problem) in [
            ("", "must name a queue after the host"),
            ("//", "must name a queue after the host"),
            ("/1/.fifo", "must name a queue after the host"),
            (
                &format!("/1/{longest}q"),
                "must name a queue in at most 80 characters: has 81",
            ),
            (
                "/1/a.b",
                "must name a queue in letters, digits, '-' and '_': byte 1 of the name is not",
            ),
            (
                "/1/a%20b",
                "must name a queue in letters, digits, '-' and '_': byte 1 of the name is not",
            ),
        ] {
            assert_eq!(
                violations(&at(path)),
                [Violation::new("queue.url", problem)],
                "{path}"
            );
        }
    }

    #[test]
    fn a_given_region_wins_over_that_of_the_host() {
        let queue = Queue {
            region: Some("eu-west-1".into()),
            ..queue("https://sqs.us-east-1.amazonaws.com/123456789012/orders")
        };
        assert_eq!(destination(&queue).1, "eu-west-1");
    }

    #[test]
    fn the_schemes_own_port_is_dropped_and_any_other_kept() {
        for (url, uri) in [
            (
                "https://SQS.us-east-1.amazonaws.com:443/1/q",
                "https://sqs.us-east-1.amazonaws.com/",
            ),
            (
                "http://sqs.us-east-1.amazonaws.com:80/1/q",
                "http://sqs.us-east-1.amazonaws.com/",
            ),
            (
                "https://sqs.us-east-1.amazonaws.com:/1/q",
                "https://sqs.us-east-1.amazonaws.com/",
            ),
            (
                "https://sqs.us-east-1.amazonaws.com:80/1/q",
                "https://sqs.us-east-1.amazonaws.com:80/",
            ),
            (
                "http://sqs.us-east-1.amazonaws.com:443/1/q",
                "http://sqs.us-east-1.amazonaws.com:443/",
            ),
        ] {
            assert_eq!(destination(&queue(url)).0, uri);
        }
    }

    #[test]
    fn an_endpoint_takes_the_request_and_the_url_still_names_region_and_kind() {
        let queue = Queue {
            endpoint: Some("http://localhost:4566".into()),
            ..queue("https://sqs.eu-west-1.amazonaws.com/123456789012/orders.fifo")
        };
        let destination = queue.destination().unwrap();
        assert_eq!(destination.uri, "http://localhost:4566/");
        assert_eq!(destination.region, "eu-west-1");
        assert!(queue.is_fifo());
    }

    #[test]
    fn an_endpoint_keeps_its_path_and_may_carry_the_region() {
        let queue = Queue {
            endpoint: Some("https://vpce-1.sqs.eu-west-3.vpce.amazonaws.com/gateway".into()),
            ..queue("http://queues.example/1/orders")
        };
        assert_eq!(
            destination(&queue),
            (
                "https://vpce-1.sqs.eu-west-3.vpce.amazonaws.com/gateway".to_owned(),
                "eu-west-3".to_owned()
            )
        );
    }

    #[test]
    fn the_suffix_of_the_name_makes_a_fifo_queue() {
        for (name, fifo) in [
            ("orders.fifo", true),
            ("orders.fifo/", true),
            ("orders", false),
            ("orders.fifo.old", false),
        ] {
            let url = format!("https://sqs.eu-west-1.amazonaws.com/123456789012/{name}");
            assert_eq!(queue(&url).is_fifo(), fifo, "{name}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for (url, problem) in [
            (
                "",
                "must be an absolute http or https url: the 0 bytes given are not",
            ),
            (
                "orders",
                "must be an absolute http or https url: the 6 bytes given are not",
            ),
            (
                "/123456789012/orders",
                "must be an absolute http or https url: the 20 bytes given are not",
            ),
            (
                "ftp://sqs.eu-west-1.amazonaws.com/1/q",
                "must be an absolute http or https url: the 37 bytes given are not",
            ),
            (
                " https://sqs.eu-west-1.amazonaws.com/1/q",
                "must be an absolute http or https url: the 40 bytes given are not",
            ),
            (
                "https://user:pw@sqs.eu-west-1.amazonaws.com/1/q",
                "must not contain user information",
            ),
            (
                "https://sqs.eu-west-1.amazonaws.com/",
                "must name a queue after the host",
            ),
            (
                "https://sqs.eu-west-1.amazonaws.com:99999/1/q",
                "must have a port between 0 and 65535",
            ),
        ] {
            let queue = Queue {
                region: Some("eu-west-1".into()),
                ..queue(url)
            };
            assert_eq!(
                violations(&queue),
                [Violation::new("queue.url", problem)],
                "{url}"
            );
        }
    }

    #[test]
    fn every_broken_part_is_named_at_once() {
        let queue = Queue {
            url: "orders".into(),
            region: Some("eu west".into()),
            endpoint: Some("http://localhost:4566/?x=1".into()),
        };
        let fields: Vec<_> = violations(&queue).into_iter().map(|v| v.field).collect();
        assert_eq!(fields, ["queue.url", "queue.endpoint", "queue.region"]);
    }

    #[test]
    fn a_region_has_1_to_64_bytes() {
        let of = |length: usize| Queue {
            region: Some("r".repeat(length)),
            ..queue("http://localhost/1/q")
        };
        assert_eq!(destination(&of(64)).1.len(), 64);
        for length in [0, 65] {
            assert_eq!(
                violations(&of(length)),
                [Violation::new(
                    "queue.region",
                    format!("must be 1 to 64 bytes: has {length}")
                )]
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn no_url_region_or_endpoint_makes_it_panic(
            url in ".*", region in proptest::option::of(".*"), endpoint in proptest::option::of("(https?://)?.*")
        ) {
            let _ = Queue { url, region, endpoint }.destination();
        }

        #[test]
        fn a_destination_never_spells_out_its_schemes_port(
            scheme in "https?", host in "[a-z]{1,9}(\\.[a-z]{1,9}){0,2}", port in proptest::option::of(0u16..=65535)
        ) {
            let url = match port {
                Some(port) => format!("{scheme}://{host}:{port}/1/q"),
                None => format!("{scheme}://{host}/1/q"),
            };
            let queue = Queue { region: Some("eu-west-1".into()), ..queue(&url) };
            let uri = queue.destination().unwrap().uri;
            let default = if scheme == "http" { 80 } else { 443 };
            proptest::prop_assert_eq!(uri.port_u16(), port.filter(|port| *port != default));
        }
    }
}
