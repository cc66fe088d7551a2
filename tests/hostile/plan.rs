//! `expected.yaml`: what each of the sixty attacks must come to.

use std::collections::BTreeMap;

use serde::Deserialize;

/// One attack, or one variant of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its number in the list, from 1 to 60.
    pub item: u32,
    /// What it tries, in a few words.
    pub what: String,
    /// A folder below `items/`.
    #[serde(default)]
    pub submission: Option<String>,
    /// Or the name of something that code makes (`made.rs`).
    #[serde(default)]
    pub made: Option<String>,
    /// Or a scenario of its own (`scenes.rs`).
    #[serde(default)]
    pub scene: Option<String>,
    /// A second submission that runs at the same time.
    #[serde(default)]
    pub with: Option<String>,
    /// The exercise that it is handed in for.
    #[serde(default = "echo")]
    pub exercise: String,
    /// The score it gets; none if it is not graded.
    #[serde(default)]
    pub score: Option<f64>,
    /// One of these is the cause that the report names first.
    #[serde(default)]
    pub cause: Vec<String>,
    /// What the reason for not being graded says.
    #[serde(default)]
    pub error: Option<String>,
    /// What its own output must hold, as a sign that the attack took place.
    #[serde(default)]
    pub prints: Vec<String>,
    /// Seconds after which grading it is over on a machine that is not loaded.
    pub limit: f64,
    /// A tool that the machine must have.
    #[serde(default)]
    pub needs: Option<String>,
    /// Takes long: left out of the usual run of the tests.
    #[serde(default)]
    pub long: bool,
}

fn echo() -> String {
    "hostile-echo".into()
}

impl Item {
    /// The key under which a submission of `items/` is handed in.
    pub fn key(submission: &str) -> String {
        format!("hostile-{submission}")
    }

    /// Its name in tables: the folder, the thing made or the scene.
    pub fn name(&self) -> &str {
        let names = [&self.submission, &self.made, &self.scene];
        names.into_iter().flatten().next().map_or("?", |n| n)
    }
}

/// All items in the file's order.
pub fn items() -> Vec<Item> {
    let items: Vec<Item> = serde_yaml::from_str(include_str!("expected.yaml")).unwrap();
    let mut seen = BTreeMap::new();
    for item in &items {
        assert!((1..=60).contains(&item.item), "{item:?}");
        let before = seen.insert(item.name().to_owned(), item.item);
        assert!(before.is_none(), "{} is there twice", item.name());
        let kinds = [&item.submission, &item.made, &item.scene];
        assert_eq!(kinds.iter().filter(|k| k.is_some()).count(), 1, "{item:?}");
    }
    items
}

/// One attack of each number that is over soon.
pub fn quick() -> Vec<Item> {
    const SOON: f64 = 8.0;
    let mut last = 0;
    let soon = items()
        .into_iter()
        .filter(|item| !item.long && item.limit <= SOON && item.needs.is_none());
    soon.filter(|item| std::mem::replace(&mut last, item.item) != item.item)
        .collect()
}

/// The attacks in classes of at most `most`: those that a class can hold together are graded beside each other.
pub fn classes(items: &[Item], most: usize) -> Vec<Vec<Item>> {
    let mut classes: Vec<Vec<Item>> = Vec::new();
    for item in items {
        let alone = item.submission.is_none() || item.with.is_some();
        let place = classes.iter_mut().find(|class| {
            let first = &class[0];
            let together = first.submission.is_some() && first.with.is_none();
            !alone && together && class.len() < most && first.exercise == item.exercise
        });
        match place {
            Some(class) => class.push(item.clone()),
            None => classes.push(vec![item.clone()]),
        }
    }
    classes
}
