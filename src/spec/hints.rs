//! The hints of a check: one text, or up to three from general to concrete.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most hints of one check.
pub const MOST_HINTS: usize = 3;

/// What to tell a student who fails a check, the most general first. A report shows the first one;
/// `socklab hint` shows one more each time it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hints(pub Vec<String>);

impl Hints {
    /// The hint that a report shows; empty when there is none.
    pub fn first(&self) -> &str {
        self.0.first().map_or("", String::as_str)
    }

    /// The positions of two hints that say the same, if there are such: a second look would be in vain.
    pub fn repeated(&self) -> Option<(usize, usize)> {
        let words: Vec<Vec<String>> = self.0.iter().map(|hint| words(hint)).collect();
        (1..words.len())
            .flat_map(|later| (0..later).map(move |earlier| (earlier, later)))
            .find(|(earlier, later)| alike(&words[*earlier], &words[*later]))
    }
}

/// The words of a hint, in order, without signs and capitals.
fn words(hint: &str) -> Vec<String> {
    hint.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// Nine of ten words of the shorter one are in the other, and hardly more.
fn alike(a: &[String], b: &[String]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    let mut rest = long.to_vec();
    let mut common = 0;
    for word in short {
        if let Some(at) = rest.iter().position(|other| other == word) {
            rest.swap_remove(at);
            common += 1;
        }
    }
    common * 10 >= long.len() * 9
}

impl<'de> Deserialize<'de> for Hints {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(HintsVisitor)
    }
}

struct HintsVisitor;

impl<'de> Visitor<'de> for HintsVisitor {
    type Value = Hints;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a hint, or a list of up to three, the most general first")
    }

    fn visit_str<E: de::Error>(self, hint: &str) -> Result<Hints, E> {
        Ok(Hints(vec![hint.to_owned()]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Hints, A::Error> {
        let mut hints = Vec::new();
        while let Some(hint) = list.next_element()? {
            hints.push(hint);
        }
        Ok(Hints(hints))
    }
}

impl Serialize for Hints {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [] => serializer.serialize_str(""),
            [one] => serializer.serialize_str(one),
            several => several.serialize(serializer),
        }
    }
}

impl JsonSchema for Hints {
    fn schema_name() -> Cow<'static, str> {
        "Hints".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A hint, or a list of up to three, from the most general to the most concrete. A report shows the first; `socklab hint` shows one more each time.",
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "type": "string" }, "minItems": 1, "maxItems": MOST_HINTS }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hints(list: &[&str]) -> Hints {
        Hints(list.iter().map(|&hint| hint.to_owned()).collect())
    }

    #[test]
    fn one_text_and_a_list_are_both_read_and_written_as_they_were() {
        for text in ["Look at bind().\n", "- General.\n- Concrete.\n"] {
            let read: Hints = serde_yaml::from_str(text).unwrap();
            assert_eq!(serde_yaml::to_string(&read).unwrap(), text);
        }
    }

    #[test]
    fn hints_that_say_the_same_are_found() {
        let same = hints(&["Who speaks first?", "Look at bind().", "look at `bind`"]);
        assert_eq!(same.repeated(), Some((1, 2)));
        let different = hints(&[
            "Look at the port.",
            "Look at the port in your bind() and in the handout.",
        ]);
        assert_eq!(different.repeated(), None);
    }
}
