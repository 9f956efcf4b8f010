//! [`PageHeader`]: what a page claims of itself, read before the Parquet library takes memory for it.

use super::limits::MAX_PAGE;
use super::thrift::{Input, kind};

/// The header in front of each page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageHeader {
    /// Length of the header itself.
    pub(super) len: usize,
    /// Length of what follows it.
    pub(super) compressed: u64,
    pub(super) uncompressed: u64,
    pub(super) kind: PageKind,
    /// Values, nulls included; entries of a dictionary.
    pub(super) num_values: u64,
    pub(super) encoding: Encoding,
    /// Of the levels in a page of the first version: definition and repetition.
    pub(super) levels: [Levels; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PageKind {
    Data,
    /// Of the second version, whose levels are not compressed.
    DataV2(DataV2),
    Dictionary,
}

/// What only pages of the second version say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DataV2 {
    pub(super) num_nulls: u32,
    pub(super) num_rows: u32,
    /// Lengths of the levels: definition and repetition.
    pub(super) levels: [u32; 2],
    pub(super) is_compressed: bool,
}

impl DataV2 {
    /// The length of both kinds of levels.
    pub(super) fn levels_len(&self) -> u64 {
        self.levels.iter().copied().map(u64::from).sum()
    }
}

/// How levels are encoded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Levels {
    #[default]
    Runs,
    /// As old writers have it.
    Packed,
}

impl Levels {
    fn new(number: i64) -> Option<Self> {
        match number {
            3 => Some(Self::Runs),
            4 => Some(Self::Packed),
            _ => None,
        }
    }
}

/// The encodings that we write. Others are refused: some take memory for as many values as they claim to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Dictionary,
    /// Truth values as runs.
    Rle,
    Delta,
    ByteStreamSplit,
}

impl From<Levels> for parquet::basic::Encoding {
    fn from(levels: Levels) -> Self {
        match levels {
            Levels::Runs => Self::RLE,
            #[allow(deprecated, reason = "old files have it")]
            Levels::Packed => Self::BIT_PACKED,
        }
    }
}

impl From<Encoding> for parquet::basic::Encoding {
    fn from(encoding: Encoding) -> Self {
        match encoding {
            Encoding::Plain => Self::PLAIN,
            Encoding::Dictionary => Self::RLE_DICTIONARY,
            Encoding::Rle => Self::RLE,
            Encoding::Delta => Self::DELTA_BINARY_PACKED,
            Encoding::ByteStreamSplit => Self::BYTE_STREAM_SPLIT,
        }
    }
}

impl Encoding {
    fn new(number: i64) -> Option<Self> {
        Some(match number {
            0 => Self::Plain,
            2 | 8 => Self::Dictionary,
            3 => Self::Rle,
            5 => Self::Delta,
            9 => Self::ByteStreamSplit,
            _ => return None,
        })
    }
}

const SKIP_DEPTH: usize = 4;

impl PageHeader {
    /// Reads the header at the beginning of `page`, which is all of the page. `None` if it is none that we write, or
    /// does not fit the page.
    pub(super) fn read(page: &[u8]) -> Option<Self> {
        Self::begin(page).filter(|header| (page.len() - header.len) as u64 == header.compressed)
    }

    /// Reads the header at the beginning of `page`, of which there may be more or less than all. `None` if it is none
    /// that we write.
    pub(super) fn begin(page: &[u8]) -> Option<Self> {
        let mut input = Input::new(page);
        let (mut numbers, mut inner, mut before) = ([None; 4], None, 0);
        while let Some((id, of)) = input.field(before)? {
            match id {
                1..=3 if of == kind::I32 => numbers[usize::try_from(id).ok()?] = Some(input.int()?),
                5 | 7 | 8 if of == kind::STRUCT && inner.is_none() => inner = Some((id, Inner::read(&mut input)?)),
                // A checksum.
                4 if of == kind::I32 => input.skip(of, SKIP_DEPTH)?,
                _ => return None,
            }
            before = id;
        }
        let len = page.len() - input.len();
        let size = |number: Option<i64>| u64::try_from(number?).ok().filter(|size| *size <= MAX_PAGE);
        let (uncompressed, compressed) = (size(numbers[2])?, size(numbers[3])?);
        let (id, inner) = inner?;
        let kind = match (numbers[1]?, id) {
            (0, 5) => PageKind::Data,
            (2, 7) => PageKind::Dictionary,
            (3, 8) => PageKind::DataV2(inner.v2()?),
            _ => return None,
        };
        let encoding = Encoding::new(inner.numbers[if id == 8 { 4 } else { 2 }]?)?;
        let num_values = u64::try_from(inner.numbers[1]?).ok()?;
        let levels = if kind == PageKind::Data { inner.levels()? } else { Default::default() };
        let fits = i32::try_from(num_values).is_ok();
        fits.then_some(Self { len, compressed, uncompressed, kind, num_values, encoding, levels })
    }
}

/// The numbers in the part of a header that belongs to one kind of page.
struct Inner {
    numbers: [Option<i64>; 7],
    /// A truth value with the id 7.
    seventh: Option<bool>,
}

impl Inner {
    fn read(input: &mut Input<'_>) -> Option<Self> {
        let (mut numbers, mut seventh, mut before) = ([None; 7], None, 0);
        while let Some((id, of)) = input.field(before)? {
            match id {
                1..=6 if of == kind::I32 => {
                    let number = input.int()?;
                    i32::try_from(number).ok()?;
                    numbers[usize::try_from(id).ok()?] = Some(number);
                }
                // Truth values take no bytes; statistics are a struct of plain values.
                7 if matches!(of, kind::TRUE | kind::FALSE) => seventh = Some(of == kind::TRUE),
                3.. if matches!(of, kind::TRUE | kind::FALSE | kind::STRUCT) => input.skip(of, SKIP_DEPTH)?,
                _ => return None,
            }
            before = id;
        }
        Some(Self { numbers, seventh })
    }

    fn levels(&self) -> Option<[Levels; 2]> {
        Some([Levels::new(self.numbers[3]?)?, Levels::new(self.numbers[4]?)?])
    }

    fn v2(&self) -> Option<DataV2> {
        let number = |at: usize| u32::try_from(self.numbers[at]?).ok();
        let levels = [number(5)?, number(6)?];
        let is_compressed = self.seventh.unwrap_or(true);
        Some(DataV2 { num_nulls: number(2)?, num_rows: number(3)?, levels, is_compressed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A data page of three values and five bytes, with these bytes in the place of its sizes.
    fn page(sizes: &[u8], count: &[u8]) -> Vec<u8> {
        let header = [&[0x15, 0, 0x15], sizes, &[0x2c, 0x15], count, &[0x15, 0, 0x15, 6, 0x15, 6, 0, 0]];
        [header.concat(), vec![0; 5]].concat()
    }

    #[test]
    fn a_header_says_what_follows() {
        let header = PageHeader::read(&page(&[20, 0x15, 10], &[6])).unwrap();
        assert_eq!((header.len, header.uncompressed, header.compressed, header.num_values), (17, 10, 5, 3));
        assert_eq!((header.kind, header.encoding), (PageKind::Data, Encoding::Plain));
    }

    #[test]
    fn headers_that_do_not_fit_are_refused() {
        assert_eq!(PageHeader::read(&page(&[20, 0x15, 12], &[6])), None, "six bytes are to follow");
        assert_eq!(PageHeader::read(&page(&[0xff, 0xff, 0xff, 0xff, 0x0f, 0x15, 10], &[6])), None, "-2^31 bytes");
        assert_eq!(PageHeader::read(&page(&[0xfe, 0xff, 0xff, 0xff, 0x0f, 0x15, 10], &[6])), None, "2^31 - 1 bytes");
        assert_eq!(PageHeader::read(&page(&[20, 0x15, 10], &[5])), None, "-3 values");
        assert_eq!(PageHeader::read(&page(&[20, 0x15, 10], &[0xfe, 0xff, 0xff, 0xff, 0x1f])), None, "2^32 - 1 values");
        let sound = page(&[20, 0x15, 10], &[6]);
        for len in 0..sound.len() {
            assert_eq!(PageHeader::read(&sound[..len]), None, "cut to {len}");
        }
    }
}
