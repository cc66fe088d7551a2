//! A list of students (CSV with any of the usual headings) → names for submissions, and who handed in nothing.

use std::collections::BTreeSet;

use super::discover::{Class, Handed};
use super::matching::{Pairs, Who, pair};
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
    /// Number in Canvas, in a gradebook from there.
    canvas: Option<String>,
    /// Number of the participant in a Moodle assignment, in a worksheet from there.
    moodle: Option<String>,
    /// The name, last name first, as Canvas writes it in file names.
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
    Canvas,
    Moodle,
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
        "canvasid" | "canvasuserid" => Heading::Canvas,
        "identifier" | "participant" | "participantid" | "moodleid" => Heading::Moodle,
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
        let titles = reader.headers()?.clone();
        let mut headings: Vec<Option<Heading>> = titles.iter().map(heading).collect();
        // A gradebook from Canvas: its `ID` is Canvas's own number.
        let is = |wanted: &'static str| move |title: &str| title.trim() == wanted;
        if titles.iter().any(is("SIS User ID")) || titles.iter().any(is("SIS Login ID")) {
            for (kind, _) in headings
                .iter_mut()
                .zip(&titles)
                .filter(|(_, t)| is("ID")(t))
            {
                *kind = Some(Heading::Canvas);
            }
        }
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
        let students: Vec<Who> = self.students.iter().map(Student::who).collect();
        // Several people may hand in one submission.
        let mut people: Vec<(usize, Who)> = Vec::new();
        for (number, handed) in class.submissions.iter().enumerate() {
            people.extend(handed_by(handed).into_iter().map(|who| (number, who)));
        }
        let looked_up: Vec<Who> = people.iter().map(|(_, who)| who.clone()).collect();
        let pairs = pair(&students, &looked_up);
        let mut met: BTreeSet<usize> = BTreeSet::new();
        for (student, who) in self.students.iter().zip(&pairs.of_list) {
            let Some(number) = who.map(|who| people[who].0) else {
                continue;
            };
            let alone = people.iter().filter(|(of, _)| *of == number).count() == 1;
            if let Some(handed) = class.submissions.get_mut(number).filter(|_| alone) {
                student.describe(handed);
            }
            met.insert(number);
        }
        for (number, handed) in class.submissions.iter().enumerate() {
            let doubtful = pairs.doubtful.iter().any(|who| people[*who].0 == number);
            let key = shown(&handed.key);
            if doubtful {
                class.notes.push(format!("{key} could be several students of the roster, or is one of several submissions of the same student; it was given no name"));
            } else if !met.contains(&number) {
                class.notes.push(format!("{key} is not on the roster"));
            }
        }
        self.add_absent(class, &pairs);
    }

    fn add_absent(&self, class: &mut Class, pairs: &Pairs) {
        let keys: BTreeSet<String> = class.submissions.iter().map(|h| h.key.clone()).collect();
        for (number, student) in self.students.iter().enumerate() {
            let known = pairs.of_list[number].is_some() || pairs.courted.contains(&number);
            let Some(key) = student.ids.first().filter(|_| !known) else {
                continue;
            };
            if keys.contains(key) {
                class.notes.push(format!(
                    "{} of the roster handed in nothing; the submission of this key is somebody else's",
                    shown(key)
                ));
                continue;
            }
            let mut handed = Handed::new(key.clone(), Source::Nothing);
            student.describe(&mut handed);
            handed.absent = true;
            class.submissions.push(handed);
        }
    }
}

impl Student {
    fn who(&self) -> Who {
        let mut who = Who {
            canvas: self.canvas.clone(),
            moodle: self.moodle.clone(),
            ..Who::default()
        };
        self.ids.iter().for_each(|id| who.id(id));
        who.name(&self.name);
        who.name(&self.sortable);
        who
    }

    fn describe(&self, handed: &mut Handed) {
        if !self.name.is_empty() {
            handed.name.clone_from(&self.name);
        }
        let facts = [
            ("roster_id", self.ids.first()),
            ("email", Some(&self.email)),
            ("section", Some(&self.section)),
        ];
        for (fact, value) in facts {
            if let Some(value) = value.filter(|v| !v.is_empty()) {
                handed.facts.insert(fact.to_owned(), value.clone());
            }
        }
    }
}

/// Everybody whose submission it is, by what the platform or the folder's name says.
fn handed_by(handed: &Handed) -> Vec<Who> {
    let fact = |name: &str| handed.facts.get(name).map(String::as_str);
    let several: Vec<&str> = fact("sid").unwrap_or_default().split(", ").collect();
    if several.len() > 1 {
        let one = |sid: &&str| {
            let mut who = Who::default();
            who.id(sid);
            who
        };
        return several.iter().map(one).collect();
    }
    let mut who = Who {
        canvas: fact("canvas_id").map(str::to_owned),
        moodle: fact("moodle_id").map(str::to_owned),
        ..Who::default()
    };
    who.name(&handed.name);
    for name in ["sid", "email", "blackboard_user", "github"] {
        who.id(fact(name).unwrap_or_default());
    }
    // A platform's number is the key where there is nothing better, and is no student number.
    if who.canvas.is_none() && who.moodle.is_none() {
        who.id(&handed.key);
        if !handed.key.chars().all(|c| c.is_ascii_digit()) {
            who.name(&handed.key);
        }
        let words = handed.key.split(|c: char| !c.is_alphanumeric());
        let words = words.filter(|word| word.len() >= 3);
        who.words.extend(words.map(str::to_lowercase));
    }
    vec![who]
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
            Some(Heading::Id) => student.ids.push(cell.to_owned()),
            Some(Heading::Canvas) => {
                student.ids.push(cell.to_owned());
                student.canvas = Some(cell.to_owned());
            }
            // Moodle writes `Participant 12345`, with the word in its own language.
            Some(Heading::Moodle) => {
                let number = cell.rsplit(' ').next().unwrap_or(cell).to_owned();
                student.ids.push(number.clone());
                student.moodle = Some(number);
            }
            Some(Heading::Email) => student.email = cell.to_owned(),
            Some(Heading::Name) => student.name = cell.to_owned(),
            Some(Heading::First) => first = cell.to_owned(),
            Some(Heading::Last) => last = cell.to_owned(),
            Some(Heading::Section) => student.section = cell.to_owned(),
            None => {}
        }
    }
    if let Some((family, given)) = student.name.split_once(", ") {
        student.sortable = format!("{family}{given}");
        student.name = format!("{given} {family}");
    } else if student.name.is_empty() {
        student.sortable = format!("{last}{first}");
        student.name = format!("{first} {last}").trim().to_owned();
    } else if let Some((given, family)) = student.name.rsplit_once(' ') {
        student.sortable = format!("{family}{given}");
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
