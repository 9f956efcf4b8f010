//! Thrift's compact protocol, read in place: checks what a Parquet footer is made of before anything decodes it.
//!
//! The Parquet library takes memory for as many elements as a list claims to have, and for as many children as a
//! column claims to have, and follows nested columns by recursion. Here every element is looked at first. What the two
//! could understand differently is refused: fields out of order or of another kind than the format says, and what no
//! footer has.

use super::limits::{MAX_DEPTH, MAX_NODES};

/// The kinds of values, as the protocol numbers them.
pub(super) mod kind {
    pub(in super::super) const TRUE: u8 = 1;
    pub(in super::super) const FALSE: u8 = 2;
    pub(in super::super) const BYTE: u8 = 3;
    pub(in super::super) const I16: u8 = 4;
    pub(in super::super) const I32: u8 = 5;
    pub(in super::super) const I64: u8 = 6;
    pub(in super::super) const DOUBLE: u8 = 7;
    pub(in super::super) const BINARY: u8 = 8;
    pub(in super::super) const LIST: u8 = 9;
    pub(in super::super) const STRUCT: u8 = 12;
}

/// Bytes that are left to read. Every function gives `None` for what is cut off or not allowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// How many bytes are left.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return None;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    /// An integer of any width.
    #[allow(clippy::cast_possible_wrap, reason = "zigzag: the sign is in the lowest bit")]
    pub(super) fn int(&mut self) -> Option<i64> {
        let value = self.varint()?;
        Some((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// An integer that is no wider than its kind.
    fn int_of(&mut self, of: u8) -> Option<i64> {
        let value = self.int()?;
        let fits = match of {
            kind::I16 => i16::try_from(value).is_ok(),
            kind::I32 => i32::try_from(value).is_ok(),
            _ => true,
        };
        fits.then_some(value)
    }

    pub(super) fn binary(&mut self) -> Option<&'a [u8]> {
        let len = usize::try_from(self.varint()?).ok()?;
        self.take(len)
    }

    /// The kind and number of a list's elements. Each takes a byte at least.
    pub(super) fn list(&mut self) -> Option<(u8, usize)> {
        let header = self.byte()?;
        let len = match header >> 4 {
            15 => usize::try_from(self.varint()?).ok()?,
            short => usize::from(short),
        };
        (len <= self.len()).then_some((header & 15, len))
    }

    /// The next field of a struct: its number, which ascends, and its kind; `Some(None)` at the struct's end.
    #[expect(clippy::option_option, reason = "an error, the end, or a field")]
    pub(super) fn field(&mut self, before: i16) -> Option<Option<(i16, u8)>> {
        let header = self.byte()?;
        if header == 0 {
            return Some(None);
        }
        let id = match header >> 4 {
            0 => i16::try_from(self.int()?).ok()?,
            delta => before.checked_add(delta.into())?,
        };
        (id > before && header & 15 != 0).then_some(Some((id, header & 15)))
    }

    /// Passes over the value of a field.
    pub(super) fn skip(&mut self, of: u8, depth: usize) -> Option<()> {
        match of {
            kind::TRUE | kind::FALSE => Some(()),
            kind::BYTE => self.take(1).map(|_| ()),
            kind::I16 | kind::I32 | kind::I64 => self.int_of(of).map(|_| ()),
            kind::DOUBLE => self.take(8).map(|_| ()),
            kind::BINARY => self.binary().map(|_| ()),
            kind::STRUCT => {
                let depth = depth.checked_sub(1)?;
                let mut before = 0;
                while let Some((id, of)) = self.field(before)? {
                    self.skip(of, depth)?;
                    before = id;
                }
                Some(())
            }
            kind::LIST => {
                let depth = depth.checked_sub(1)?;
                let (of, len) = self.list()?;
                // Libraries disagree on how many bytes a truth value in a list takes.
                if len > 0 && matches!(of, kind::TRUE | kind::FALSE) {
                    return None;
                }
                (0..len).try_for_each(|_| self.skip(of, depth))
            }
            // Sets, maps and identifiers: Parquet has none.
            _ => None,
        }
    }
}

/// What a field must be.
enum Shape {
    Is(u8),
    Truth,
    /// A struct whose fields of these numbers have these shapes; others are passed over.
    Struct(&'static [(i16, Shape)]),
    /// At most so many structs.
    Structs(&'static [(i16, Shape)], usize),
    /// Integers, strings or structs that nobody takes memory for beyond their bytes.
    List(u8),
    /// The number of a schema node's children.
    Children,
}

/// Nesting of what is in a footer, apart from the schema, which is flat there.
const FOOTER_DEPTH: usize = 16;
/// Entries of the key-value metadata: ours are few.
const MAX_ENTRIES: usize = 1 << 10;

use Shape::{Children, Is, List, Struct, Structs, Truth};

const UNIT: &[(i16, Shape)] = &[(1, Struct(&[])), (2, Struct(&[])), (3, Struct(&[]))];
const LOGICAL_TYPE: &[(i16, Shape)] = &[
    (5, Struct(&[(1, Is(kind::I32)), (2, Is(kind::I32))])),
    (7, Struct(&[(1, Truth), (2, Struct(UNIT))])),
    (8, Struct(&[(1, Truth), (2, Struct(UNIT))])),
    (10, Struct(&[(1, Is(kind::BYTE)), (2, Truth)])),
    (16, Struct(&[(1, Is(kind::BYTE))])),
    (17, Struct(&[(1, Is(kind::BINARY))])),
    (18, Struct(&[(1, Is(kind::BINARY)), (2, Is(kind::I32))])),
];
const NODE: &[(i16, Shape)] = &[
    (1, Is(kind::I32)),
    (2, Is(kind::I32)),
    (3, Is(kind::I32)),
    (4, Is(kind::BINARY)),
    (5, Children),
    (6, Is(kind::I32)),
    (7, Is(kind::I32)),
    (8, Is(kind::I32)),
    (9, Is(kind::I32)),
    (10, Struct(LOGICAL_TYPE)),
];
const STATISTICS: &[(i16, Shape)] = &[
    (1, Is(kind::BINARY)),
    (2, Is(kind::BINARY)),
    (3, Is(kind::I64)),
    (4, Is(kind::I64)),
    (5, Is(kind::BINARY)),
    (6, Is(kind::BINARY)),
    (7, Truth),
    (8, Truth),
];
const BOX: &[(i16, Shape)] = &[
    (1, Is(kind::DOUBLE)),
    (2, Is(kind::DOUBLE)),
    (3, Is(kind::DOUBLE)),
    (4, Is(kind::DOUBLE)),
    (5, Is(kind::DOUBLE)),
    (6, Is(kind::DOUBLE)),
    (7, Is(kind::DOUBLE)),
    (8, Is(kind::DOUBLE)),
];
const CHUNK_DATA: &[(i16, Shape)] = &[
    (1, Is(kind::I32)),
    (2, List(kind::I32)),
    (3, List(kind::BINARY)),
    (4, Is(kind::I32)),
    (5, Is(kind::I64)),
    (6, Is(kind::I64)),
    (7, Is(kind::I64)),
    (8, List(kind::STRUCT)),
    (9, Is(kind::I64)),
    (10, Is(kind::I64)),
    (11, Is(kind::I64)),
    (12, Struct(STATISTICS)),
    (13, Structs(&[(1, Is(kind::I32)), (2, Is(kind::I32)), (3, Is(kind::I32))], MAX_ENTRIES)),
    (14, Is(kind::I64)),
    (15, Is(kind::I32)),
    (16, Struct(&[(1, Is(kind::I64)), (2, List(kind::I64)), (3, List(kind::I64))])),
    (17, Struct(&[(1, Struct(BOX)), (2, List(kind::I32))])),
];
const CHUNK: &[(i16, Shape)] = &[
    (1, Is(kind::BINARY)),
    (2, Is(kind::I64)),
    (3, Struct(CHUNK_DATA)),
    (4, Is(kind::I64)),
    (5, Is(kind::I32)),
    (6, Is(kind::I64)),
    (7, Is(kind::I32)),
];
const ROW_GROUP: &[(i16, Shape)] = &[
    (1, Structs(CHUNK, MAX_NODES)),
    (2, Is(kind::I64)),
    (3, Is(kind::I64)),
    (4, Structs(&[(1, Is(kind::I32)), (2, Truth), (3, Truth)], MAX_NODES)),
    (5, Is(kind::I64)),
    (6, Is(kind::I64)),
    (7, Is(kind::I16)),
];
const ENTRY: &[(i16, Shape)] = &[(1, Is(kind::BINARY)), (2, Is(kind::BINARY))];
const fn footer(max_row_groups: usize) -> [(i16, Shape); 7] {
    [
        (1, Is(kind::I32)),
        (2, Structs(NODE, MAX_NODES)),
        (3, Is(kind::I64)),
        (4, Structs(ROW_GROUP, max_row_groups)),
        (5, Structs(ENTRY, MAX_ENTRIES)),
        (6, Is(kind::BINARY)),
        (7, Structs(&[(1, Struct(&[])), (2, Struct(&[]))], MAX_NODES)),
    ]
}

/// Whether `bytes` begin with a footer that can be decoded safely: at most so many row groups, and a schema that is a
/// tree of moderate size and depth.
pub(super) fn is_sane_footer(bytes: &[u8], max_row_groups: usize) -> bool {
    let mut walk = Walk { input: Input::new(bytes), children: Vec::new() };
    walk.fields(&footer(max_row_groups), FOOTER_DEPTH).is_some() && is_tree(&walk.children)
}

struct Walk<'a> {
    input: Input<'a>,
    /// The number of children of each node of the schema, in the order of a walk from the root.
    children: Vec<usize>,
}

impl Walk<'_> {
    fn fields(&mut self, shapes: &[(i16, Shape)], depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        let mut before = 0;
        while let Some((id, of)) = self.input.field(before)? {
            match shapes.iter().find(|(known, _)| *known == id) {
                Some((_, shape)) => self.value(shape, of, depth)?,
                None => self.input.skip(of, depth)?,
            }
            before = id;
        }
        Some(())
    }

    fn value(&mut self, shape: &Shape, of: u8, depth: usize) -> Option<()> {
        match shape {
            Is(expected) if *expected == of => self.input.skip(of, depth),
            Truth if matches!(of, kind::TRUE | kind::FALSE) => Some(()),
            Struct(shapes) if of == kind::STRUCT => self.fields(shapes, depth),
            Children if of == kind::I32 => {
                let count = usize::try_from(self.input.int()?).ok()?;
                *self.children.last_mut()? = count;
                Some(())
            }
            List(expected) if of == kind::LIST => {
                let (elements, len) = self.input.list()?;
                (0..len).try_for_each(|_| (elements == *expected).then(|| self.input.skip(elements, depth))?)
            }
            Structs(shapes, most) if of == kind::LIST => {
                let (elements, len) = self.input.list()?;
                if len > *most || len > 0 && elements != kind::STRUCT {
                    return None;
                }
                let is_schema = shapes.iter().any(|(_, shape)| matches!(shape, Children));
                for _ in 0..len {
                    if is_schema {
                        self.children.push(0);
                    }
                    self.fields(shapes, depth)?;
                }
                Some(())
            }
            _ => None,
        }
    }
}

/// Whether nodes with so many children each are one tree, not too deep.
fn is_tree(children: &[usize]) -> bool {
    let mut missing: Vec<usize> = vec![1];
    for count in children {
        while missing.last() == Some(&0) {
            missing.pop();
        }
        let Some(here) = missing.last_mut() else { return false };
        *here -= 1;
        if *count > children.len() || missing.len() > MAX_DEPTH {
            return false;
        }
        if *count > 0 {
            missing.push(*count);
        }
    }
    missing.iter().all(|left| *left == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_zigzag_and_no_wider_than_their_kind() {
        let int = |bytes: &[u8]| Input::new(bytes).int();
        assert_eq!([int(&[0]), int(&[1]), int(&[0xac, 0x02])], [Some(0), Some(-1), Some(150)]);
        assert_eq!(int(&[[0xff; 9].as_slice(), &[1]].concat()), Some(i64::MIN));
        assert_eq!(int(&[0xff; 11]), None);
        assert_eq!(int(&[0x80]), None);
        assert_eq!(Input::new(&[0xff, 0xff, 0xff, 0xff, 0x7f]).skip(kind::I32, 0), None);
    }

    #[test]
    fn fields_ascend() {
        let fields = |bytes: &[u8]| Input::new(bytes).skip(kind::STRUCT, 1);
        assert!(fields(&[0x15, 0, 0x15, 0, 0]).is_some());
        assert!(fields(&[0x15, 0, 0x05, 2, 0, 0]).is_none(), "field 1 comes twice");
        assert!(fields(&[0x15, 0]).is_none(), "there is no end");
        assert!(fields(&[0x10, 0]).is_none(), "an end has no number");
    }

    #[test]
    fn a_list_is_no_longer_than_what_follows() {
        assert_eq!(Input::new(&[0xf5, 0x03, 0, 0, 0]).list(), Some((kind::I32, 3)));
        assert_eq!(Input::new(&[0xf5, 0x04, 0, 0, 0]).list(), None);
        assert_eq!(Input::new(&[0xf5, 0xff, 0xff, 0xff, 0xff, 0x0f]).list(), None);
    }

    #[test]
    fn what_libraries_read_differently_is_refused() {
        for (kind, bytes) in [(kind::LIST, &[0x21, 1, 1][..]), (10, &[0]), (11, &[0]), (13, &[0; 16])] {
            assert_eq!(Input::new(bytes).skip(kind, 4), None);
        }
    }

    #[test]
    fn a_schema_is_one_tree() {
        assert!(is_tree(&[0]) && is_tree(&[2, 0, 0]) && is_tree(&[2, 1, 0, 0]));
        for children in [&[][..], &[1], &[2, 0], &[0, 0], &[1, 0, 0], &[usize::MAX, 0]] {
            assert!(!is_tree(children), "{children:?}");
        }
        let chain = |depth: usize| [vec![1; depth], vec![0]].concat();
        assert!(is_tree(&chain(MAX_DEPTH - 1)) && !is_tree(&chain(MAX_DEPTH)));
    }

    #[test]
    fn a_footer_has_its_fields_in_their_kinds() {
        let sane = |bytes: &[u8]| is_sane_footer(bytes, 1);
        assert!(sane(&[0x15, 2, 0x19, 0x1c, 0x15, 0, 0, 0x16, 0, 0]));
        assert!(!sane(&[0x15, 2, 0x16, 0x1c, 0x16, 0, 0]), "the schema is a number");
        assert!(!sane(&[0x15, 2, 0x19, 0x1c, 0, 0x16, 0, 0x19, 0x2c, 0, 0, 0]), "there are two row groups");
        assert!(!sane(&[0x15, 2, 0x19, 0x1c, 0x55, 2, 0, 0]), "the root lacks its child");
    }
}
