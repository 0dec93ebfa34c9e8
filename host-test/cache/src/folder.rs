//! The folder of a cache: whose it is, and how files get into it.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// What the name of an entry's file ends in.
const SUFFIX: &str = "cwasm";
/// The largest entry, in bytes.
const LARGEST: u64 = 256 << 20;
/// How long an entry is kept after its last use.
const KEPT: Duration = Duration::from_hours(30 * 24);
/// How old the time of its last use may be before it is set anew.
const USED: Duration = Duration::from_hours(24);

/// A folder that one user writes to.
#[derive(Clone, Debug)]
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where an entry is.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name).with_extension(SUFFIX)
    }

    /// An entry. None if there is none.
    ///
    /// Fails if somebody else could have written it.
    pub(crate) fn read(&self, name: &str) -> io::Result<Option<Vec<u8>>> {
        let (folder, mut file) = match self.open(name) {
            Ok(opened) => opened,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        owner::check(&folder)?;
        let metadata = file.metadata()?;
        owner::check(&metadata)?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(io::Error::other("no entry of this cache"));
        }
        let mut entry = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.read_to_end(&mut entry)?;
        let now = SystemTime::now();
        if is_older(&metadata, USED, now) {
            // In a folder that is only read, an entry stays as old as it is.
            let _ = file.set_modified(now);
        }
        Ok(Some(entry))
    }

    fn open(&self, name: &str) -> io::Result<(Metadata, File)> {
        Ok((fs::metadata(&self.0)?, owner::open(&self.path(name))?))
    }

    /// Writes an entry, in place of another of that name if there is one.
    pub(crate) fn write(&self, name: &str, entry: &[u8]) -> io::Result<()> {
        owner::make(&self.0)?;
        owner::check(&fs::metadata(&self.0)?)?;
        // For this user alone, and removed if it does not come to its name.
        let mut file = tempfile::NamedTempFile::new_in(&self.0)?;
        file.write_all(entry)?;
        // Without a wait for the disk: what a crash of the system leaves of it is not taken for whole.
        file.persist(self.path(name))?;
        self.remove_unused();
        Ok(())
    }

    /// Removes entries that nobody has used for long, and what writers that were killed have left.
    fn remove_unused(&self) {
        let now = SystemTime::now();
        for file in fs::read_dir(&self.0).into_iter().flatten().flatten() {
            let name = file.file_name();
            let is_entry = Path::new(&name)
                .extension()
                .is_some_and(|end| end == SUFFIX);
            let is_left = name.to_string_lossy().starts_with(".tmp");
            let unused = file
                .metadata()
                .is_ok_and(|metadata| metadata.is_file() && is_older(&metadata, KEPT, now));
            if unused && (is_entry || is_left) {
                let _ = fs::remove_file(file.path());
            }
        }
    }
}

fn is_older(metadata: &Metadata, age: Duration, now: SystemTime) -> bool {
    let modified = metadata.modified();
    modified.is_ok_and(|modified| now.duration_since(modified).is_ok_and(|old| old > age))
}

#[cfg(unix)]
mod owner {
    use std::fs::{DirBuilder, File, Metadata, OpenOptions};
    use std::io;
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
    use std::path::Path;

    use rustix::fs::OFlags;

    /// What lets others than the owner write.
    const OTHERS_WRITE: u32 = 0o022;

    /// Makes a folder for this user alone.
    pub(super) fn make(folder: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)
    }

    /// Opens a file that is no link.
    pub(super) fn open(path: &Path) -> io::Result<File> {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits().cast_signed())
            .open(path)
    }

    /// Whether only this user can have written there.
    pub(super) fn check(metadata: &Metadata) -> io::Result<()> {
        let problem = if metadata.uid() != rustix::process::geteuid().as_raw() {
            "belongs to another user"
        } else if metadata.mode() & OTHERS_WRITE != 0 {
            "others may write to it"
        } else {
            return Ok(());
        };
        Err(io::Error::new(io::ErrorKind::PermissionDenied, problem))
    }
}

/// The user's own cache is private by where it is.
#[cfg(not(unix))]
mod owner {
    use std::fs::{self, File, Metadata};
    use std::io;
    use std::path::Path;

    pub(super) fn make(folder: &Path) -> io::Result<()> {
        fs::create_dir_all(folder)
    }

    pub(super) fn open(path: &Path) -> io::Result<File> {
        File::open(path)
    }

    #[expect(clippy::unnecessary_wraps, reason = "as on unix")]
    pub(super) fn check(_: &Metadata) -> io::Result<()> {
        Ok(())
    }
}
