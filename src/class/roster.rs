//! A list of students (CSV with any of the usual headings) → names for submissions, and who handed in nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::discover::{Class, Handed};
use super::tree::Source;
use crate::plan::files::shown;

/// A class list is read up to here.
const MAX_ROWS: usize = 100_000;

/// One student of a roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Student {
    /// Everything that identifies the student: numbers, logins, e-mail addresses; the first is the key.
    pub ids: Vec<String>,
    /// The name, first name first; may be empty.
    pub name: String,
    /// The name, last name first, without spaces, as Canvas writes it in file names.
    sortable: String,
    /// E-mail address; may be empty.
    pub email: String,
    /// Section or group; may be empty.
    pub section: String,
}

/// A class list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roster {
    /// The students, in its order.
    pub students: Vec<Student>,
}

/// Why a roster could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// No column says who a row is about.
    #[error(
        "no column of the roster identifies a student; its headings are {0}; expected one of ID, Username, Email, Name"
    )]
    NoIdentity(String),
    /// Not a table.
    #[error("the roster is no CSV table: {0}")]
    Malformed(#[from] csv::Error),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Heading {
    Id,
    Email,
    Name,
    First,
    Last,
    Section,
}

fn heading(text: &str) -> Option<Heading> {
    let plain: String = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect();
    Some(match plain.as_str() {
        "id"
        | "studentid"
        | "sisuserid"
        | "sisid"
        | "sid"
        | "studentnumber"
        | "number"
        | "idnumber"
        | "identifier"
        | "orgdefinedid"
        | "matriculationnumber"
        | "registrationnumber"
        | "key"
        | "username"
        | "user"
        | "login"
        | "sisloginid"
        | "loginid"
        | "githubusername"
        | "github"
        | "account"
        | "userid" => Heading::Id,
        "email" | "emailaddress" | "mail" => Heading::Email,
        "name" | "student" | "fullname" | "studentname" | "displayname" => Heading::Name,
        "firstname" | "givenname" | "first" | "forename" => Heading::First,
        "lastname" | "surname" | "familyname" | "last" => Heading::Last,
        "section" | "sections" | "group" | "groups" | "class" => Heading::Section,
        _ => return None,
    })
}

impl Roster {
    /// Reads a table with a heading line; commas, semicolons or tabs separate, whichever the heading has most of.
    ///
    /// # Errors
    /// It is no table, or no column identifies a student.
    pub fn read(text: &str) -> Result<Roster, RosterError> {
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().next().unwrap_or("");
        let delimiter = [',', ';', '\t']
            .into_iter()
            .max_by_key(|d| (first.matches(*d).count(), *d == ','))
            .unwrap_or(',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter as u8)
            .flexible(true)
            .from_reader(text.as_bytes());
        let headings: Vec<Option<Heading>> = reader.headers()?.iter().map(heading).collect();
        let identifies = |h: &Option<Heading>| h.is_some_and(|h| h != Heading::Section);
        if !headings.iter().any(identifies) {
            return Err(RosterError::NoIdentity(shown(first)));
        }
        let mut students = Vec::new();
        for row in reader.records().take(MAX_ROWS) {
            students.extend(student(&headings, &row?));
        }
        Ok(Roster { students })
    }

    /// Gives submissions the names of the roster, and adds who handed in nothing.
    pub fn join(&self, class: &mut Class) {
        let index = self.index();
        let mut handed_in: BTreeSet<usize> = BTreeSet::new();
        for handed in &mut class.submissions {
            let Some(number) = find(&index, handed) else {
                class
                    .notes
                    .push(format!("{} is not on the roster", shown(&handed.key)));
                continue;
            };
            handed_in.insert(number);
            let student = &self.students[number];
            if !student.name.is_empty() {
                handed.name.clone_from(&student.name);
            }
            let facts = [
                ("roster_id", student.ids.first()),
                ("email", Some(&student.email)),
                ("section", Some(&student.section)),
            ];
            for (fact, value) in facts {
                if let Some(value) = value.filter(|v| !v.is_empty()) {
                    handed.facts.insert(fact.to_owned(), value.clone());
                }
            }
        }
        let keys: BTreeSet<String> = class.submissions.iter().map(|h| h.key.clone()).collect();
        for (_, student) in self
            .students
            .iter()
            .enumerate()
            .filter(|(number, _)| !handed_in.contains(number))
        {
            let Some(key) = student.ids.first().filter(|key| !keys.contains(*key)) else {
                continue;
            };
            let mut handed = Handed::new(key.clone(), Source::Nothing);
            handed.name.clone_from(&student.name);
            handed.facts.insert("roster_id".to_owned(), key.clone());
            for (fact, value) in [("email", &student.email), ("section", &student.section)] {
                if !value.is_empty() {
                    handed.facts.insert(fact.to_owned(), value.clone());
                }
            }
            handed.absent = true;
            class.submissions.push(handed);
        }
    }

    /// Students by everything that can name them; what names two names nobody.
    fn index(&self) -> BTreeMap<String, Option<usize>> {
        let mut index: BTreeMap<String, Option<usize>> = BTreeMap::new();
        for (number, student) in self.students.iter().enumerate() {
            let mut names: BTreeSet<String> =
                student.ids.iter().map(|id| id.to_lowercase()).collect();
            names.extend(student.email.split('@').next().map(str::to_lowercase));
            names.insert(words_sorted(&student.name));
            names.insert(student.sortable.clone());
            for name in names.into_iter().filter(|n| !n.is_empty()) {
                index
                    .entry(name)
                    .and_modify(|n| *n = n.filter(|n| *n == number))
                    .or_insert(Some(number));
            }
        }
        index
    }
}

/// Whose a submission is: by its facts, its key, its name, or one word of its key (`s1001_lab2`).
fn find(index: &BTreeMap<String, Option<usize>>, handed: &Handed) -> Option<usize> {
    let get = |text: &str| index.get(&text.to_lowercase()).copied().flatten();
    let by_fact = || {
        handed
            .facts
            .iter()
            .filter(|(fact, _)| fact.as_str() != "late")
            .find_map(|(_, value)| get(value))
    };
    let by_name = || {
        get(&words_sorted(&handed.name))
            .or_else(|| get(&plain(&handed.name)))
            .filter(|_| !handed.name.is_empty())
    };
    let by_word = || {
        let words = handed
            .key
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| word.len() >= 3);
        let found: BTreeSet<usize> = words.filter_map(get).collect();
        found.first().copied().filter(|_| found.len() == 1)
    };
    get(&handed.key)
        .or_else(by_fact)
        .or_else(by_name)
        .or_else(|| get(&words_sorted(&handed.key)))
        .or_else(by_word)
}

fn student(headings: &[Option<Heading>], row: &csv::StringRecord) -> Option<Student> {
    let mut student = Student::default();
    let (mut first, mut last) = (String::new(), String::new());
    for (heading, cell) in headings.iter().zip(row.iter()) {
        let cell = cell.trim();
        if cell.is_empty() {
            continue;
        }
        match heading {
            // Moodle writes `Participant 12345`, with the word in its own language.
            Some(Heading::Id) => student
                .ids
                .push(cell.rsplit(' ').next().unwrap_or(cell).to_owned()),
            Some(Heading::Email) => student.email = cell.to_owned(),
            Some(Heading::Name) => student.name = cell.to_owned(),
            Some(Heading::First) => first = cell.to_owned(),
            Some(Heading::Last) => last = cell.to_owned(),
            Some(Heading::Section) => student.section = cell.to_owned(),
            None => {}
        }
    }
    if let Some((family, given)) = student.name.split_once(", ") {
        student.sortable = plain(&format!("{family}{given}"));
        student.name = format!("{given} {family}");
    } else if student.name.is_empty() {
        student.sortable = plain(&format!("{last}{first}"));
        student.name = format!("{first} {last}").trim().to_owned();
    } else if let Some((given, family)) = student.name.rsplit_once(' ') {
        student.sortable = plain(&format!("{family}{given}"));
    }
    // Canvas puts a line of points below its headings, and a test student last.
    if student.name.contains("Points Possible") || student.name == "Test Student" {
        return None;
    }
    if !student.email.is_empty() {
        student.ids.push(student.email.clone());
    }
    if student.ids.is_empty() && !student.name.is_empty() {
        student.ids.push(student.name.clone());
    }
    (!student.ids.is_empty()).then_some(student)
}

fn plain(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

fn words_sorted(name: &str) -> String {
    let mut words: Vec<String> = name
        .split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|w| !w.is_empty())
        .collect();
    words.sort();
    words.join(" ")
}
