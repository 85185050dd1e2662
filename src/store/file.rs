//! The database's file: where it may be, who may read it, and that one process alone uses it.
//!
//! Two workers on one file would both open a release's issue, and a process whose file was taken away would promise what nobody
//! keeps. So a process holds two locks, which the system drops when it ends, however it ends: one on the file itself (on Linux), and
//! one on an empty database beside it. And before each transaction the file must still be where it was.

use anyhow::{Context as _, bail, ensure};
use rusqlite::Connection;
use std::fs::{File, OpenOptions, Permissions};
use std::io::ErrorKind;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Rights of the database's files: payloads of private repositories are in them.
const PRIVATE: u32 = 0o600;
/// How long a process that is being replaced may still hold the database.
const HANDOVER: Duration = Duration::from_secs(1);

/// The place of the database, taken for this process alone.
pub(super) struct Taken {
    pub(super) lock: Lock,
    pub(super) place: Place,
    /// Whether there was no file before.
    pub(super) created: bool,
}

/// Takes the database at `path`, and creates an empty file where there is none.
pub(super) fn take(path: &Path) -> anyhow::Result<Taken> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    ensure!(
        folder.is_dir(),
        "the directory {} for the database {} does not exist. Create it, or mount the volume that it is on, or correct \
         HOLDPOINT_DATABASE_URL. It is not created by itself: an empty database in the wrong place would look like the lost ledger",
        folder.display(),
        path.display()
    );
    let beside = beside(path, "-lock");
    create_private(&beside).map_err(|error| unusable(&beside, &error))?;
    let held = lock_beside(path, &beside)?;
    let created = !path.exists();
    let file = create_private(path).map_err(|error| unusable(path, &error))?;
    for name in ["-wal", "-shm"].map(|end| self::beside(path, end)) {
        match std::fs::set_permissions(&name, Permissions::from_mode(PRIVATE)) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(unusable(&name, &error)),
            Ok(()) | Err(_) => {}
        }
    }
    lock_itself(path, &file)?;
    let place = Place::of(path, &file).map_err(|error| unusable(path, &error))?;
    Ok(Taken { lock: Lock { held: Mutex::new(Some((file, held))) }, place, created })
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}

/// Creates a file that only its owner may read, where there is none yet. What SQLite puts beside it gets the same rights. A file that
/// is there and that others may read is taken from them.
fn create_private(path: &Path) -> std::io::Result<File> {
    let file = OpenOptions::new().create(true).append(true).mode(PRIVATE).open(path)?;
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(PRIVATE))?;
    }
    Ok(file)
}

/// Why a file cannot be used, and what to do.
pub(super) fn unusable(path: &Path, error: &std::io::Error) -> anyhow::Error {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let kind = error.kind();
    let next = if kind == ErrorKind::PermissionDenied {
        format!(
            "This process{} must be able to read and write the file, and to create files in {}: give it both (chown), or name \
             another place with HOLDPOINT_DATABASE_URL",
            user(),
            folder.display()
        )
    } else if kind == ErrorKind::ReadOnlyFilesystem {
        "The file system is mounted read-only: mount it for writing, or name another place with HOLDPOINT_DATABASE_URL"
            .to_owned()
    } else if kind == ErrorKind::StorageFull || kind == ErrorKind::QuotaExceeded {
        "Make room on the disk".to_owned()
    } else {
        "HOLDPOINT_DATABASE_URL must name a file, such as sqlite:///data/holdpoint.db".to_owned()
    };
    anyhow::anyhow!("{} cannot be written to: {error}. {next}", path.display())
}

/// Under whose number this process runs, where the system tells it.
fn user() -> String {
    std::fs::metadata("/proc/self").map(|own| format!(" (user {}, group {})", own.uid(), own.gid())).unwrap_or_default()
}

/// What keeps a second process off.
pub(super) struct Lock {
    /// In this order: whoever waits for the second finds the first let go.
    held: Mutex<Option<(File, Connection)>>,
}

impl Lock {
    /// Lets the next process in.
    pub(super) fn release(&self) {
        drop(self.held.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}

fn lock_beside(path: &Path, beside: &Path) -> anyhow::Result<Connection> {
    let shown = beside.display();
    let held = Connection::open(beside).with_context(|| format!("open the lock {shown}"))?;
    held.busy_timeout(HANDOVER)?;
    match held.execute_batch("BEGIN EXCLUSIVE") {
        Ok(()) => Ok(held),
        Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy) => in_use(path),
        Err(error) => Err(error).with_context(|| format!("take the lock {shown}")),
    }
}

/// Whoever deletes the lock beside the database lets nobody in: the file itself is locked too.
#[cfg(target_os = "linux")]
fn lock_itself(path: &Path, file: &File) -> anyhow::Result<()> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;
    let began = std::time::Instant::now();
    loop {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(()),
            Err(Errno::WOULDBLOCK) if began.elapsed() < HANDOVER => std::thread::sleep(Duration::from_millis(10)),
            Err(Errno::WOULDBLOCK) => return in_use(path),
            Err(error) => {
                let path = path.display();
                tracing::warn!(%error, %path, "the file system locks no files; only the lock beside the database is held");
                return Ok(());
            }
        }
    }
}

/// Elsewhere such a lock and those of SQLite would keep each other out.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "it may fail on Linux")]
const fn lock_itself(_path: &Path, _file: &File) -> anyhow::Result<()> {
    Ok(())
}

fn in_use<T>(path: &Path) -> anyhow::Result<T> {
    bail!("another process uses the database {}: stop it first, or give this one a database of its own", path.display())
}

/// Which file the database was when it was opened.
#[derive(Clone, Debug)]
pub(super) struct Place {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Place {
    fn of(path: &Path, file: &File) -> std::io::Result<Self> {
        let own = file.metadata()?;
        Ok(Self { path: std::path::absolute(path)?, device: own.dev(), inode: own.ino() })
    }

    /// Refuses where the file was deleted, moved or replaced: what is written would be lost, and another process may be at work on
    /// the one that is there now.
    pub(super) fn ensure_there(&self) -> Result<(), String> {
        let why = match std::fs::metadata(&self.path) {
            Ok(now) if (now.dev(), now.ino()) == (self.device, self.inode) => return Ok(()),
            Ok(_) => "was replaced by another file".to_owned(),
            Err(error) => format!("is not there any more ({error})"),
        };
        Err(format!(
            "the database {} {why}: stop this process, put the file back, and start it again",
            self.path.display()
        ))
    }

    /// Its whole path, for the log.
    pub(super) fn shown(&self) -> String {
        self.path.display().to_string()
    }
}
