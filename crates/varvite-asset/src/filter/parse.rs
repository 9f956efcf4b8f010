//! Filters as text: `temperature > 30 and (region in ('north', 'east') or humidity is null)`.

use std::str::FromStr;

use super::{Comparison, Filter};
use crate::{Error, Result, Value};

/// How deep brackets and `not` may be nested.
const MAX_DEPTH: usize = 100;

impl FromStr for Filter {
    type Err = Error;

    /// Reads comparisons of a column with a value (`=`, `==`, `!=`, `<>`, `<`, `<=`, `>`, `>=`), `in (...)`, `is null`, and
    /// `and`, `or`, `not` and brackets around them; `and` binds more tightly than `or`. Values are numbers, `true`, `false`
    /// and text in single or double quotes, which is also how dates and times are written; a quote in it is doubled. Names of
    /// columns that are no words stand in backquotes.
    ///
    /// ```
    /// use varvite_asset::Filter;
    /// let hot: Filter = "temperature > 30 and region in ('north', 'east')".parse()?;
    /// assert!(matches!(hot, Filter::All(both) if both.len() == 2));
    /// let error = "temperature >> 30".parse::<Filter>().unwrap_err();
    /// assert!(error.to_string().contains("at character 14"));
    /// # Ok::<(), varvite_asset::Error>(())
    /// ```
    fn from_str(text: &str) -> Result<Self> {
        let tokens = tokens(text)?;
        let mut parser = Parser { text, tokens: &tokens, next: 0 };
        let filter = parser.any(0)?;
        match parser.peek() {
            Token::End => Ok(filter),
            _ => Err(parser.refused("`and`, `or` or the end is expected")),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    /// A name or a keyword.
    Word(String),
    /// A name in backquotes.
    Name(String),
    Value(Value),
    Comparison(Comparison),
    Open,
    Close,
    Comma,
    End,
}

/// A token, and the byte at which it begins.
type Placed = (usize, Token);

fn refused(text: &str, at: usize, reason: impl Into<String>) -> Error {
    let character = text.get(..at).map_or(0, |before| before.chars().count()) + 1;
    Error::InvalidFilter { filter: text.to_owned(), character, reason: reason.into() }
}

/// The tokens of `text`, the last of which is its end.
fn tokens(text: &str) -> Result<Vec<Placed>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = token(text, at, first)?;
        found.push((at, token));
        at += length;
    }
    found.push((text.len(), Token::End));
    Ok(found)
}

/// The token that begins at `at`, and its length in bytes.
fn token(text: &str, at: usize, first: char) -> Result<(Token, usize)> {
    let rest = &text[at..];
    let simple = |token, length| Ok((token, length));
    let comparison = |comparison, length| Ok((Token::Comparison(comparison), length));
    match first {
        '(' => simple(Token::Open, 1),
        ')' => simple(Token::Close, 1),
        ',' => simple(Token::Comma, 1),
        '=' if rest.starts_with("==") => comparison(Comparison::Equal, 2),
        '=' => comparison(Comparison::Equal, 1),
        '!' if rest.starts_with("!=") => comparison(Comparison::NotEqual, 2),
        '<' if rest.starts_with("<>") => comparison(Comparison::NotEqual, 2),
        '<' if rest.starts_with("<=") => comparison(Comparison::LessOrEqual, 2),
        '<' => comparison(Comparison::Less, 1),
        '>' if rest.starts_with(">=") => comparison(Comparison::GreaterOrEqual, 2),
        '>' => comparison(Comparison::Greater, 1),
        '\'' | '"' => quoted(text, at, first).map(|(text, length)| (Token::Value(Value::Text(text)), length)),
        '`' => quoted(text, at, first).map(|(name, length)| (Token::Name(name), length)),
        '-' | '+' | '.' | '0'..='9' => number(text, at),
        _ if first.is_alphabetic() || first == '_' => {
            let length = rest.find(|other: char| !is_word(other)).unwrap_or(rest.len());
            Ok((Token::Word(rest[..length].to_owned()), length))
        }
        other => Err(refused(text, at, format!("`{other}` means nothing here"))),
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// What stands between quotes, and the length with them; a doubled quote is one.
fn quoted(text: &str, at: usize, quote: char) -> Result<(String, usize)> {
    let rest = &text[at + 1..];
    let mut found = String::new();
    let mut characters = rest.char_indices().peekable();
    while let Some((place, character)) = characters.next() {
        if character != quote {
            found.push(character);
        } else if characters.next_if(|(_, next)| *next == quote).is_some() {
            found.push(quote);
        } else {
            return Ok((found, place + 2));
        }
    }
    Err(refused(text, at, format!("the {quote} that begins here does not end")))
}

fn number(text: &str, at: usize) -> Result<(Token, usize)> {
    let rest = &text[at..];
    let mut length = 0;
    for character in rest.chars() {
        let exponent = rest[..length].ends_with(['e', 'E']) && rest[..length].contains(|c: char| c.is_ascii_digit());
        let sign = matches!(character, '-' | '+') && (length == 0 || exponent);
        if !(sign || is_word(character) || character == '.') {
            break;
        }
        length += character.len_utf8();
    }
    let digits = &rest[..length];
    let starts_like_one = digits.trim_start_matches(['-', '+']).starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if let Ok(whole) = digits.parse::<i128>() {
        return Ok((Token::Value(Value::Int(whole)), length));
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() && starts_like_one => Ok((Token::Value(Value::Float(value)), length)),
        _ => Err(refused(text, at, format!("`{digits}` is no number; text, dates and times stand in quotes"))),
    }
}

/// Reads tokens one after the other.
struct Parser<'a> {
    text: &'a str,
    tokens: &'a [Placed],
    next: usize,
}

impl Parser<'_> {
    fn peek(&self) -> &Token {
        self.tokens.get(self.next).map_or(&Token::End, |(_, token)| token)
    }

    fn take(&mut self) -> Token {
        let token = self.peek().clone();
        self.next += 1;
        token
    }

    /// Takes the keyword `word`, in any case, if it comes next.
    fn took(&mut self, word: &str) -> bool {
        let comes = matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word));
        self.next += usize::from(comes);
        comes
    }

    fn refused(&self, expected: &str) -> Error {
        let at = self.tokens.get(self.next).map_or(self.text.len(), |(at, _)| *at);
        // `2024-01-01` is three numbers.
        let quotes = matches!(self.peek(), Token::Value(_)) && expected.ends_with("the end is expected");
        let note = match self.peek() {
            Token::End => ", where the text ends",
            _ if quotes => "; text, dates and times stand in quotes",
            _ => "",
        };
        refused(self.text, at, format!("{expected}{note}"))
    }

    fn any(&mut self, depth: usize) -> Result<Filter> {
        let mut any = vec![self.all(depth)?];
        while self.took("or") {
            any.push(self.all(depth)?);
        }
        Ok(single(any, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter> {
        let mut all = vec![self.one(depth)?];
        while self.took("and") {
            all.push(self.one(depth)?);
        }
        Ok(single(all, Filter::All))
    }

    fn one(&mut self, depth: usize) -> Result<Filter> {
        if depth >= MAX_DEPTH {
            return Err(self.refused("no more than 100 levels of brackets are read"));
        }
        if self.took("not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        if *self.peek() == Token::Open {
            self.next += 1;
            let inner = self.any(depth + 1)?;
            self.expect(&Token::Close, "`and`, `or` or `)` is expected")?;
            return Ok(inner);
        }
        let column = self.column()?;
        self.condition(column)
    }

    fn column(&mut self) -> Result<String> {
        const EXPECTED: &str = "a column, `not` or `(` is expected";
        match self.peek() {
            Token::Name(name) if !name.is_empty() => {}
            Token::Word(word) if !is_keyword(word) => {}
            _ => return Err(self.refused(EXPECTED)),
        }
        match self.take() {
            Token::Name(name) | Token::Word(name) => Ok(name),
            _ => Err(self.refused(EXPECTED)),
        }
    }

    /// What is asked of a column.
    fn condition(&mut self, column: String) -> Result<Filter> {
        if let Token::Comparison(comparison) = *self.peek() {
            self.next += 1;
            let value = self.value()?;
            return Ok(Filter::Compare { column, comparison, value });
        }
        if self.took("is") {
            let not = self.took("not");
            if !self.took("null") {
                return Err(self.refused("`null` is expected"));
            }
            return Ok(negated(not, Filter::IsNull { column }));
        }
        let not = self.took("not");
        if self.took("in") {
            let values = self.values()?;
            return Ok(negated(not, Filter::OneOf { column, values }));
        }
        Err(self.refused(if not { "`in` is expected" } else { "a comparison, `in (...)` or `is null` is expected" }))
    }

    /// `(value, value)`
    fn values(&mut self) -> Result<Vec<Value>> {
        self.expect(&Token::Open, "`(` is expected")?;
        let mut values = vec![self.value()?];
        while *self.peek() == Token::Comma {
            self.next += 1;
            values.push(self.value()?);
        }
        self.expect(&Token::Close, "`,` or `)` is expected")?;
        Ok(values)
    }

    fn value(&mut self) -> Result<Value> {
        let value = match self.peek() {
            Token::Value(value) => value.clone(),
            Token::Word(word) if word.eq_ignore_ascii_case("true") => Value::Bool(true),
            Token::Word(word) if word.eq_ignore_ascii_case("false") => Value::Bool(false),
            Token::Word(word) if word.eq_ignore_ascii_case("null") => {
                return Err(self.refused("nothing equals null: `is null` is what asks for it"));
            }
            _ => return Err(self.refused("a value, with text in quotes, is expected")),
        };
        self.next += 1;
        Ok(value)
    }

    fn expect(&mut self, token: &Token, expected: &str) -> Result<()> {
        if self.peek() != token {
            return Err(self.refused(expected));
        }
        self.next += 1;
        Ok(())
    }
}

fn single(mut filters: Vec<Filter>, several: fn(Vec<Filter>) -> Filter) -> Filter {
    match filters.pop() {
        Some(only) if filters.is_empty() => only,
        last => {
            filters.extend(last);
            several(filters)
        }
    }
}

fn negated(not: bool, filter: Filter) -> Filter {
    if not { Filter::Not(Box::new(filter)) } else { filter }
}

/// Words that stand for no column, unless in backquotes.
fn is_keyword(word: &str) -> bool {
    ["and", "or", "not", "in", "is", "null", "true", "false"].iter().any(|keyword| word.eq_ignore_ascii_case(keyword))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[track_caller]
    fn same(a: &str, b: &str) {
        assert_eq!(a.parse::<Filter>().unwrap(), b.parse::<Filter>().unwrap(), "{a} and {b}");
    }

    fn value(text: &str) -> Value {
        match format!("x = {text}").parse().unwrap() {
            Filter::Compare { value, .. } => value,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_form_is_read() {
        let compare = |column: &str, comparison, value| Filter::Compare { column: column.into(), comparison, value };
        let hot = compare("temperature", Comparison::Greater, Value::Int(30));
        assert_eq!("temperature>30".parse::<Filter>().unwrap(), hot);
        let parsed: Filter = "temperature > 30 or not (a is null) and `b c` not in ('x', 1.5, true)".parse().unwrap();
        let values = vec![Value::Text("x".into()), Value::Float(1.5), Value::Bool(true)];
        let not_in = Filter::Not(Box::new(Filter::OneOf { column: "b c".into(), values }));
        let not_null = Filter::Not(Box::new(Filter::IsNull { column: "a".into() }));
        assert_eq!(parsed, Filter::Any(vec![hot, Filter::All(vec![not_null, not_in])]));
    }

    #[test]
    fn words_and_signs_have_several_spellings() {
        same("a = 1 AND b <> 2", "a==1 and b!=2");
        same("a is not null", "not a is null");
        same("a not in (1)", "NOT a IN (1)");
        same("(a < 1 and b >= 2) or c <= 3", "((a<1) AND (b>=2)) OR (c<=3)");
        same("`a` = 1", "a = 1");
    }

    #[test]
    fn values_are_what_they_look_like() {
        let whole = ["-3", "+3", "170141183460469231731687303715884105727"].map(value);
        assert_eq!(whole, [-3, 3, i128::MAX].map(Value::Int));
        assert_eq!(["1e3", "-2.5E-1", ".5"].map(value), [1000.0, -0.25, 0.5].map(Value::Float));
        let texts = ["'it''s'", "\"a 'b'\"", "''"].map(value);
        assert_eq!(texts, ["it's", "a 'b'", ""].map(Value::from));
        assert_eq!(["TRUE", "false"].map(value), [true, false].map(Value::Bool));
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_its_place() {
        for (text, character, reason) in [
            ("", 1, "a column, `not` or `(` is expected, where the text ends"),
            ("a", 2, "a comparison, `in (...)` or `is null` is expected, where the text ends"),
            ("a >> 3", 4, "a value, with text in quotes, is expected"),
            ("é = 'x", 5, "the ' that begins here does not end"),
            ("a = b", 5, "a value, with text in quotes"),
            ("a = null", 5, "`is null`"),
            ("30 < a", 1, "a column"),
            ("a = 1 b = 2", 7, "`and`, `or` or the end"),
            ("(a = 1", 7, "`)` is expected, where the text ends"),
            ("a in 1", 6, "`(` is expected"),
            ("a in ()", 7, "a value"),
            ("a in (1 2)", 9, "`,` or `)`"),
            ("a is 3", 6, "`null`"),
            ("a not 3", 7, "`in`"),
            ("a = 2024-01-01", 9, "`and`, `or` or the end is expected; text, dates and times stand in quotes"),
            ("a = 1x", 5, "`1x` is no number"),
            ("a = -inf", 5, "`-inf` is no number"),
            ("and = 1", 1, "a column"),
            ("a = 1 & b = 2", 7, "`&` means nothing"),
            ("a = 1)", 6, "`and`, `or` or the end"),
        ] {
            let error = text.parse::<Filter>().unwrap_err();
            let Error::InvalidFilter { character: at, reason: why, .. } = &error else { panic!("{error:?}") };
            assert_eq!(*at, character, "{text}: {error}");
            assert!(why.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn no_text_is_too_deep_or_panics() {
        assert!("(".repeat(100_000).parse::<Filter>().is_err());
        assert!(format!("{}a = 1", "not ".repeat(100_000)).parse::<Filter>().is_err());
        assert!(format!("{}a = 1{}", "(".repeat(99), ")".repeat(99)).parse::<Filter>().is_ok());
        let text = "a >= 'é''' and not (`b` in (1, 2.5) or c is null)";
        for (at, _) in text.char_indices() {
            let _ = text[..at].parse::<Filter>();
            let _ = text[at..].parse::<Filter>();
        }
    }
}
