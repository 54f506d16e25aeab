use tempfile::TempDir;

use super::*;

/// A directory with a log in it, of which the tests change the files.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn log(&self) -> PathBuf {
        self.0.path().join("log")
    }

    fn open(&self, max_bytes: u64, keep: usize) -> RotatingFile {
        RotatingFile::open(self.log(), max_bytes, keep).unwrap()
    }

    /// What the log is, followed by the files that were set aside, up to the first gap.
    fn texts(&self) -> Vec<String> {
        let set_aside = (1..).map(|number| self.0.path().join(format!("log.{number}")));
        let all = std::iter::once(self.log()).chain(set_aside);
        all.map_while(|path| fs::read_to_string(path).ok()).collect()
    }
}

/// Appends all of it.
fn append(file: &mut RotatingFile, lines: &str) {
    let mut rest = lines;
    while !rest.is_empty() {
        let taken = file.append(rest.as_bytes()).unwrap();
        assert!(taken > 0);
        rest = &rest[taken..];
    }
}

#[test]
fn no_line_is_torn_and_no_file_too_large() {
    let place = Place::new();
    append(&mut place.open(7, 3), "1a\n2\n3\n4\n5\n6\n7\n");
    assert_eq!(place.texts(), ["7\n", "4\n5\n6\n", "1a\n2\n3\n"]);
}

#[test]
fn a_line_that_is_larger_than_a_file_has_one_of_its_own() {
    let place = Place::new();
    append(&mut place.open(4, 9), "1\n23456\n7\n8\n");
    assert_eq!(place.texts(), ["7\n8\n", "23456\n", "1\n"]);
}

#[test]
fn where_none_is_kept_the_file_begins_again() {
    let place = Place::new();
    append(&mut place.open(4, 0), "1\n2\n3\n");
    assert_eq!(place.texts(), ["3\n"]);
}

#[test]
fn the_oldest_makes_room() {
    let place = Place::new();
    append(&mut place.open(2, 2), "1\n2\n3\n4\n5\n");
    assert_eq!(place.texts(), ["5\n", "4\n", "3\n"]);
}

#[test]
fn a_gap_among_the_old_files_is_filled() {
    let place = Place::new();
    let mut file = place.open(2, 3);
    append(&mut file, "1\n2\n3\n4\n");
    // As if the log itself could not be moved after the old ones were.
    fs::remove_file(file.numbered(1)).unwrap();
    append(&mut file, "5\n");
    assert_eq!(place.texts(), ["5\n", "4\n", "2\n", "1\n"]);
}

#[test]
fn a_file_that_cannot_be_set_aside_grows_on() {
    let place = Place::new();
    let mut file = place.open(4, 1);
    // A file does not take the place of a directory.
    fs::create_dir(file.numbered(1)).unwrap();
    append(&mut file, "1\n2\n");
    assert_eq!(file.append(b"3\n4\n5\n").unwrap(), 6, "it is not tried for each line");
    assert_eq!(place.texts(), ["1\n2\n3\n4\n5\n"]);
    fs::remove_dir(file.numbered(1)).unwrap();
    append(&mut file, "6\n7\n8\n");
    assert_eq!(place.texts(), ["8\n", "6\n7\n"]);
}

#[test]
fn a_file_that_was_removed_is_made_again() {
    let place = Place::new();
    let mut file = place.open(100, 1);
    append(&mut file, "1\n");
    fs::remove_file(place.log()).unwrap();
    append(&mut file, "2\n");
    assert_eq!(place.texts(), ["2\n"]);
}

#[test]
fn a_file_that_was_moved_or_cut_off_is_gone_on_with() {
    let place = Place::new();
    let mut file = place.open(6, 1);
    append(&mut file, "1\n2\n");
    fs::write(place.log(), "other\n").unwrap();
    append(&mut file, "3\n");
    assert_eq!(place.texts(), ["3\n", "other\n"]);
    fs::write(place.log(), "").unwrap();
    append(&mut file, "4\n5\n6\n");
    assert_eq!(place.texts(), ["4\n5\n6\n", "other\n"]);
}

#[test]
fn a_directory_that_was_removed_is_an_error_until_it_is_back() {
    let place = Place::new();
    let directory = place.0.path().join("inner");
    fs::create_dir(&directory).unwrap();
    let mut file = RotatingFile::open(directory.join("log"), 100, 1).unwrap();
    append(&mut file, "1\n");
    fs::remove_dir_all(&directory).unwrap();
    assert_eq!(file.append(b"2\n").unwrap_err().kind(), io::ErrorKind::NotFound);
    fs::create_dir(&directory).unwrap();
    append(&mut file, "2\n");
    assert_eq!(fs::read_to_string(directory.join("log")).unwrap(), "2\n");
}

#[test]
fn a_line_that_was_never_ended_stays_alone() {
    let place = Place::new();
    fs::write(place.log(), "1\ntor").unwrap();
    append(&mut place.open(9, 1), "2\n3\n");
    assert_eq!(place.texts(), ["3\n", "1\ntor\n2\n"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_is_an_error() {
    let mut full = RotatingFile::open("/dev/full".into(), 100, 1).unwrap();
    assert_eq!(full.append(b"1\n").unwrap_err().kind(), io::ErrorKind::StorageFull);
}

#[cfg(unix)]
#[test]
fn a_device_is_never_set_aside() {
    let place = Place::new();
    std::os::unix::fs::symlink("/dev/null", place.log()).unwrap();
    append(&mut place.open(1, 1), "1\n2\n3\n");
    assert_eq!(place.texts(), [""]);
    assert!(fs::symlink_metadata(place.log()).unwrap().is_symlink());
}
