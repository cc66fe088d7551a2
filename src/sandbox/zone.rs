//! The local time zone inside: what `/etc/localtime` is to be.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A local time zone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Zone {
    /// The zone of this machine.
    #[default]
    Host,
    /// Always the same offset.
    Fixed {
        /// Seconds east of Greenwich.
        offset_seconds: i32,
        /// What `%Z` prints: 3 to 6 letters, digits or signs.
        abbreviation: String,
    },
}

impl Zone {
    /// Coordinated universal time.
    #[must_use]
    pub fn utc() -> Zone {
        Zone::Fixed {
            offset_seconds: 0,
            abbreviation: "UTC".into(),
        }
    }

    /// What `/etc/localtime` becomes.
    pub(super) fn local_time(&self) -> LocalTime {
        match self {
            Zone::Host => host_local_time().unwrap_or_else(|| Zone::utc().local_time()),
            Zone::Fixed {
                offset_seconds,
                abbreviation,
            } => LocalTime::Content(time_zone_file(*offset_seconds, abbreviation)),
        }
    }
}

/// What `/etc/localtime` is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum LocalTime {
    /// A link: programs that ask for the zone's name (Java, Node) read it off the link.
    Link(PathBuf),
    /// A time zone file.
    Content(Vec<u8>),
}

fn host_local_time() -> Option<LocalTime> {
    let path = Path::new("/etc/localtime");
    let target = std::fs::canonicalize(path).ok()?;
    if target.starts_with("/usr/share/zoneinfo") && target.to_str().is_some() {
        return Some(LocalTime::Link(target));
    }
    std::fs::read(path)
        .ok()
        .filter(|content| content.len() < 1 << 16)
        .map(LocalTime::Content)
}

/// A time zone file, version 2 (RFC 8536), with one local time type and no transitions.
fn time_zone_file(offset: i32, abbreviation: &str) -> Vec<u8> {
    let plain = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-');
    let mut name: String = abbreviation.chars().filter(plain).take(6).collect();
    if name.len() < 3 {
        name = "LCL".into();
    }
    let mut block = Vec::new();
    block.extend_from_slice(b"TZif2");
    block.extend_from_slice(&[0; 15]);
    // Counts: UT indicators, standard indicators, leap seconds, transitions, types, name bytes.
    for count in [0, 0, 0, 0, 1, name.len() as u32 + 1] {
        block.extend_from_slice(&count.to_be_bytes());
    }
    block.extend_from_slice(&offset.to_be_bytes());
    block.extend_from_slice(&[0, 0]);
    block.extend_from_slice(name.as_bytes());
    block.push(0);
    // Once for readers of version 1, once for the rest: without transitions both look the same.
    let mut file = block.clone();
    file.extend_from_slice(&block);
    // The footer is a POSIX TZ string, whose offsets count westward.
    let (sign, size) = if offset > 0 {
        ("-", offset)
    } else {
        ("", -offset)
    };
    let (hours, minutes, seconds) = (size / 3600, size / 60 % 60, size % 60);
    let footer = format!("\n<{name}>{sign}{hours}:{minutes:02}:{seconds:02}\n");
    file.extend_from_slice(footer.as_bytes());
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fixed_zone_is_a_time_zone_file_that_jiff_reads() {
        let Zone::Fixed {
            offset_seconds,
            abbreviation,
        } = (Zone::Fixed {
            offset_seconds: 2 * 3600 + 1800,
            abbreviation: "LAB".into(),
        })
        else {
            unreachable!()
        };
        let file = time_zone_file(offset_seconds, &abbreviation);
        let zone = jiff::tz::TimeZone::tzif("LAB", &file).unwrap();
        let info = zone.to_offset_info(jiff::Timestamp::from_second(1_750_000_000).unwrap());
        assert_eq!(
            (info.offset().seconds(), info.abbreviation()),
            (9000, "LAB")
        );
    }
}
