//! AWS Signature Version 4, by AWS's own crate.
//!
//! Signed are the content type, the host, the date, the session token where there is one, and the
//! body, as AWS's SDKs for the Query protocol did. The clock is an argument.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;

use crate::credentials::Credentials;
use crate::error::Violation;
use crate::wire::Request;

/// The name that SQS goes by in a signature.
const SERVICE: &str = "sqs";
/// The header that is signed beside those that signing adds.
const SIGNED: &str = "content-type";
/// From the epoch to the last second of the year 9999, beyond which no date can be written in a signature.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// Signs a request, for a region, as of a moment: adds the headers that carry the signature.
///
/// # Errors
/// The argument that cannot be signed with. None is known that passes validation.
pub fn sign_request(
    request: &mut Request,
    credentials: &Credentials,
    region: &str,
    time: SystemTime,
) -> Result<(), Violation> {
    let identity = aws_credential_types::Credentials::new(
        credentials.access_key_id.as_str(),
        credentials.secret_access_key.as_str(),
        credentials.session_token.clone(),
        None,
        "call",
    )
    .into();
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region)
        .name(SERVICE)
        .time(time.min(SystemTime::UNIX_EPOCH + LAST_SECOND))
        .settings(SigningSettings::default())
        .build()
        .map_err(|_| Violation::new("credentials", "cannot be used to sign"))?
        .into();
    let uri = request.uri.to_string();
    let content_type = request.headers.iter().filter(|(name, _)| name == SIGNED);
    let signable = SignableRequest::new(
        "POST",
        uri,
        content_type.map(|(name, value)| (name.as_str(), value.as_str())),
        SignableBody::Bytes(&request.body),
    )
    .map_err(|_| Violation::new("queue", "has an address that cannot be signed"))?;
    let (instructions, _) = sign(signable, &params)
        .map_err(|_| Violation::new("credentials", "cannot be used to sign"))?
        .into_parts();
    let signature = instructions
        .headers()
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
    request.headers.extend(signature);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vectors::Golden;
    use crate::{query, vectors};

    /// The value of a header that stands there once.
    fn header<'a>(request: &'a Request, name: &str) -> &'a str {
        let mut found = request.headers.iter().filter(|(header, _)| header == name);
        let value = found.next().map_or("", |(_, value)| value);
        assert_eq!(found.count(), 0, "{name}");
        value
    }

    fn unsigned(golden: &Golden) -> Request {
        Request {
            uri: golden.url.parse().unwrap(),
            headers: vec![
                (SIGNED.into(), query::CONTENT_TYPE.into()),
                ("user-agent".into(), "not signed".into()),
            ],
            body: golden.form.clone().into_bytes(),
        }
    }

    #[test]
    fn signatures_equal_those_of_aws_own_sdk() {
        for golden in vectors::requests() {
            let mut request = unsigned(&golden);
            sign_request(
                &mut request,
                &golden.credentials,
                vectors::REGION,
                vectors::time(),
            )
            .unwrap();
            assert_eq!(
                header(&request, "authorization"),
                format!(
                    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/sqs/aws4_request, \
                     SignedHeaders={}, Signature={}",
                    golden.signed_headers, golden.signature
                ),
                "{}",
                golden.name
            );
            assert_eq!(header(&request, "x-amz-date"), "20260102T030405Z");
            let token = golden.credentials.session_token.as_deref();
            assert_eq!(
                header(&request, "x-amz-security-token"),
                token.unwrap_or("")
            );
        }
    }

    #[test]
    fn a_time_that_no_signature_can_carry_is_no_panic() {
        let golden = &vectors::requests()[0];
        let far = SystemTime::UNIX_EPOCH + 100 * LAST_SECOND;
        let mut request = unsigned(golden);
        sign_request(&mut request, &golden.credentials, vectors::REGION, far).unwrap();
        assert_eq!(header(&request, "x-amz-date"), "99991231T235959Z");
    }
}
