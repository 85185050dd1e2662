//! Writes files into a repository: whole or not at all, never through a symbolic link, and never over what nobody saw.

use anyhow::{Context as _, anyhow, bail};
use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

/// A file to write, below the root of a repository.
#[derive(Clone, Copy, Debug)]
pub(super) struct Destination<'a> {
    pub(super) root: &'a Path,
    /// With slashes, from the root.
    pub(super) path: &'a str,
    /// What people saw there; `None` where they saw no file.
    pub(super) before: Option<&'a str>,
}

impl Destination<'_> {
    /// Whether the file may be written, as far as that can be known before it is.
    pub(super) fn verify(&self) -> anyhow::Result<()> {
        let mut place = self.root.to_path_buf();
        let mut parts = self.path.split('/').peekable();
        while let Some(part) = parts.next() {
            if matches!(part, "" | "." | "..") {
                bail!("{} is no path in the repository", self.path);
            }
            place.push(part);
            let known = match fs::symlink_metadata(&place) {
                Ok(known) => known,
                Err(error) if error.kind() == ErrorKind::NotFound => break,
                Err(error) => return Err(error).with_context(|| format!("look at {}", place.display())),
            };
            let is_last = parts.peek().is_none();
            if known.is_symlink() {
                bail!(
                    "{} is a symbolic link. GitHub does not follow it, and Holdpoint does not write through it: replace it by a {}",
                    place.display(),
                    if is_last { "file" } else { "folder" }
                );
            } else if is_last && !known.is_file() {
                bail!("{} is not a file", place.display());
            } else if !is_last && !known.is_dir() {
                bail!("{} is not a folder", place.display());
            }
        }
        self.verify_content()
    }

    /// What is there is what people saw.
    fn verify_content(&self) -> anyhow::Result<()> {
        let place = self.root.join(self.path);
        match (fs::read(&place), self.before) {
            (Ok(now), Some(before)) if now == before.as_bytes() => Ok(()),
            (Ok(_), Some(_)) => Err(anyhow!("{} changed in the meantime", place.display())),
            (Ok(_), None) => {
                Err(anyhow!("{} exists, and was not read: git ignores it, or it is too long", place.display()))
            }
            (Err(error), None) if error.kind() == ErrorKind::NotFound => Ok(()),
            (Err(error), _) => Err(error).with_context(|| format!("read {}", place.display())),
        }
    }

    /// Writes the file, and the folders that it needs.
    pub(super) fn write(&self, text: &str) -> anyhow::Result<()> {
        self.verify()?;
        let place = self.root.join(self.path);
        let folder = place.parent().unwrap_or(self.root);
        self.try_write(&place, folder, text).map_err(|error| {
            let kind = error.kind();
            let hint = if kind == ErrorKind::PermissionDenied {
                "make the folder writable for your user"
            } else if kind == ErrorKind::ReadOnlyFilesystem {
                "the file system is mounted read-only: use a clone elsewhere"
            } else if kind == ErrorKind::StorageFull || kind == ErrorKind::QuotaExceeded {
                "make room on the disk"
            } else {
                "see what is in the way there"
            };
            anyhow!("cannot write {}: {error}; {hint}, and run `holdpoint init` again", place.display())
        })
    }

    fn try_write(&self, place: &Path, folder: &Path, text: &str) -> std::io::Result<()> {
        fs::create_dir_all(folder)?;
        let name = place.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let draft = folder.join(format!(".{name}.{}.new", std::process::id()));
        let written = Self::write_draft(&draft, text).and_then(|()| {
            if self.before.is_some() {
                fs::set_permissions(&draft, fs::metadata(place)?.permissions())?;
            }
            fs::rename(&draft, place)
        });
        if written.is_err() {
            drop(fs::remove_file(&draft));
        }
        written
    }

    fn write_draft(draft: &PathBuf, text: &str) -> std::io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).open(draft)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    }
}
