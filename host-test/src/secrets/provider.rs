//! Where secrets come from.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::pin::Pin;

use super::Secret;

/// The largest file that is read as a secret, in bytes.
const MAX_SIZE: u64 = 64 * 1024;

/// Looks secrets up by name. Implement it for a vault of your own.
///
/// Many jobs ask at the same time, and each asks once for each name: a provider that goes over a network does well to
/// keep what it has fetched for a while.
///
/// ```no_run
#[doc = include_str!("../../examples/own_secrets.rs")]
/// ```
pub trait SecretProvider: Send + Sync {
    /// The secret with a name, if there is one.
    ///
    /// Fails if that cannot be found out. The error must not carry a value. It has as long as the job has
    /// (`jobTimeout`, or what is left of the engine's lock), or else a minute.
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a>;
}

/// A secret that is being looked up.
pub type SecretFuture<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Secret>, ProviderError>> + Send + 'a>>;

/// What is known at once.
fn ready<'a>(result: Result<Option<Secret>, ProviderError>) -> SecretFuture<'a> {
    Box::pin(std::future::ready(result))
}

/// A function that knows at once is a provider.
impl<F> SecretProvider for F
where
    F: Fn(&str) -> Result<Option<Secret>, ProviderError> + Send + Sync,
{
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        ready(self(name))
    }
}

/// A provider that failed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
#[error("secrets from {source_name}: {problem}")]
pub struct ProviderError {
    /// Where the secrets would have come from.
    pub source_name: String,
    /// What went wrong.
    pub problem: String,
}

impl ProviderError {
    /// What went wrong where. Neither may have a value in it.
    #[must_use]
    pub fn new(source_name: impl fmt::Display, problem: impl fmt::Display) -> Self {
        Self {
            source_name: source_name.to_string(),
            problem: problem.to_string(),
        }
    }
}

/// Secrets from variables of the environment: `NAME` is read from the prefix and `NAME`.
#[derive(Clone, Debug)]
pub struct EnvironmentSecrets {
    prefix: String,
}

impl EnvironmentSecrets {
    /// Reads variables that begin with this prefix, and no others. With an empty one, every variable of the
    /// environment is a secret that a job can ask for.
    #[must_use]
    pub fn with_prefix(prefix: impl Into<String>) -> Self {
        Self {
            prefix: prefix.into(),
        }
    }
}

impl EnvironmentSecrets {
    fn find(&self, name: &str) -> Result<Option<Secret>, ProviderError> {
        let variable = format!("{}{name}", self.prefix);
        // The system takes no such name, and some versions of it panic.
        if variable.contains(['=', '\0']) {
            return Ok(None);
        }
        match std::env::var(&variable) {
            Ok(value) => Ok(Some(Secret::new(value))),
            Err(std::env::VarError::NotPresent) => Ok(None),
            Err(std::env::VarError::NotUnicode(_)) => Err(ProviderError::new(
                "the environment",
                format_args!("{variable} is not utf-8"),
            )),
        }
    }
}

impl SecretProvider for EnvironmentSecrets {
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        ready(self.find(name))
    }
}

/// Secrets from a folder with a file for each, as Kubernetes and Docker mount them. One line break at the end of a
/// file does not count. Links are followed within the folder, not out of it. A folder that is not there is a failure.
#[derive(Clone, Debug)]
pub struct FolderSecrets {
    folder: PathBuf,
}

impl FolderSecrets {
    /// Reads the files of this folder, and of none within it.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
        }
    }

    fn read(&self, name: &str) -> Result<Option<String>, std::io::Error> {
        let folder = self.folder.canonicalize()?;
        let path = match folder.join(name).canonicalize() {
            Ok(path) if path.starts_with(&folder) && path.is_file() => path,
            Ok(_) => return Ok(None),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        read_text(&path)
            .map(Some)
            .map_err(|error| std::io::Error::other(format!("{name}: {error}")))
    }
}

/// The text of a file that is not larger than a secret may be.
fn read_text(path: &Path) -> Result<String, std::io::Error> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    file.take(MAX_SIZE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_SIZE {
        let problem = format!("larger than {MAX_SIZE} bytes");
        return Err(std::io::Error::other(problem));
    }
    String::from_utf8(bytes).map_err(|_| std::io::Error::other("not utf-8"))
}

/// Whether a name is that of a file and leads nowhere else.
fn is_file_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    !name.is_empty() && name.len() <= 255 && !name.starts_with('.') && name.chars().all(allowed)
}

impl FolderSecrets {
    fn find(&self, name: &str) -> Result<Option<Secret>, ProviderError> {
        if !is_file_name(name) {
            return Ok(None);
        }
        let read = self.read(name);
        let Some(text) = read.map_err(|error| ProviderError::new(self.folder.display(), error))?
        else {
            return Ok(None);
        };
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Some(Secret::new(line.strip_suffix('\r').unwrap_or(line))))
    }
}

/// A file is read when it is asked for: a secret that was changed counts from the next job on.
impl SecretProvider for FolderSecrets {
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        ready(self.find(name))
    }
}

/// Secrets from one file with a `NAME=value` on each line, in the form of `.env` files. It is read once. A value with
/// `$` stands in single quotes: elsewhere, tools disagree on what it means.
#[derive(Clone)]
pub struct FileSecrets {
    secrets: BTreeMap<String, Secret>,
}

impl fmt::Debug for FileSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "file of {} secrets", self.secrets.len())
    }
}

impl FileSecrets {
    /// Reads a file.
    ///
    /// Fails if it cannot be read, is larger than 64 KiB, or has an entry of another form. The error counts entries,
    /// since their text may be secret.
    pub fn read(path: &Path) -> Result<Self, ProviderError> {
        let failed = |problem: &dyn fmt::Display| ProviderError::new(path.display(), problem);
        let text = read_text(path).map_err(|error| failed(&error))?;
        let text = text.trim_start_matches('\u{feff}');
        // It would be replaced by a variable of the environment.
        if let Some(line) = text.lines().position(has_bare_dollar) {
            let place = format_args!("line {}: '$' must stand in single quotes", line + 1);
            return Err(failed(&place));
        }
        let mut secrets = BTreeMap::new();
        for (index, entry) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
            let (name, value) = entry.map_err(|error| match error {
                dotenvy::Error::Io(error) => failed(&error),
                _ => failed(&format_args!(
                    "entry {} has another form than NAME=value",
                    index + 1
                )),
            })?;
            secrets.insert(name, Secret::new(value));
        }
        Ok(Self { secrets })
    }
}

/// Whether a line has a `$` that is not between single quotes.
fn has_bare_dollar(line: &str) -> bool {
    !line.trim_start().starts_with('#')
        && line.split('\'').step_by(2).any(|part| part.contains('$'))
}

impl SecretProvider for FileSecrets {
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        ready(Ok(self.secrets.get(name).cloned()))
    }
}

/// Several providers, of which the first that has a secret is taken.
#[derive(Default)]
pub struct SecretProviders(Vec<Box<dyn SecretProvider>>);

impl SecretProviders {
    /// No provider: no secret is available.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider behind the others.
    #[must_use]
    pub fn and(mut self, provider: impl SecretProvider + 'static) -> Self {
        self.0.push(Box::new(provider));
        self
    }
}

impl fmt::Debug for SecretProviders {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secret providers", self.0.len())
    }
}

impl SecretProvider for SecretProviders {
    fn secret<'a>(&'a self, name: &'a str) -> SecretFuture<'a> {
        Box::pin(async move {
            for provider in &self.0 {
                if let Some(secret) = provider.secret(name).await? {
                    return Ok(Some(secret));
                }
            }
            Ok(None)
        })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn value(provider: &dyn SecretProvider, name: &str) -> Option<String> {
        provider
            .secret(name)
            .now_or_never()
            .unwrap()
            .unwrap()
            .map(|secret| secret.expose().to_owned())
    }

    #[test]
    fn the_environment_is_read_behind_a_prefix() {
        // What every test run has, without changing the environment of other tests.
        let (name, path) = ("PATH", std::env::var("PATH").unwrap());
        assert_eq!(
            value(&EnvironmentSecrets::with_prefix(""), name).as_ref(),
            Some(&path)
        );
        assert_eq!(
            value(&EnvironmentSecrets::with_prefix("PA"), "TH").as_ref(),
            Some(&path)
        );
        for name in ["PATH", "A=B", "A\0B", ""] {
            assert_eq!(
                value(&EnvironmentSecrets::with_prefix("CONNECTOR_SECRET_"), name),
                None
            );
        }
    }

    #[test]
    fn a_folder_has_a_file_for_each_secret() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("sub")).unwrap();
        for (name, text) in [
            ("KEY", "value"),
            ("LINE", "value\n"),
            ("LINES", "two\nlines\r\n"),
            ("EMPTY", ""),
            (".hidden", "x"),
            ("sub/IN", "x"),
        ] {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        std::fs::write(folder.path().join("large"), vec![b'x'; 64 * 1024 + 1]).unwrap();
        std::fs::write(folder.path().join("binary"), [0xff]).unwrap();
        let secrets = FolderSecrets::new(folder.path().join("sub/.."));
        assert_eq!(value(&secrets, "KEY").as_deref(), Some("value"));
        assert_eq!(value(&secrets, "LINE").as_deref(), Some("value"));
        assert_eq!(value(&secrets, "LINES").as_deref(), Some("two\nlines"));
        assert_eq!(value(&secrets, "EMPTY").as_deref(), Some(""));
        for name in [
            "OTHER",
            ".hidden",
            "sub/IN",
            "../KEY",
            "sub",
            "",
            "..",
            "/etc/hostname",
            &"x".repeat(300),
        ] {
            assert_eq!(value(&secrets, name), None, "{name}");
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::symlink;
            // As Kubernetes has it: names that lead to the current version.
            std::fs::create_dir(folder.path().join("..v1")).unwrap();
            std::fs::write(folder.path().join("..v1/LINKED"), "linked").unwrap();
            symlink("..v1", folder.path().join("..data")).unwrap();
            symlink("..data/LINKED", folder.path().join("LINKED")).unwrap();
            assert_eq!(value(&secrets, "LINKED").as_deref(), Some("linked"));
            symlink("/etc/hostname", folder.path().join("OUT")).unwrap();
            assert_eq!(value(&secrets, "OUT"), None);
        }
        let none = FolderSecrets::new(folder.path().join("none"));
        assert!(none.secret("KEY").now_or_never().unwrap().is_err());
        for name in ["large", "binary"] {
            assert!(
                secrets
                    .secret(name)
                    .now_or_never()
                    .unwrap()
                    .unwrap_err()
                    .to_string()
                    .contains(name)
            );
        }
    }

    #[test]
    fn a_file_has_a_secret_on_each_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(".env");
        std::fs::write(
            &path,
            "# keys\nKEY=value\nexport QUOTED='a $b \"c\"'\n\nEMPTY=\n",
        )
        .unwrap();
        let secrets = FileSecrets::read(&path).unwrap();
        assert_eq!(value(&secrets, "KEY").as_deref(), Some("value"));
        assert_eq!(value(&secrets, "QUOTED").as_deref(), Some("a $b \"c\""));
        assert_eq!(value(&secrets, "EMPTY").as_deref(), Some(""));
        assert_eq!(value(&secrets, "OTHER"), None);
        assert_eq!(format!("{secrets:?}"), "file of 3 secrets");

        std::fs::write(&path, "KEY=value\ns3cr3t without a name\n").unwrap();
        let error = FileSecrets::read(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("entry 2 has another form than NAME=value"),
            "{error}"
        );
        assert!(!format!("{error:?}").contains("s3cr3t"));
        assert!(FileSecrets::read(&folder.path().join("none")).is_err());

        std::fs::write(&path, "\u{feff}# $\nKEY=a'$HOME'\n").unwrap();
        let secrets = FileSecrets::read(&path).unwrap();
        assert_eq!(value(&secrets, "KEY").as_deref(), Some("a$HOME"));
        for line in ["A=pa$HOME", "A=\"$HOME\"", "A='a'$HOME"] {
            std::fs::write(&path, format!("KEY=value\n{line}\n")).unwrap();
            let error = FileSecrets::read(&path).unwrap_err().to_string();
            let told = error.ends_with("line 2: '$' must stand in single quotes");
            assert!(told, "{error}");
        }
    }

    #[test]
    fn the_first_provider_that_has_a_secret_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("KEY"), "folder").unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "KEY=file\nOTHER=file\n").unwrap();
        let secrets = SecretProviders::new()
            .and(FolderSecrets::new(folder.path()))
            .and(FileSecrets::read(&path).unwrap());
        assert_eq!(value(&secrets, "KEY").as_deref(), Some("folder"));
        assert_eq!(value(&secrets, "OTHER").as_deref(), Some("file"));
        assert_eq!(value(&secrets, "NONE"), None);
    }
}
