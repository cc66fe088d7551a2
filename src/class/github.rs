//! Clones of student repositories → whose they are: the owner's login where each student has an
//! account's repository, else the end of the repository's name (`lab2-octocat`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::tree::{Top, Tree};

static REMOTE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)^\s*url\s*=\s*(?:https://|ssh://|git@)(?:[^@/\s]*@)?[^/:\s]+[/:]([A-Za-z0-9-]+)/([A-Za-z0-9._-]+?)(?:\.git)?/?\s*$")
        .expect("the pattern is a constant")
});

/// Logins by folder name; empty unless at least two folders are clones.
pub(super) fn logins(tree: &Tree, tops: &[Top]) -> BTreeMap<String, String> {
    let mut remotes: BTreeMap<String, (String, String)> = BTreeMap::new();
    for top in tops.iter().filter(|t| t.folder) {
        let config = tree
            .inside(&top.name)
            .inside(".git")
            .text("config", 64 << 10);
        let remote = config.as_deref().and_then(remote);
        if let Some(remote) = remote {
            remotes.insert(top.name.clone(), remote);
        }
    }
    if remotes.len() < 2 {
        return BTreeMap::new();
    }
    let owners: BTreeSet<&String> = remotes.values().map(|(owner, _)| owner).collect();
    if owners.len() == remotes.len() {
        return remotes
            .iter()
            .map(|(folder, (owner, _))| (folder.clone(), owner.clone()))
            .collect();
    }
    let names: Vec<&str> = remotes.values().map(|(_, name)| name.as_str()).collect();
    let prefix = common_prefix(&names);
    remotes
        .iter()
        .map(|(folder, (_, name))| (folder.clone(), name[prefix..].to_owned()))
        .collect()
}

/// Owner and name of the repository that a git configuration points to.
fn remote(config: &str) -> Option<(String, String)> {
    let found = REMOTE.captures(config)?;
    Some((found[1].to_owned(), found[2].to_owned()))
}

/// The length of what all names begin with, up to and with a dash; nobody's rest is empty.
fn common_prefix(names: &[&str]) -> usize {
    let Some(first) = names.first() else { return 0 };
    let ends = first
        .match_indices('-')
        .map(|(at, _)| at + 1)
        .collect::<Vec<_>>();
    let shared = |end: &&usize| {
        names
            .iter()
            .all(|n| n.len() > **end && n.as_bytes()[..**end] == first.as_bytes()[..**end])
    };
    ends.iter().rev().find(shared).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn remotes_of_all_kinds_are_read() {
        for url in [
            "https://github.com/octo-cat/lab2.git",
            "git@github.com:octo-cat/lab2.git",
            "https://x-token@github.com/octo-cat/lab2",
            "ssh://git@github.com/octo-cat/lab2.git",
        ] {
            let config = format!("[core]\n\tbare = false\n[remote \"origin\"]\n\turl = {url}\n");
            assert_eq!(
                remote(&config),
                Some(("octo-cat".into(), "lab2".into())),
                "{url}"
            );
        }
        assert_eq!(remote("url = /srv/x"), None);
    }

    #[test]
    fn the_assignment_s_name_is_cut_off() {
        assert_eq!(common_prefix(&["lab2-echo-ann", "lab2-echo-ben-b"]), 10);
        assert_eq!(common_prefix(&["ann", "ben"]), 0);
        assert_eq!(common_prefix(&["lab-", "lab-x"]), 0);
    }
}
