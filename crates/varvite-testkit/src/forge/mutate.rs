//! Random changes that keep a form: of Thrift trees, JSON and bytes.

use fastrand::Rng;
use serde_json::Value;

use super::thrift::Thrift;

/// Numbers at which something overflows, or ends.
const EDGES: [i64; 20] = [
    0,
    1,
    -1,
    2,
    7,
    63,
    64,
    127,
    255,
    256,
    65_535,
    65_536,
    1 << 24,
    i32::MAX as i64,
    i32::MIN as i64,
    1 << 32,
    1 << 40,
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
];

/// Another number: an edge, a neighbour, or anything.
pub fn number(value: i64, random: &mut Rng) -> i64 {
    match random.u8(..6) {
        0 | 1 => EDGES[random.usize(..EDGES.len())],
        2 => value.wrapping_add(random.i64(-3..=3)),
        3 => value.wrapping_mul(random.i64(2..20)),
        4 => random.i64(0..300),
        _ => random.i64(..),
    }
}

/// Changes some bytes, their number too.
pub fn bytes(bytes: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..random.u8(1..5) {
        let at = random.usize(..=bytes.len());
        match random.u8(..5) {
            0 | 1 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            2 if at < bytes.len() => bytes[at] = random.u8(..),
            3 => bytes.truncate(at),
            _ => {
                let more: Vec<u8> = (0..random.usize(1..9)).map(|_| random.u8(..)).collect();
                bytes.splice(at..at, more);
            }
        }
    }
}

/// Changes one value of a tree.
pub fn thrift(tree: &mut Thrift, random: &mut Rng) {
    let mut count = 0;
    tree.every(&mut |_| count += 1);
    let (chosen, mut at) = (random.usize(..count.max(1)), 0);
    tree.every(&mut |value| {
        if at == chosen {
            change(value, random);
        }
        at += 1;
    });
}

fn change(value: &mut Thrift, random: &mut Rng) {
    if random.u8(..12) == 0 {
        // Another kind of value.
        *value = match random.u8(..5) {
            0 => Thrift::i32(number(0, random)),
            1 => Thrift::i64(number(0, random)),
            2 => Thrift::Binary(vec![0; random.usize(..20)]),
            3 => Thrift::List(12, random.usize(..1 << 32), Vec::new()),
            _ => Thrift::Struct(Vec::new()),
        };
        return;
    }
    match value {
        Thrift::Bool(truth) => *truth = !*truth,
        Thrift::Byte(byte) => *byte = random.u8(..),
        Thrift::Int(_, value) => *value = number(*value, random),
        Thrift::Double(bytes) => bytes[random.usize(..8)] ^= 1 << random.u8(..8),
        Thrift::Binary(content) => bytes(content, random),
        Thrift::List(kind, len, elements) => match random.u8(..4) {
            0 => {
                *len = usize::try_from(number(i64::try_from(*len).unwrap_or_default(), random) & 0xffff_ffff)
                    .unwrap_or_default();
            }
            1 => *kind = random.u8(1..14),
            2 if !elements.is_empty() => {
                let again = elements[random.usize(..elements.len())].clone();
                elements.push(again);
                *len = elements.len();
            }
            _ => {
                elements.pop();
                *len = elements.len();
            }
        },
        Thrift::Struct(fields) if !fields.is_empty() => {
            let at = random.usize(..fields.len());
            match random.u8(..3) {
                0 => drop(fields.remove(at)),
                1 => fields[at].0 = fields[at].0.wrapping_add(random.i16(-2..=2)),
                _ => fields.push(fields[at].clone()),
            }
        }
        Thrift::Struct(fields) => fields.push((random.i16(1..9), Thrift::i32(1))),
    }
}

/// Changes one value of a JSON document.
pub fn json(document: &mut Value, random: &mut Rng) {
    let mut inner: Vec<&mut Value> = match document {
        Value::Array(elements) if !elements.is_empty() && random.u8(..6) > 0 => elements.iter_mut().collect(),
        Value::Object(fields) if !fields.is_empty() && random.u8(..8) > 0 => fields.values_mut().collect(),
        _ => return change_json(document, random),
    };
    let at = random.usize(..inner.len());
    json(inner.swap_remove(at), random);
}

fn change_json(value: &mut Value, random: &mut Rng) {
    *value = match (&*value, random.u8(..8)) {
        (_, 0) => Value::Null,
        (_, 1) => Value::from(number(0, random)),
        (Value::Number(old), _) => match random.u8(..3) {
            0 => Value::from(u64::MAX),
            _ => Value::from(number(old.as_i64().unwrap_or_default(), random)),
        },
        (Value::String(old), _) => {
            let mut text = old.clone().into_bytes();
            bytes(&mut text, random);
            Value::from(String::from_utf8_lossy(&text))
        }
        (Value::Array(old), kind) if !old.is_empty() => {
            let mut elements = old.clone();
            let at = random.usize(..elements.len());
            let element = elements[at].clone();
            if kind % 2 == 0 {
                elements.push(element);
            } else {
                elements.remove(at);
            }
            Value::Array(elements)
        }
        (Value::Object(old), _) if !old.is_empty() => {
            let mut fields = old.clone();
            let name = fields.keys().nth(random.usize(..fields.len())).cloned().unwrap_or_default();
            fields.remove(&name);
            Value::Object(fields)
        }
        (_, 2) => Value::from("text"),
        (_, 3) => Value::Array(vec![Value::Null; 3]),
        (_, 4) => Value::Bool(true),
        _ => Value::from(1.5),
    };
}
