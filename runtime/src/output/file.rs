//! Files that appear whole or not at all: written under a temporary name, synced, renamed.

use std::fmt;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// A file that could not be written, with its path.
#[derive(Debug)]
pub struct FileError {
    pub path: PathBuf,
    pub cause: io::Error,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot write `{}`: {}", self.path.display(), self.cause)
    }
}

impl std::error::Error for FileError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Creates or replaces `path` with what `fill` writes. On any error the old file stays as it was.
///
/// # Errors
/// A missing folder, a permission, a full disk: all with the path in the message.
pub fn replace(path: &Path, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), FileError> {
    let fail = |cause| FileError { path: path.to_path_buf(), cause };
    if path.is_dir() {
        return Err(fail(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder")));
    }
    // A link stays one, and what is no file (a terminal, a pipe) is written to as it is.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let path = target.as_path();
    if fs::metadata(path).is_ok_and(|existing| !existing.is_file()) {
        let mut writer = BufWriter::new(fs::OpenOptions::new().write(true).open(path).map_err(fail)?);
        return fill(&mut writer).and_then(|()| writer.flush()).map_err(fail);
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // In the same folder, since a rename is atomic only within one file system.
    let mut pending = temporary().tempfile_in(folder).map_err(fail)?;
    let mut writer = BufWriter::with_capacity(1 << 16, pending.as_file_mut());
    fill(&mut writer).and_then(|()| writer.flush()).map_err(fail)?;
    drop(writer);
    if let Ok(existing) = fs::metadata(path) {
        pending.as_file().set_permissions(existing.permissions()).map_err(fail)?;
    }
    pending.as_file().sync_all().map_err(fail)?;
    pending.persist(path).map_err(|error| fail(error.error))?;
    Ok(())
}

/// Temporary files are private unless told otherwise; results get what the user's umask leaves.
fn temporary() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ndec-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn links_stay_links() {
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("file.csv"), folder.path().join("link.csv"));
        fs::write(&file, "old").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace(&link, |sink| sink.write_all(b"new")).unwrap();
        assert!(link.is_symlink() && fs::read_to_string(&file).unwrap() == "new");
    }

    #[test]
    fn writes_whole_files_and_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        replace(&path, |sink| sink.write_all(b"one")).unwrap();
        replace(&path, |sink| sink.write_all(b"two")).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");

        let error = replace(&path, |sink| {
            sink.write_all(b"half")?;
            Err(io::Error::other("no space left on device"))
        });
        let message = error.unwrap_err().to_string();
        assert!(message.contains("x.csv") && message.contains("no space left"), "{message}");
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn errors_name_the_path() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("none").join("x.csv");
        let message = replace(&missing, |_| Ok(())).unwrap_err().to_string();
        assert!(message.contains("none") && message.contains("No such file"), "{message}");
        let message = replace(folder.path(), |_| Ok(())).unwrap_err().to_string();
        assert!(message.contains("it is a folder"), "{message}");
    }
}
