//! Who is who in two lists of the same class. A number that a platform gave names somebody only in a list
//! of that platform, and what could mean two people means nobody: a missing grade is seen, a wrong one is not.
//! Pure.

use std::collections::{BTreeMap, BTreeSet};

/// Everything that may name a person, in small letters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Who {
    /// Number in Canvas.
    pub canvas: Option<String>,
    /// Number of the participant in a Moodle assignment.
    pub moodle: Option<String>,
    /// Student numbers, logins, e-mail addresses; in a list also the numbers above, for folders named after them.
    pub ids: BTreeSet<String>,
    /// Names, as [`words`] or [`squeezed`].
    pub names: BTreeSet<String>,
    /// Words of a folder's name, of which one may be an id (`s1001_lab2`).
    pub words: BTreeSet<String>,
}

impl Who {
    pub(super) fn id(&mut self, text: &str) {
        let text = text.trim().to_lowercase();
        if !text.is_empty() {
            self.ids.insert(text);
        }
    }

    /// A name in either order, and as Canvas squeezes it in names of files.
    pub(super) fn name(&mut self, name: &str) {
        let both = [words(name), squeezed(name)];
        self.names
            .extend(both.into_iter().filter(|n| !n.is_empty()));
    }

    /// With the part of each e-mail address before the @, which is often a login.
    fn logins(&self) -> BTreeSet<String> {
        let before = |id: &String| id.split('@').next().map(str::to_owned);
        let mut logins: BTreeSet<String> = self.ids.iter().filter_map(before).collect();
        logins.extend(self.ids.iter().cloned());
        logins.remove("");
        logins
    }

    fn number(&self, value: &str) -> bool {
        [&self.canvas, &self.moodle]
            .into_iter()
            .any(|number| number.as_deref() == Some(value))
    }
}

/// How two entries may name the same person, the surest first.
const WAYS: [Way; 6] = [
    |who, _| who.canvas.iter().cloned().collect(),
    |who, _| who.moodle.iter().cloned().collect(),
    |who, _| who.ids.clone(),
    |who, _| who.logins(),
    |who, _| who.names.clone(),
    |who, listed| match listed {
        true => who.logins().into_iter().chain(who.names.clone()).collect(),
        false => who.words.clone(),
    },
];

/// The values to compare; `true` asks for those of the list, `false` for those of who is looked up.
type Way = fn(&Who, bool) -> BTreeSet<String>;

/// Which entries belong together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pairs {
    /// For each entry of the list, who it is among those looked up.
    pub of_list: Vec<Option<usize>>,
    /// Who was looked up, has no partner, and might be one of several.
    pub doubtful: BTreeSet<usize>,
    /// Entries of the list that one of those might be.
    pub courted: BTreeSet<usize>,
}

/// Looks everybody up in a list. Nobody gets two partners.
pub(super) fn pair(list: &[Who], looked_up: &[Who]) -> Pairs {
    let mut pairs = Pairs {
        of_list: vec![None; list.len()],
        ..Pairs::default()
    };
    let mut paired: BTreeSet<usize> = BTreeSet::new();
    for (rank, way) in WAYS.iter().enumerate() {
        let mut found = candidates(list, looked_up, *way, &mut pairs);
        // Who might be several people is not made one of them by a weaker sign.
        found.retain(|who, _| !paired.contains(who) && !pairs.doubtful.contains(who));
        let one = |rows: &BTreeSet<usize>| rows.first().copied().filter(|_| rows.len() == 1);
        let claims: Vec<(usize, usize)> = found
            .iter()
            .filter_map(|(who, rows)| Some((*who, one(rows)?)))
            .collect();
        for (who, row) in &claims {
            let rivals = claims.iter().filter(|(_, other)| other == row).count();
            if rivals == 1 && pairs.of_list[*row].is_none() {
                pairs.of_list[*row] = Some(*who);
                paired.insert(*who);
            } else {
                pairs.doubt(*who, [*row]);
            }
        }
        // Several entries by several values. Of the many words of a folder's name that is no wonder.
        let last = rank + 1 == WAYS.len();
        for (who, rows) in found.iter().filter(|(_, r)| r.len() > 1 && !last) {
            pairs.doubt(*who, rows.iter().copied());
        }
    }
    pairs.doubtful.retain(|who| !paired.contains(who));
    pairs
}

impl Pairs {
    fn doubt(&mut self, who: usize, rows: impl IntoIterator<Item = usize>) {
        self.doubtful.insert(who);
        self.courted.extend(rows);
    }
}

/// For each who was looked up the entries of the list that a value of theirs names alone.
fn candidates(
    list: &[Who],
    looked_up: &[Who],
    way: Way,
    pairs: &mut Pairs,
) -> BTreeMap<usize, BTreeSet<usize>> {
    let (ours, theirs) = (index(list, way, true), index(looked_up, way, false));
    let mut found: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for (value, people) in &theirs {
        let Some(rows) = ours.get(value) else {
            continue;
        };
        for who in people {
            let fits = |row: &usize| !contradict(&list[*row], &looked_up[*who], value);
            let rows: Vec<usize> = rows.iter().copied().filter(fits).collect();
            match (people.len(), rows.as_slice()) {
                (_, []) => {}
                (1, [row]) => {
                    found.entry(*who).or_default().insert(*row);
                }
                _ => pairs.doubt(*who, rows),
            }
        }
    }
    found
}

fn index(people: &[Who], way: Way, listed: bool) -> BTreeMap<String, BTreeSet<usize>> {
    let mut index: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    for (number, who) in people.iter().enumerate() {
        for value in way(who, listed) {
            index.entry(value).or_default().insert(number);
        }
    }
    index
}

/// What both know of a person differs: they are two, whatever else is the same.
fn contradict(listed: &Who, other: &Who, value: &str) -> bool {
    let differ = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
    if differ(&listed.canvas, &other.canvas) || differ(&listed.moodle, &other.moodle) {
        return true;
    }
    // A folder's name that is a platform's number may as well be a student number of somebody else.
    let by_number = listed.number(value) && !other.number(value);
    let word = |who: &Who| -> BTreeSet<String> {
        let words = who.names.iter().flat_map(|name| name.split(' '));
        words.map(str::to_owned).collect()
    };
    let (a, b) = (word(listed), word(other));
    by_number && !a.is_empty() && !b.is_empty() && a.is_disjoint(&b)
}

/// The words of a name in one order, so that `Bee, Ann` is `Ann Bee`.
pub(super) fn words(name: &str) -> String {
    let mut words: Vec<String> = name
        .split(|c: char| !in_word(c))
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty())
        .collect();
    words.sort();
    words.join(" ")
}

/// A name without anything between its words.
pub(super) fn squeezed(text: &str) -> String {
    let letters = text.chars().filter(|c| in_word(*c));
    letters.flat_map(char::to_lowercase).collect()
}

/// An accent may be a character of its own, as macOS writes it; without it the name would be another one.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || ('\u{300}'..='\u{36f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who(canvas: &str, ids: &[&str], name: &str) -> Who {
        let mut who = Who {
            canvas: Some(canvas.to_owned()).filter(|c| !c.is_empty()),
            ..Who::default()
        };
        ids.iter().for_each(|id| who.id(id));
        who.name(name);
        who
    }

    #[test]
    fn a_platform_s_number_is_nobody_s_student_number() {
        let list = [
            who("7001", &["7001", "5001"], "Bob Cee"),
            who("5001", &["5001", "s2"], "Ann Bee"),
        ];
        let graded = [who("5001", &[], "")];
        assert_eq!(pair(&list, &graded).of_list, [None, Some(0)]);
        assert_eq!(
            pair(&list[..1], &graded),
            Pairs {
                of_list: vec![None],
                ..Pairs::default()
            }
        );
    }

    #[test]
    fn of_two_with_one_name_neither_is_taken() {
        let twins = [who("1", &["1"], "Bee, Ann"), who("2", &["2"], "Ann Bee")];
        let pairs = pair(&twins, &[who("", &["x"], "Ann Bee")]);
        assert_eq!(pairs.of_list, [None, None]);
        assert_eq!(pairs.doubtful, BTreeSet::from([0]));
        // Numbers tell them apart.
        assert_eq!(
            pair(&twins, &[who("2", &[], "Ann Bee")]).of_list,
            [None, Some(0)]
        );
    }

    #[test]
    fn of_two_submissions_of_one_person_the_surer_one_is_taken() {
        let list = [who("", &["s1001"], "Ann Bee")];
        let exact = who("", &["s1001"], "");
        let mut by_word = who("", &["s1001_old"], "");
        by_word.words.insert("s1001".to_owned());
        let pairs = pair(&list, &[by_word.clone(), exact.clone()]);
        assert_eq!((pairs.of_list, pairs.doubtful), (vec![Some(1)], [0].into()));
        let pairs = pair(&list, &[exact.clone(), exact]);
        assert_eq!((pairs.of_list, pairs.doubtful), (vec![None], [0, 1].into()));
    }

    #[test]
    fn a_folder_called_by_a_number_is_not_taken_for_another_name() {
        let list = [who("5001", &["5001"], "Ann Bee")];
        assert_eq!(
            pair(&list, &[who("", &["5001"], "Bob Cee")]).of_list,
            [None]
        );
        assert_eq!(pair(&list, &[who("", &["5001"], "")]).of_list, [Some(0)]);
        assert_eq!(
            pair(&list, &[who("", &["5001"], "Bee A.")]).of_list,
            [Some(0)]
        );
    }

    #[test]
    fn an_accent_makes_another_name() {
        assert_ne!(words("Jose\u{301} Roe"), words("Jose Roe"));
        assert_eq!(words("Roe, José"), words("José Roe"));
    }
}
