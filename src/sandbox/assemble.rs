//! A configuration → what helper and init are told.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;

use super::launcher::Isolation;
use super::wire::{Blueprint, Renewal};
use super::{Config, ExtraFile, Image, ImageError, ImageFile, Launcher};

pub(super) fn blueprint(launcher: &Launcher, config: &Config, trace: bool) -> Blueprint {
    Blueprint {
        namespaces: launcher.isolation == Isolation::Namespaces,
        small_tables: false,
        root: PathBuf::from("/"),
        slot: 0,
        hosts: hosts(config),
        nameserver: config.nameserver,
        local_time: config.zone.local_time(),
        limits: config.limits.clone(),
        renewal: Renewal::new(config),
        mounts: config.toolchains.mounts.clone(),
        path: config.toolchains.path(),
        by_root: false,
        missing: Vec::new(),
        trace,
    }
}

impl Renewal {
    pub fn new(config: &Config) -> Renewal {
        Renewal {
            ipv6: config.ipv6.clone(),
            unprivileged_ports: config.unprivileged_ports,
            capture: config.capture,
            writable_box: config.writable_box,
        }
    }
}

/// The lines of `/etc/hosts`. `localhost` is 127.0.0.1 only, as on Ubuntu: with `::1` beside it, Node
/// would listen there when a student writes `localhost`.
fn hosts(config: &Config) -> String {
    let mut text = format!(
        "{} localhost\n::1 ip6-localhost ip6-loopback\n",
        Ipv4Addr::LOCALHOST
    );
    text.push_str("127.0.1.1 lab\n");
    for (address, name) in &config.hosts {
        // One name per line, whatever a spec puts into it.
        let name: String = name
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect();
        text.push_str(&format!("{address} {name}\n"));
    }
    text
}

/// The grader's own files, as an image whose root is the sandbox's.
pub(super) fn extra_files(config: &Config) -> Result<Image, ImageError> {
    let file = |file: &ExtraFile| {
        let path = file.path.strip_prefix("/").unwrap_or(&file.path).to_owned();
        if path.starts_with("opt/socklab") {
            Ok(ImageFile {
                path,
                mode: file.mode,
                bytes: Arc::clone(&file.bytes),
            })
        } else {
            Err(ImageError::Path(file.path.clone()))
        }
    };
    Image::new(
        config
            .extra_files
            .iter()
            .map(file)
            .collect::<Result<_, _>>()?,
        Vec::new(),
    )
}
