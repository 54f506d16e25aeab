use serde_core::{Serialize, ser};

use super::fault::Fault;
use super::{EIGHT_FOLLOW, FOUR_FOLLOW, SIXTEEN_FOLLOW, TWO_FOLLOW};

type Result<T = ()> = std::result::Result<T, Fault>;

/// Appends values to a payload.
pub(super) struct Serializer<'a> {
    payload: &'a mut Vec<u8>,
}

impl<'a> Serializer<'a> {
    pub(super) fn new(payload: &'a mut Vec<u8>) -> Self {
        Self { payload }
    }

    fn unsigned(&mut self, value: u64) -> Result {
        if value < u64::from(TWO_FOLLOW) {
            self.payload.push(value as u8);
        } else if let Ok(value) = u16::try_from(value) {
            self.payload.push(TWO_FOLLOW);
            self.payload.extend(value.to_le_bytes());
        } else if let Ok(value) = u32::try_from(value) {
            self.payload.push(FOUR_FOLLOW);
            self.payload.extend(value.to_le_bytes());
        } else {
            self.payload.push(EIGHT_FOLLOW);
            self.payload.extend(value.to_le_bytes());
        }
        Ok(())
    }

    fn unsigned_128(&mut self, value: u128) -> Result {
        if let Ok(value) = u64::try_from(value) {
            return self.unsigned(value);
        }
        self.payload.push(SIXTEEN_FOLLOW);
        self.payload.extend(value.to_le_bytes());
        Ok(())
    }

    /// Small numbers of either sign become small: 0, −1, 1, −2 are 0, 1, 2, 3.
    fn signed(&mut self, value: i64) -> Result {
        self.unsigned((value << 1 ^ value >> 63) as u64)
    }

    fn length(&mut self, length: Option<usize>) -> Result<&mut Self> {
        self.unsigned(length.ok_or(Fault::UnknownLength)? as u64)?;
        Ok(self)
    }

    fn variant(&mut self, index: u32) -> Result<&mut Self> {
        self.unsigned(index.into())?;
        Ok(self)
    }
}

impl ser::Serializer for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    fn serialize_bool(self, value: bool) -> Result {
        self.serialize_u8(value.into())
    }

    fn serialize_i8(self, value: i8) -> Result {
        self.serialize_u8(value as u8)
    }

    fn serialize_i16(self, value: i16) -> Result {
        self.signed(value.into())
    }

    fn serialize_i32(self, value: i32) -> Result {
        self.signed(value.into())
    }

    fn serialize_i64(self, value: i64) -> Result {
        self.signed(value)
    }

    fn serialize_i128(self, value: i128) -> Result {
        self.unsigned_128((value << 1 ^ value >> 127) as u128)
    }

    fn serialize_u8(self, value: u8) -> Result {
        self.payload.push(value);
        Ok(())
    }

    fn serialize_u16(self, value: u16) -> Result {
        self.unsigned(value.into())
    }

    fn serialize_u32(self, value: u32) -> Result {
        self.unsigned(value.into())
    }

    fn serialize_u64(self, value: u64) -> Result {
        self.unsigned(value)
    }

    fn serialize_u128(self, value: u128) -> Result {
        self.unsigned_128(value)
    }

    fn serialize_f32(self, value: f32) -> Result {
        self.payload.extend(value.to_le_bytes());
        Ok(())
    }

    fn serialize_f64(self, value: f64) -> Result {
        self.payload.extend(value.to_le_bytes());
        Ok(())
    }

    /// As in a text, but without a length: the first byte tells it.
    fn serialize_char(self, value: char) -> Result {
        self.payload.extend(value.encode_utf8(&mut [0; 4]).bytes());
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result {
        self.length(Some(value.len()))?.payload.extend(value);
        Ok(())
    }

    fn serialize_none(self) -> Result {
        self.serialize_bool(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        self.serialize_bool(true)?;
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result {
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
    ) -> Result {
        self.variant(index)?;
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        value: &T,
    ) -> Result {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        value: &T,
    ) -> Result {
        value.serialize(self.variant(index)?)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self> {
        self.length(length)?;
        Ok(self)
    }

    fn serialize_tuple(self, _length: usize) -> Result<Self> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _name: &'static str, _length: usize) -> Result<Self> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self> {
        self.variant(index)?;
        Ok(self)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self> {
        self.length(length)?;
        Ok(self)
    }

    fn serialize_struct(self, _name: &'static str, _length: usize) -> Result<Self> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self> {
        self.variant(index)?;
        Ok(self)
    }
}

impl ser::SerializeSeq for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result {
        Ok(())
    }
}

impl ser::SerializeTuple for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result {
        Ok(())
    }
}

impl ser::SerializeTupleStruct for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result {
        Ok(())
    }
}

impl ser::SerializeTupleVariant for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result {
        Ok(())
    }
}

impl ser::SerializeMap for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result {
        Ok(())
    }
}

impl ser::SerializeStruct for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result {
        Ok(())
    }
}

impl ser::SerializeStructVariant for &mut Serializer<'_> {
    type Ok = ();
    type Error = Fault;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result {
        Ok(())
    }
}
