//! What a run consists of, written before anything is graded: `plan.json`. Every shard and the merge read
//! the same plan; nobody lists the submissions a second time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::discover::{Class, Handed};
use super::tree::ReadError;
use crate::plan::files::hex;
use crate::plan::stable_seed;

/// Version of `plan.json`. A reader refuses a larger one.
pub const PLAN_VERSION: u32 = 1;

/// A run's plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunPlan {
    /// [`PLAN_VERSION`].
    pub version: u32,
    /// Version of socklab that made it.
    pub socklab: String,
    /// The exercises, in the order in which they were asked for.
    pub exercises: Vec<PlannedExercise>,
    /// The seed for everybody, when one was given; else each submission has its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// In how many shards the run is graded.
    pub shards: u32,
    /// The submissions, sorted by key.
    pub submissions: Vec<PlannedSubmission>,
}

/// An exercise of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlannedExercise {
    /// Its name.
    pub exercise: String,
    /// Its lab.
    pub lab: String,
    /// Its title.
    pub title: String,
    /// Points of it, bonus left out.
    pub points: f64,
    /// SHA-256 of the spec's text, in hexadecimal.
    pub spec_sha256: String,
}

/// A submission of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedSubmission {
    /// Its key.
    pub key: String,
    /// The student's name, when known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Facts of the platform it came from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, String>,
    /// SHA-256 of its files; empty if they could not be read.
    pub digest: String,
    /// Nothing was handed in: on the roster, and not among the submissions.
    #[serde(default, skip_serializing_if = "is_false")]
    pub absent: bool,
    /// What was handed in is refused, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

/// Which part of a run a process grades: number `index` of `of`, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Its number, from 1.
    pub index: u32,
    /// How many there are.
    pub of: u32,
}

impl std::str::FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no shard; write 2/8 for the second of eight");
        let (index, of) = text.split_once('/').ok_or_else(wrong)?;
        let (index, of) = (
            index.trim().parse().map_err(|_| wrong())?,
            of.trim().parse().map_err(|_| wrong())?,
        );
        match (1..=of).contains(&index) {
            true => Ok(Shard { index, of }),
            false => Err(format!(
                "there is no shard {index} of {of}; shards count from 1"
            )),
        }
    }
}

impl RunPlan {
    /// Plans a run over a class. Reads every submission once, for its digest; one that is refused stays in
    /// the plan with the reason, and one that the machine cannot read is an error.
    ///
    /// # Errors
    /// The machine cannot read a submission: see [`ReadError`].
    pub fn make(
        socklab: &str,
        exercises: Vec<PlannedExercise>,
        class: &Class,
        seed: Option<u64>,
        shards: u32,
    ) -> Result<RunPlan, ReadError> {
        let submissions = class
            .submissions
            .iter()
            .map(planned)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(RunPlan {
            version: PLAN_VERSION,
            socklab: socklab.to_owned(),
            exercises,
            seed,
            shards,
            submissions,
        })
    }

    /// SHA-256 of the plan, in hexadecimal: equal plans describe the same run.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.to_json().as_bytes());
        hex(&hash.finalize())
    }

    /// The plan as JSON, keys sorted, ending in a line feed.
    pub fn to_json(&self) -> String {
        sorted_json(self)
    }

    /// The submissions of a shard: every n-th, so that shards differ in size by one at most.
    pub fn of_shard(&self, shard: Shard) -> impl Iterator<Item = &PlannedSubmission> {
        let index = shard.index.saturating_sub(1) as usize;
        self.submissions
            .iter()
            .skip(index)
            .step_by(shard.of.max(1) as usize)
    }

    /// The seed of a submission to an exercise.
    pub fn seed_of(&self, key: &str, exercise: &str) -> u64 {
        self.seed.unwrap_or_else(|| stable_seed(key, exercise))
    }

    /// The submission with this key.
    pub fn submission(&self, key: &str) -> Option<&PlannedSubmission> {
        let at = self
            .submissions
            .binary_search_by(|s| s.key.as_str().cmp(key))
            .ok()?;
        self.submissions.get(at)
    }

    /// The exercise of this name.
    pub fn exercise(&self, name: &str) -> Option<&PlannedExercise> {
        self.exercises.iter().find(|e| e.exercise == name)
    }
}

fn planned(handed: &Handed) -> Result<PlannedSubmission, ReadError> {
    let (digest, refused) = match handed.read() {
        _ if handed.absent => (String::new(), None),
        Ok(submitted) => (submitted.files.digest(), None),
        Err(error) if error.is_students() => (String::new(), Some(error.to_string())),
        Err(error) => return Err(error),
    };
    Ok(PlannedSubmission {
        key: handed.key.clone(),
        name: handed.name.clone(),
        facts: handed.facts.clone(),
        digest,
        absent: handed.absent,
        refused,
    })
}

/// A value as indented JSON with sorted keys and a line feed at the end.
pub(super) fn sorted_json(value: &impl Serialize) -> String {
    // A `Value` keeps its keys in a sorted map.
    let value = serde_json::to_value(value).unwrap_or_default();
    let mut text = serde_json::to_string_pretty(&value).unwrap_or_default();
    text.push('\n');
    text
}

/// SHA-256 of a text, in hexadecimal.
pub fn text_digest(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(keys: usize) -> RunPlan {
        let submission = |n: usize| PlannedSubmission {
            key: format!("s{n:04}"),
            name: String::new(),
            facts: BTreeMap::new(),
            digest: String::new(),
            absent: false,
            refused: None,
        };
        RunPlan {
            version: 1,
            socklab: "0".into(),
            exercises: vec![],
            seed: None,
            shards: 3,
            submissions: (0..keys).map(submission).collect(),
        }
    }

    #[test]
    fn every_submission_is_in_exactly_one_shard() {
        for n in [1, 3, 7, 20] {
            let plan = plan(10);
            let mut keys: Vec<&str> = (1..=n)
                .flat_map(|index| plan.of_shard(Shard { index, of: n }))
                .map(|s| s.key.as_str())
                .collect();
            keys.sort();
            assert_eq!(
                keys,
                plan.submissions
                    .iter()
                    .map(|s| s.key.as_str())
                    .collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn shards_are_written_as_fractions_from_one() {
        assert_eq!("3/8".parse(), Ok(Shard { index: 3, of: 8 }));
        for text in ["0/8", "9/8", "3", "a/b", "1/0", "-1/3"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_plan_comes_back_from_its_json() {
        let plan = plan(2);
        assert_eq!(
            serde_json::from_str::<RunPlan>(&plan.to_json()).unwrap(),
            plan
        );
    }
}
