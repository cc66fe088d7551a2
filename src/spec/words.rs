//! Values that a spec writes either as a number or as a word, and how serde and the schema see them.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::step::{ExitStatus, Piece};

impl<'de> Deserialize<'de> for ExitStatus {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ExitStatusVisitor)
    }
}

struct ExitStatusVisitor;

impl Visitor<'_> for ExitStatusVisitor {
    type Value = ExitStatus;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an exit status from 0 to 255, `nonzero` or `any`")
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<ExitStatus, E> {
        // An exit status has 8 bits; 256 would arrive as 0.
        match i32::try_from(n) {
            Ok(n) if n <= 255 => Ok(ExitStatus::Code(n)),
            _ => Err(E::invalid_value(de::Unexpected::Unsigned(n), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<ExitStatus, E> {
        match word {
            "nonzero" => Ok(ExitStatus::Nonzero),
            "any" => Ok(ExitStatus::Any),
            _ => Err(E::unknown_variant(word, &["nonzero", "any"])),
        }
    }
}

impl Serialize for ExitStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            ExitStatus::Code(n) => serializer.serialize_i32(*n),
            ExitStatus::Nonzero => serializer.serialize_str("nonzero"),
            ExitStatus::Any => serializer.serialize_str("any"),
        }
    }
}

impl JsonSchema for ExitStatus {
    fn schema_name() -> Cow<'static, str> {
        "ExitStatus".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An exit status from 0 to 255, `nonzero` or `any`.",
            "anyOf": [
                { "type": "integer", "minimum": 0, "maximum": 255 },
                { "enum": ["nonzero", "any"] }
            ]
        })
    }
}

impl<'de> Deserialize<'de> for Piece {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PieceVisitor)
    }
}

struct PieceVisitor;

impl Visitor<'_> for PieceVisitor {
    type Value = Piece;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a size in bytes from 1 on, or `rest`")
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Piece, E> {
        match usize::try_from(n) {
            Ok(n) if n > 0 => Ok(Piece::Bytes(n)),
            _ => Err(E::invalid_value(de::Unexpected::Unsigned(n), &self)),
        }
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Piece, E> {
        match word {
            "rest" => Ok(Piece::Rest),
            _ => Err(E::unknown_variant(word, &["rest"])),
        }
    }
}

impl Serialize for Piece {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Piece::Bytes(n) => serializer.serialize_u64(*n as u64),
            Piece::Rest => serializer.serialize_str("rest"),
        }
    }
}

impl JsonSchema for Piece {
    fn schema_name() -> Cow<'static, str> {
        "Piece".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A size in bytes, or `rest`: all that is left.",
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                { "enum": ["rest"] }
            ]
        })
    }
}
