use std::fmt;
use std::marker::PhantomData;
use std::num::{NonZeroU32, NonZeroU64};
use std::str::FromStr;

use airssys_wasm_codec::{Codec, Digest};
use airssys_wasm_core::ComponentId;
use airssys_wasm_security::Pattern;
use serde::Deserializer;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserialize, IntoDeserializer, MapAccess, Unexpected, Visitor};

/// A type of another crate that stands in a manifest. It is checked where it is read, so that
/// the parser knows the place of what is wrong.
pub(super) trait Value: Sized {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// For `deserialize_with`: a value.
pub(super) fn one<'de, D: Deserializer<'de>, T: Value>(deserializer: D) -> Result<T, D::Error> {
    T::read(deserializer)
}

/// For `deserialize_with`: a value whose key may be absent.
pub(super) fn some<'de, D: Deserializer<'de>, T: Value>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::read(deserializer).map(Some)
}

/// For `deserialize_with`: a list of values.
pub(super) fn list<'de, D: Deserializer<'de>, T: Value, C: FromIterator<T>>(
    deserializer: D,
) -> Result<C, D::Error> {
    let items: Vec<Item<T>> = Vec::deserialize(deserializer)?;
    Ok(items.into_iter().map(|Item(value)| value).collect())
}

/// For `deserialize_with`: a list of values whose key may be absent.
pub(super) fn some_list<'de, D: Deserializer<'de>, T: Value, C: FromIterator<T>>(
    deserializer: D,
) -> Result<Option<C>, D::Error> {
    list(deserializer).map(Some)
}

/// For `deserialize_with`: a section. serde by itself would also take a list of its values.
pub(super) fn table<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_map(TableVisitor(PhantomData))
}

/// For `deserialize_with`: a section that may be absent.
pub(super) fn some_table<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    table(deserializer).map(Some)
}

/// For `deserialize_with`: a list of sections.
pub(super) fn tables<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let tables: Vec<Section<T>> = Vec::deserialize(deserializer)?;
    Ok(tables.into_iter().map(|Section(table)| table).collect())
}

/// For `deserialize_with`: one of the words that an enum has. serde by itself would also take
/// a table with the word as its key.
pub(super) fn word<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    deserializer.deserialize_str(WordVisitor(PhantomData))
}

struct Section<T>(T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Section<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        table(deserializer).map(Section)
    }
}

struct TableVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for TableVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a section with keys")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<T, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map))
    }
}

struct WordVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for WordVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word in quotes")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
        T::deserialize(word.into_deserializer())
    }
}

struct Item<T>(T);

impl<'de, T: Value> Deserialize<'de> for Item<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Item)
    }
}

impl Value for ComponentId {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a component id")
    }
}

impl Value for Pattern {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a pattern of component ids")
    }
}

impl Value for Codec {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a codec")
    }
}

impl Value for Digest {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text(deserializer, "a digest")
    }
}

impl Value for u32 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(NumberVisitor {
            range: (0, u32::MAX.into()),
            convert: |number| u32::try_from(number).ok(),
        })
    }
}

impl Value for NonZeroU32 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(NumberVisitor {
            range: (1, u32::MAX.into()),
            convert: |number| NonZeroU32::new(u32::try_from(number).ok()?),
        })
    }
}

impl Value for NonZeroU64 {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_i64(NumberVisitor {
            range: (1, i64::MAX),
            convert: |number| NonZeroU64::new(u64::try_from(number).ok()?),
        })
    }
}

fn text<'de, D, T>(deserializer: D, what: &'static str) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    deserializer.deserialize_str(TextVisitor { what, value: PhantomData })
}

struct TextVisitor<T> {
    what: &'static str,
    value: PhantomData<T>,
}

impl<T: FromStr<Err: fmt::Display>> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        text.parse()
            .map_err(|error| E::custom(format_args!("{text:?} is not {}: {error}", self.what)))
    }
}

struct NumberVisitor<T> {
    range: (i64, i64),
    convert: fn(i64) -> Option<T>,
}

impl<T> Visitor<'_> for NumberVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a whole number from {} to {}", self.range.0, self.range.1)
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<T, E> {
        (self.convert)(number).ok_or_else(|| E::invalid_value(Unexpected::Signed(number), &self))
    }
}
