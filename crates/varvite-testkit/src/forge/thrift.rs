//! [`Thrift`]: a value of Thrift's compact protocol as a tree that can be changed and written again.

/// A value. Numbers need not fit their kind.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are what the protocol calls them")]
pub enum Thrift {
    Bool(bool),
    Byte(u8),
    /// Kind 4, 5 or 6: 16, 32 or 64 bits.
    Int(u8, i64),
    Double([u8; 8]),
    Binary(Vec<u8>),
    /// The kind of the elements, and how many there are said to be.
    List(u8, usize, Vec<Thrift>),
    Struct(Vec<(i16, Thrift)>),
}

impl Thrift {
    /// A 32-bit number.
    pub fn i32(value: i64) -> Self {
        Self::Int(5, value)
    }

    /// A 64-bit number.
    pub fn i64(value: i64) -> Self {
        Self::Int(6, value)
    }

    /// A list of structs that says how many there are.
    pub fn structs(elements: Vec<Self>) -> Self {
        Self::List(12, elements.len(), elements)
    }

    /// Reads a struct from the beginning of `bytes`, and how many bytes it takes.
    pub fn read(bytes: &[u8]) -> Option<(Self, usize)> {
        let mut rest = bytes;
        let value = read(&mut rest, 12)?;
        Some((value, bytes.len() - rest.len()))
    }

    /// The bytes of this value.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes);
        bytes
    }

    /// The field of a struct; the element of a list, from 0.
    pub fn get(&self, at: i16) -> Option<&Self> {
        match self {
            Self::Struct(fields) => fields.iter().find(|(id, _)| *id == at).map(|(_, value)| value),
            Self::List(_, _, elements) => elements.get(usize::try_from(at).ok()?),
            _ => None,
        }
    }

    /// As [`get`](Self::get), step by step.
    ///
    /// # Panics
    /// If there is no such value: forging begins with files that are known.
    pub fn at(&mut self, path: &[i16]) -> &mut Self {
        let [at, rest @ ..] = path else { return self };
        let inner = match self {
            Self::Struct(fields) => fields.iter_mut().find(|(id, _)| id == at).map(|(_, value)| value),
            Self::List(_, _, elements) => usize::try_from(*at).ok().and_then(|at| elements.get_mut(at)),
            _ => None,
        };
        inner.unwrap_or_else(|| panic!("there is no {at} here")).at(rest)
    }

    /// Sets a field, in order of numbers.
    pub fn set(&mut self, id: i16, value: Self) {
        if let Self::Struct(fields) = self {
            fields.retain(|(known, _)| *known != id);
            let place = fields.partition_point(|(known, _)| *known < id);
            fields.insert(place, (id, value));
        }
    }

    /// The number that this is.
    pub fn number(&self) -> Option<i64> {
        if let Self::Int(_, value) = self { Some(*value) } else { None }
    }

    /// This value and all that are in it.
    pub fn every(&mut self, visit: &mut dyn FnMut(&mut Self)) {
        visit(self);
        match self {
            Self::List(_, _, elements) => elements.iter_mut().for_each(|element| element.every(visit)),
            Self::Struct(fields) => fields.iter_mut().for_each(|(_, value)| value.every(visit)),
            _ => {}
        }
    }

    fn kind(&self) -> u8 {
        match self {
            Self::Bool(true) => 1,
            Self::Bool(false) => 2,
            Self::Byte(_) => 3,
            Self::Int(kind, _) => *kind,
            Self::Double(_) => 7,
            Self::Binary(_) => 8,
            Self::List(..) => 9,
            Self::Struct(_) => 12,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            // A field's kind says it all; in lists there are no truth values here.
            Self::Bool(_) => {}
            Self::Byte(byte) => out.push(*byte),
            Self::Int(_, value) => write_varint(out, zigzag(*value)),
            Self::Double(bytes) => out.extend(bytes),
            Self::Binary(bytes) => {
                write_varint(out, bytes.len() as u64);
                out.extend(bytes);
            }
            Self::List(kind, len, elements) => {
                match u8::try_from(*len) {
                    Ok(short) if short < 15 => out.push(short << 4 | kind),
                    _ => {
                        out.push(0xf0 | kind);
                        write_varint(out, *len as u64);
                    }
                }
                for element in elements {
                    element.write(out);
                }
            }
            Self::Struct(fields) => {
                let mut before = 0;
                for (id, value) in fields {
                    match u8::try_from(i32::from(*id) - i32::from(before)) {
                        Ok(delta) if (1..16).contains(&delta) => out.push(delta << 4 | value.kind()),
                        _ => {
                            out.push(value.kind());
                            write_varint(out, zigzag((*id).into()));
                        }
                    }
                    value.write(out);
                    before = *id;
                }
                out.push(0);
            }
        }
    }
}

fn zigzag(value: i64) -> u64 {
    (value << 1 ^ value >> 63).cast_unsigned()
}

fn write_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(u8::try_from(value & 0x7f).unwrap_or_default() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap_or_default());
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = bytes.split_off_first()?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn int(bytes: &mut &[u8]) -> Option<i64> {
    let value = varint(bytes)?;
    Some((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
}

fn read(bytes: &mut &[u8], kind: u8) -> Option<Thrift> {
    Some(match kind {
        1 | 2 => Thrift::Bool(kind == 1),
        3 => Thrift::Byte(*bytes.split_off_first()?),
        4..=6 => Thrift::Int(kind, int(bytes)?),
        7 => Thrift::Double(bytes.split_off(..8)?.try_into().ok()?),
        8 => {
            let len = usize::try_from(varint(bytes)?).ok()?;
            Thrift::Binary(bytes.split_off(..len)?.to_vec())
        }
        9 => {
            let header = *bytes.split_off_first()?;
            let len = if header >> 4 == 15 { usize::try_from(varint(bytes)?).ok()? } else { usize::from(header >> 4) };
            let elements = (0..len).map(|_| read(bytes, header & 15)).collect::<Option<_>>()?;
            Thrift::List(header & 15, len, elements)
        }
        12 => {
            let (mut fields, mut before) = (Vec::new(), 0);
            loop {
                let header = *bytes.split_off_first()?;
                if header == 0 {
                    break Thrift::Struct(fields);
                }
                let id =
                    if header >> 4 == 0 { i16::try_from(int(bytes)?).ok()? } else { before + i16::from(header >> 4) };
                fields.push((id, read(bytes, header & 15)?));
                before = id;
            }
        }
        _ => return None,
    })
}
