//! Reads the plain values of a pickle, and executes nothing.
//!
//! A pickle is a program for a machine with a stack. Of its instructions only those are known that build strings,
//! integers, truth values, `None`, tuples, lists and dicts; every other one ends the reading with an error. Nothing is
//! ever looked up by name, imported or called.

use std::sync::Arc;

/// Longest pickle, in bytes.
const MAX_LEN: usize = 16 << 20;
/// Bytes of text that a pickle may stand for: an earlier string may be taken again and again.
const MAX_TEXT: usize = 16 << 20;
/// Deepest nesting of values.
const MAX_DEPTH: usize = 16;

/// A plain value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    Text(Arc<str>),
    /// A tuple or a list.
    List(Vec<Value>),
    /// In the order written.
    Dict(Vec<(Value, Value)>),
}

/// Why a pickle was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("instruction {0:#04x} at byte {1} builds more than plain values")]
    Instruction(u8, usize),
    #[error("it is cut off or makes no sense")]
    Senseless,
    #[error("it is too long or nested too deep")]
    TooLarge,
}

/// Reads the one value of a pickle.
pub(super) fn read(bytes: &[u8]) -> Result<Value, Refused> {
    if bytes.len() > MAX_LEN {
        return Err(Refused::TooLarge);
    }
    let mut machine = Machine { rest: bytes, stack: Vec::new(), memo: Vec::new(), text: 0 };
    loop {
        let at = bytes.len() - machine.rest.len();
        if let Some(value) = machine.step(at)? {
            return Ok(value);
        }
    }
}

struct Machine<'a> {
    rest: &'a [u8],
    stack: Vec<Item>,
    /// What may be taken again: strings alone, so that no value holds another twice.
    memo: Vec<Option<Arc<str>>>,
    text: usize,
}

enum Item {
    /// Where a tuple or the items of a list or dict begin.
    Mark,
    /// A value, and how deep it is.
    Value(Value, usize),
}

impl Machine<'_> {
    /// Runs one instruction: the value, if it was the last.
    fn step(&mut self, at: usize) -> Result<Option<Value>, Refused> {
        let [code] = self.take()?;
        match code {
            // PROTO, FRAME
            0x80 => self.take::<1>().map(drop)?,
            0x95 => self.take::<8>().map(drop)?,
            // NONE, NEWTRUE, NEWFALSE
            b'N' => self.push(Value::None, 0)?,
            0x88 => self.push(Value::Bool(true), 0)?,
            0x89 => self.push(Value::Bool(false), 0)?,
            // BININT, BININT1, BININT2, LONG1
            b'J' => self.take().and_then(|bytes| self.push(Value::Int(i32::from_le_bytes(bytes).into()), 0))?,
            b'K' => self.take().and_then(|bytes| self.push(Value::Int(u8::from_le_bytes(bytes).into()), 0))?,
            b'M' => self.take().and_then(|bytes| self.push(Value::Int(u16::from_le_bytes(bytes).into()), 0))?,
            0x8a => self.long()?,
            // SHORT_BINUNICODE, BINUNICODE
            0x8c => self.take().and_then(|len| self.text(u8::from_le_bytes(len).into()))?,
            b'X' => self.take().and_then(|len| self.text(u32::from_le_bytes(len)))?,
            // MEMOIZE, BINGET, LONG_BINGET
            0x94 => self.memoize()?,
            b'h' => self.take().and_then(|at| self.again(u8::from_le_bytes(at).into()))?,
            b'j' => self.take().and_then(|at| self.again(u32::from_le_bytes(at)))?,
            // MARK
            b'(' => self.stack.push(Item::Mark),
            // EMPTY_TUPLE, EMPTY_LIST
            b')' | b']' => self.push(Value::List(Vec::new()), 1)?,
            // TUPLE1, TUPLE2, TUPLE3, TUPLE
            0x85..=0x87 => self.tuple(usize::from(code - 0x84))?,
            b't' => {
                let (items, depth) = self.pop_to_mark()?;
                self.push(Value::List(items), depth + 1)?;
            }
            // APPEND, APPENDS
            b'a' => self.pop().and_then(|(item, depth)| self.append(vec![item], depth))?,
            b'e' => self.pop_to_mark().and_then(|(items, depth)| self.append(items, depth))?,
            // EMPTY_DICT, SETITEM, SETITEMS
            b'}' => self.push(Value::Dict(Vec::new()), 1)?,
            b's' => {
                let ((value, deep), (key, depth)) = (self.pop()?, self.pop()?);
                self.set(vec![key, value], deep.max(depth))?;
            }
            b'u' => self.pop_to_mark().and_then(|(items, depth)| self.set(items, depth))?,
            // STOP
            b'.' => {
                let (value, _) = self.pop()?;
                return if self.stack.is_empty() { Ok(Some(value)) } else { Err(Refused::Senseless) };
            }
            other => return Err(Refused::Instruction(other, at)),
        }
        Ok(None)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Refused> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Refused::Senseless)?;
        self.rest = rest;
        Ok(*taken)
    }

    fn push(&mut self, value: Value, depth: usize) -> Result<(), Refused> {
        if depth > MAX_DEPTH {
            return Err(Refused::TooLarge);
        }
        self.stack.push(Item::Value(value, depth));
        Ok(())
    }

    fn pop(&mut self) -> Result<(Value, usize), Refused> {
        match self.stack.pop() {
            Some(Item::Value(value, depth)) => Ok((value, depth)),
            _ => Err(Refused::Senseless),
        }
    }

    /// The values down to the last mark, and how deep the deepest is.
    fn pop_to_mark(&mut self) -> Result<(Vec<Value>, usize), Refused> {
        let mark = self.stack.iter().rposition(|item| matches!(item, Item::Mark)).ok_or(Refused::Senseless)?;
        let mut deepest = 0;
        let items = self.stack.drain(mark..).filter_map(|item| match item {
            Item::Mark => None,
            Item::Value(value, depth) => {
                deepest = deepest.max(depth);
                Some(value)
            }
        });
        Ok((items.collect(), deepest))
    }

    /// An integer of up to eight bytes.
    fn long(&mut self) -> Result<(), Refused> {
        let [len] = self.take()?;
        let (bytes, rest) = self.rest.split_at_checked(len.into()).ok_or(Refused::Senseless)?;
        self.rest = rest;
        let negative = bytes.last().is_some_and(|byte| byte & 0x80 != 0);
        let mut wide = if negative { [0xff; 8] } else { [0; 8] };
        wide.get_mut(..bytes.len()).ok_or(Refused::TooLarge)?.copy_from_slice(bytes);
        self.push(Value::Int(i64::from_le_bytes(wide)), 0)
    }

    fn text(&mut self, len: u32) -> Result<(), Refused> {
        let len = usize::try_from(len).map_err(|_| Refused::TooLarge)?;
        let (bytes, rest) = self.rest.split_at_checked(len).ok_or(Refused::Senseless)?;
        self.rest = rest;
        let text = std::str::from_utf8(bytes).map_err(|_| Refused::Senseless)?;
        self.push_text(text.into())
    }

    fn push_text(&mut self, text: Arc<str>) -> Result<(), Refused> {
        self.text += text.len();
        if self.text > MAX_TEXT {
            return Err(Refused::TooLarge);
        }
        self.push(Value::Text(text), 0)
    }

    fn memoize(&mut self) -> Result<(), Refused> {
        let text = match self.stack.last() {
            Some(Item::Value(Value::Text(text), _)) => Some(Arc::clone(text)),
            Some(Item::Value(..)) => None,
            _ => return Err(Refused::Senseless),
        };
        self.memo.push(text);
        Ok(())
    }

    fn again(&mut self, at: u32) -> Result<(), Refused> {
        let at = usize::try_from(at).map_err(|_| Refused::Senseless)?;
        let text = self.memo.get(at).cloned().flatten().ok_or(Refused::Senseless)?;
        self.push_text(text)
    }

    fn tuple(&mut self, len: usize) -> Result<(), Refused> {
        let (mut items, mut deepest) = (Vec::new(), 0);
        for _ in 0..len {
            let (item, depth) = self.pop()?;
            deepest = deepest.max(depth);
            items.push(item);
        }
        items.reverse();
        self.push(Value::List(items), deepest + 1)
    }

    fn append(&mut self, items: Vec<Value>, deepest: usize) -> Result<(), Refused> {
        let Some(Item::Value(Value::List(list), depth)) = self.stack.last_mut() else {
            return Err(Refused::Senseless);
        };
        list.extend(items);
        *depth = (*depth).max(deepest + 1);
        if *depth > MAX_DEPTH { Err(Refused::TooLarge) } else { Ok(()) }
    }

    fn set(&mut self, items: Vec<Value>, deepest: usize) -> Result<(), Refused> {
        let Some(Item::Value(Value::Dict(entries), depth)) = self.stack.last_mut() else {
            return Err(Refused::Senseless);
        };
        if !items.len().is_multiple_of(2) {
            return Err(Refused::Senseless);
        }
        let mut items = items.into_iter();
        while let (Some(key), Some(value)) = (items.next(), items.next()) {
            entries.push((key, value));
        }
        *depth = (*depth).max(deepest + 1);
        if *depth > MAX_DEPTH { Err(Refused::TooLarge) } else { Ok(()) }
    }
}

impl Value {
    /// The value as JSON.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match self {
            Self::None => serde_json::Value::Null,
            Self::Bool(value) => (*value).into(),
            Self::Int(value) => (*value).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::List(items) => items.iter().map(Self::to_json).collect(),
            Self::Dict(entries) => entries.iter().map(|(key, value)| (key.to_text(), value.to_json())).collect(),
        }
    }

    /// A string as it is, anything else as JSON.
    pub(super) fn to_text(&self) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            other => other.to_json().to_string(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// What `pickle.dumps` makes of `{"owner": "ann", "n": -5, "big": 1 << 40, "l": ["ann", (1, None)], "ordered_on": ("a", "b")}`.
    const MIXED: &[u8] = b"\x80\x05\x95O\x00\x00\x00\x00\x00\x00\x00}\x94(\x8c\x05owner\x94\x8c\x03ann\x94\x8c\x01n\x94J\xfb\xff\xff\xff\x8c\x03big\x94\x8a\x06\x00\x00\x00\x00\x00\x01\x8c\x01l\x94]\x94(h\x02K\x01N\x86\x94e\x8c\nordered_on\x94\x8c\x01a\x94\x8c\x01b\x94\x86\x94u.";

    #[test]
    fn plain_values_are_read() {
        let json = read(MIXED).unwrap().to_json().to_string();
        let expected = r#"{"big":1099511627776,"l":["ann",[1,null]],"n":-5,"ordered_on":["a","b"],"owner":"ann"}"#;
        assert_eq!(json, expected);
    }

    #[test]
    fn what_would_call_something_is_refused() {
        // os.system("id") in protocols 0, 2 and 4.
        let calls: [&[u8]; 3] = [
            b"cos\nsystem\n(S'id'\ntR.",
            b"\x80\x02cposix\nsystem\nq\x00X\x02\x00\x00\x00idq\x01\x85q\x02Rq\x03.",
            b"\x80\x04\x95\x1d\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.",
        ];
        for pickle in calls {
            assert!(matches!(read(pickle), Err(Refused::Instruction(b'c' | 0x93, _))), "{:?}", read(pickle));
        }
    }

    #[test]
    fn every_unknown_instruction_is_refused() {
        let known = b"\x80\x95N\x88\x89JKM\x8a\x8cX\x94hj()\x85\x86\x87t]ae}su.";
        for code in (0..=u8::MAX).filter(|code| !known.contains(code)) {
            assert_eq!(read(&[b'N', code, b'.']), Err(Refused::Instruction(code, 1)));
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |depth: usize| [vec![b']'; depth], vec![b'a'; depth - 1], vec![b'.']].concat();
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert_eq!(read(&nested(MAX_DEPTH + 1)), Err(Refused::TooLarge));
        assert_eq!(read(&[b")".to_vec(), b"\x85".repeat(MAX_DEPTH), b".".to_vec()].concat()), Err(Refused::TooLarge));
        // A string of 1 MiB, taken a thousand times.
        let text = [
            b"(X\x00\x00\x10\x00".to_vec(),
            vec![b'x'; 1 << 20],
            b"\x94".to_vec(),
            b"h\x00".repeat(1000),
            b"t.".to_vec(),
        ];
        assert_eq!(read(&text.concat()), Err(Refused::TooLarge));
        assert_eq!(read(&vec![b'N'; MAX_LEN + 1]), Err(Refused::TooLarge));
        assert_eq!(read(b"\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01."), Err(Refused::TooLarge));
    }

    #[test]
    fn a_cut_pickle_is_refused() {
        for len in 0..MIXED.len() {
            assert_eq!(read(&MIXED[..len]), Err(Refused::Senseless), "{len}");
        }
    }

    #[test]
    fn random_bytes_never_panic() {
        let mut state = 1_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap()
        };
        let codes = b"\x80\x95N\x88\x89JKM\x8a\x8cX\x94hj()\x85\x86\x87t]ae}su.";
        let mut read_whole = 0;
        for round in 0..200_000 {
            let mut bytes: Vec<u8> = match round % 3 {
                0 => (0..random() % 40).map(|_| u8::try_from(random() % 256).unwrap()).collect(),
                1 => (0..random() % 40).map(|_| codes[random() % codes.len()]).collect(),
                _ => MIXED.to_vec(),
            };
            for _ in 0..random() % 4 {
                if !bytes.is_empty() {
                    let at = random() % bytes.len();
                    bytes[at] = u8::try_from(random() % 256).unwrap();
                }
            }
            read_whole += usize::from(read(&bytes).is_ok());
        }
        assert!(read_whole > 10_000, "{read_whole}");
    }
}
