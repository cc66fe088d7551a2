//! A tree of nodes → the types of the spec language, through serde; every error knows its place.
//!
//! Knows the short forms of steps (`start: server` for `start: { program: server }`), nothing else of
//! the language.

use std::fmt;
use std::ops::Range;

use serde::de::{
    self, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};

use super::tree::{Key, Node, NodeKind, Plain};

/// The types that may be written as their one obvious field: type name → field.
pub const SHORT_FORMS: &[(&str, &str)] = &[
    ("Start", "program"),
    ("Exits", "program"),
    ("Silent", "at"),
    ("Closed", "at"),
    ("Shutdown", "of"),
    ("FlowRef", "of"),
];

/// What serde did not accept.
#[derive(Clone, Debug, PartialEq)]
pub struct DeError {
    /// Where; filled in on the way up.
    pub span: Option<Range<usize>>,
    /// What.
    pub kind: DeErrorKind,
}

/// Kinds of errors.
#[derive(Clone, Debug, PartialEq)]
pub enum DeErrorKind {
    /// A key that the map does not have.
    UnknownKey(String, &'static [&'static str]),
    /// A word that is none of the words possible here.
    UnknownWord(String, &'static [&'static str]),
    /// A key that must be there.
    Missing(&'static str),
    /// A value of another type: what is there, what is wanted.
    WrongType(String, String),
    /// A map that must have one key has several, or none.
    NotOneKey(Vec<String>),
    /// Anything else, in the words of the type.
    Other(String),
}

impl DeError {
    fn at(mut self, span: &Range<usize>) -> Self {
        self.span.get_or_insert_with(|| span.clone());
        self
    }
}

impl From<DeErrorKind> for DeError {
    fn from(kind: DeErrorKind) -> Self {
        DeError { span: None, kind }
    }
}

impl fmt::Display for DeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)
    }
}

impl std::error::Error for DeError {}

impl de::Error for DeError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        DeErrorKind::Other(message.to_string()).into()
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        DeErrorKind::WrongType(found_words(found), expected.to_string()).into()
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        DeErrorKind::WrongType(found_words(found), expected.to_string()).into()
    }

    fn unknown_variant(word: &str, expected: &'static [&'static str]) -> Self {
        DeErrorKind::UnknownWord(word.to_owned(), expected).into()
    }

    fn unknown_field(key: &str, expected: &'static [&'static str]) -> Self {
        DeErrorKind::UnknownKey(key.to_owned(), expected).into()
    }

    fn missing_field(field: &'static str) -> Self {
        DeErrorKind::Missing(field).into()
    }
}

fn found_words(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(b) => format!("`{b}`"),
        Unexpected::Unsigned(n) => format!("`{n}`"),
        Unexpected::Signed(n) => format!("`{n}`"),
        Unexpected::Float(n) => format!("`{n}`"),
        Unexpected::Str(text) => format!("`{}`", text.chars().take(40).collect::<String>()),
        Unexpected::Seq => "a list".into(),
        Unexpected::Map => "a map".into(),
        Unexpected::Unit | Unexpected::Option => "nothing".into(),
        Unexpected::UnitVariant => "a word alone".into(),
        Unexpected::NewtypeVariant | Unexpected::TupleVariant | Unexpected::StructVariant => {
            "a word with a value".into()
        }
        other => other.to_string(),
    }
}

/// The types' side of a node.
#[derive(Clone, Copy)]
pub struct NodeDeserializer<'a>(pub &'a Node);

impl<'a> NodeDeserializer<'a> {
    fn unexpected(self) -> Unexpected<'a> {
        match &self.0.kind {
            NodeKind::List(_) => Unexpected::Seq,
            NodeKind::Map(_) => Unexpected::Map,
            NodeKind::Scalar { text, .. } => match self.0.plain() {
                Some(Plain::Null) => Unexpected::Unit,
                Some(Plain::Bool(b)) => Unexpected::Bool(b),
                _ => Unexpected::Str(text),
            },
        }
    }

    fn wrong<T>(self, expected: &dyn de::Expected) -> Result<T, DeError> {
        let error: DeError = de::Error::invalid_type(self.unexpected(), expected);
        Err(error.at(&self.0.span))
    }

    fn integer<'de, V: Visitor<'de>>(self, n: i128, visitor: V) -> Result<V::Value, DeError> {
        match (u64::try_from(n), i64::try_from(n)) {
            (Ok(n), _) => visitor.visit_u64(n),
            (_, Ok(n)) => visitor.visit_i64(n),
            _ => self.wrong(&visitor),
        }
    }

    fn located<T>(self, result: Result<T, DeError>) -> Result<T, DeError> {
        result.map_err(|e| e.at(&self.0.span))
    }
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
            match self.0.plain() {
                Some(Plain::Int(n)) => self.located(self.integer(n, visitor)),
                _ => self.wrong(&visitor),
            }
        }
    )*};
}

macro_rules! texts {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
            // A number or `true` where a text is wanted is taken as it is written: `args: [5005]`.
            match (&self.0.kind, self.0.plain()) {
                (NodeKind::Scalar { text, .. }, Some(plain)) if plain != Plain::Null => {
                    self.located(visitor.visit_str(text))
                }
                _ => self.wrong(&visitor),
            }
        }
    )*};
}

impl<'de> Deserializer<'de> for NodeDeserializer<'_> {
    type Error = DeError;

    integers! {
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
    }

    texts! { deserialize_str deserialize_string deserialize_char deserialize_identifier }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        let result = match (&self.0.kind, self.0.plain()) {
            (NodeKind::List(_), _) => self.deserialize_seq(visitor),
            (NodeKind::Map(_), _) => self.deserialize_map(visitor),
            (_, Some(Plain::Null) | None) => visitor.visit_unit(),
            (_, Some(Plain::Bool(b))) => visitor.visit_bool(b),
            (_, Some(Plain::Int(n))) => self.integer(n, visitor),
            (_, Some(Plain::Float(f))) => visitor.visit_f64(f),
            (_, Some(Plain::Text(text))) => visitor.visit_str(text),
        };
        self.located(result)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.0.plain() {
            Some(Plain::Bool(b)) => self.located(visitor.visit_bool(b)),
            _ => self.wrong(&visitor),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.0.plain() {
            Some(Plain::Int(n)) => self.located(visitor.visit_f64(n as f64)),
            Some(Plain::Float(f)) if f.is_finite() => self.located(visitor.visit_f64(f)),
            _ => self.wrong(&visitor),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.0.plain() {
            Some(Plain::Null) => visitor.visit_none(),
            _ => self.located(visitor.visit_some(self)),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match self.0.plain() {
            Some(Plain::Null) => visitor.visit_unit(),
            _ => self.wrong(&visitor),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.located(visitor.visit_newtype_struct(self))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.0.kind {
            NodeKind::List(items) => self.located(visitor.visit_seq(Items(items.iter()))),
            _ => self.wrong(&visitor),
        }
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DeError> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        match &self.0.kind {
            NodeKind::Map(entries) => {
                let entries = Entries {
                    entries: entries.iter(),
                    current: None,
                };
                self.located(visitor.visit_map(entries))
            }
            _ => self.wrong(&visitor),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        let short = SHORT_FORMS.iter().find(|(n, _)| *n == name);
        match (&self.0.kind, short) {
            (NodeKind::Scalar { .. }, Some((_, field))) if self.0.plain() != Some(Plain::Null) => {
                self.located(visitor.visit_map(Short {
                    field: Some(field),
                    node: self.0,
                }))
            }
            _ => self.deserialize_map(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        match &self.0.kind {
            NodeKind::Map(entries) => match entries.as_slice() {
                [(key, value)] => self.located(visitor.visit_enum(Word {
                    word: &key.text,
                    span: &key.span,
                    value: Some(value),
                })),
                _ => {
                    let keys = entries.iter().map(|(k, _)| k.text.clone()).collect();
                    Err(DeError::from(DeErrorKind::NotOneKey(keys)).at(&self.0.span))
                }
            },
            NodeKind::Scalar { text, .. } if self.0.plain() != Some(Plain::Null) => {
                self.located(visitor.visit_enum(Word {
                    word: text,
                    span: &self.0.span,
                    value: None,
                }))
            }
            _ => self.wrong(&visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DeError> {
        visitor.visit_unit()
    }
}

struct Items<'a>(std::slice::Iter<'a, Node>);

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = DeError;

    fn next_element_seed<T: de::DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, DeError> {
        self.0
            .next()
            .map(|node| {
                let value = seed.deserialize(NodeDeserializer(node));
                value.map_err(|e| e.at(&node.span))
            })
            .transpose()
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, (Key, Node)>,
    current: Option<&'a Node>,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = DeError;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DeError> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.current = Some(value);
        let name = key.text.as_str().into_deserializer();
        seed.deserialize(name)
            .map(Some)
            .map_err(|e: DeError| e.at(&key.span))
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DeError> {
        match self.current.take() {
            Some(node) => {
                let value = seed.deserialize(NodeDeserializer(node));
                value.map_err(|e| e.at(&node.span))
            }
            None => Err(de::Error::custom("a value is missing")),
        }
    }
}

/// A scalar in the place of a map with one entry.
struct Short<'a> {
    field: Option<&'static str>,
    node: &'a Node,
}

impl<'de> MapAccess<'de> for Short<'_> {
    type Error = DeError;

    fn next_key_seed<K: de::DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, DeError> {
        self.field
            .take()
            .map(|field| seed.deserialize(field.into_deserializer()))
            .transpose()
    }

    fn next_value_seed<V: de::DeserializeSeed<'de>>(
        &mut self,
        seed: V,
    ) -> Result<V::Value, DeError> {
        seed.deserialize(NodeDeserializer(self.node))
    }
}

struct Word<'a> {
    word: &'a str,
    span: &'a Range<usize>,
    value: Option<&'a Node>,
}

impl<'de, 'a> EnumAccess<'de> for Word<'a> {
    type Error = DeError;
    type Variant = WordValue<'a>;

    fn variant_seed<V: de::DeserializeSeed<'de>>(
        self,
        seed: V,
    ) -> Result<(V::Value, WordValue<'a>), DeError> {
        let word = self.word.into_deserializer();
        let variant = seed
            .deserialize(word)
            .map_err(|e: DeError| e.at(self.span))?;
        Ok((variant, WordValue(self)))
    }
}

struct WordValue<'a>(Word<'a>);

impl<'de> VariantAccess<'de> for WordValue<'_> {
    type Error = DeError;

    fn unit_variant(self) -> Result<(), DeError> {
        match self.0.value {
            None => Ok(()),
            Some(node) => Err(DeError::from(DeErrorKind::WrongType(
                "a word with a value".into(),
                "the word alone".into(),
            ))
            .at(&node.span)),
        }
    }

    fn newtype_variant_seed<T: de::DeserializeSeed<'de>>(
        self,
        seed: T,
    ) -> Result<T::Value, DeError> {
        match self.0.value {
            Some(node) => {
                let value = seed.deserialize(NodeDeserializer(node));
                value.map_err(|e| e.at(&node.span))
            }
            None => Err(DeError::from(DeErrorKind::WrongType(
                format!("`{}` alone", self.0.word),
                format!("`{}: …`", self.0.word),
            ))
            .at(self.0.span)),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DeError> {
        match self.0.value {
            Some(node) => NodeDeserializer(node).deserialize_seq(visitor),
            None => Err(de::Error::custom("a list is missing")),
        }
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DeError> {
        match self.0.value {
            Some(node) => NodeDeserializer(node).deserialize_map(visitor),
            None => Err(de::Error::custom("a map is missing")),
        }
    }
}
