//! [`Tokens`]: a query between text and tree. Values are held as they are meant, and escaped as each engine wants it.

use std::ops::Range;

use sqlparser::ast::Ident;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer, Word};

use super::dialect::{Dialect, check_name, is_placeholder_name};
use super::grammar::Grammar;
use crate::{Error, Result};

/// How many tokens a query may have.
const LENGTH: usize = 100_000;

/// How deeply it may be nested: what one expression is made of, between commas and over all parentheses around it.
/// Trees are walked by recursion, here and in engines.
const DEPTH: usize = 600;

/// The tokens of a query, without whitespace and comments.
#[derive(Debug, Clone)]
pub(super) struct Tokens(Vec<TokenWithSpan>);

impl Tokens {
    /// Splits a text, of which one closing semicolon is dropped.
    pub(super) fn read(text: &str) -> Result<Self> {
        let tokens = Tokenizer::new(&Grammar, text).tokenize_with_location();
        let mut tokens = tokens.map_err(|error| Error::Syntax { reason: error.to_string() })?;
        tokens.retain(|token| !matches!(token.token, Token::Whitespace(_)));
        tokens.pop_if(|last| last.token == Token::SemiColon);
        if tokens.iter().any(|token| token.token == Token::SemiColon) {
            return Err(Error::NotASelect { found: "several statements".to_owned() });
        }
        for token in &mut tokens {
            token.token = plain(std::mem::replace(&mut token.token, Token::EOF))
                .map_err(|reason| Error::Syntax { reason: format!("{reason}{}", token.span.start) })?;
        }
        check_size(&tokens)?;
        Ok(Self(tokens))
    }

    /// All of them, for the parser.
    pub(super) fn to_vec(&self) -> Vec<TokenWithSpan> {
        self.0.clone()
    }

    /// The first one, as it would be called.
    pub(super) fn first_word(&self) -> Option<String> {
        match self.0.iter().find(|token| token.token != Token::LParen).map(|token| &token.token)? {
            Token::Word(word) if word.quote_style.is_none() => Some(word.value.to_ascii_uppercase()),
            other => Some(other.to_string()),
        }
    }

    /// Where identifiers stand that follow each other, with the points between them.
    pub(super) fn range_of(&self, idents: &[&Ident]) -> Option<Range<usize>> {
        let at = |ident: &Ident| self.0.binary_search_by_key(&ident.span.start, |token| token.span.start).ok();
        let (first, last) = (at(idents.first()?)?, at(idents.last()?)?);
        let is_whole = last + 1 == first + 2 * idents.len() - 1;
        is_whole.then_some(first..last + 1)
    }

    /// The text of a range, as an engine reads it.
    pub(super) fn text(&self, range: Range<usize>, dialect: Dialect) -> String {
        self.text_with(range, dialect, &|name| dialect.placeholder(name))
    }

    /// The same with another text for each placeholder.
    pub(super) fn text_with(
        &self,
        range: Range<usize>,
        dialect: Dialect,
        placeholder: &dyn Fn(&str) -> String,
    ) -> String {
        let mut text = String::new();
        let mut previous: Option<&TokenWithSpan> = None;
        for token in self.0.get(range).unwrap_or_default() {
            if previous.is_some_and(|previous| is_spaced(previous, token)) {
                text.push(' ');
            }
            match &token.token {
                Token::Placeholder(name) => text.push_str(&placeholder(name.trim_start_matches('$'))),
                other => text.push_str(&written(other, dialect)),
            }
            previous = Some(token);
        }
        text
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Token> + Clone {
        self.0.iter().map(|token| &token.token)
    }
}

/// Whether a space stands between two tokens. None is needed beside a bracket, a comma or a point: those never join.
fn is_spaced(left: &TokenWithSpan, right: &TokenWithSpan) -> bool {
    match (&left.token, &right.token) {
        (Token::LParen | Token::LBracket | Token::Period, Token::Word(_) | Token::Mul)
        | (Token::Word(_), Token::Period)
        | (Token::LParen | Token::LBracket, _)
        | (_, Token::RParen | Token::RBracket | Token::Comma) => false,
        // `f(x)`, but `IN (x)`: as it was.
        (Token::Word(_), Token::LParen) => left.span.end != right.span.start,
        _ => true,
    }
}

fn written(token: &Token, dialect: Dialect) -> String {
    match token {
        Token::Word(Word { value, quote_style: Some(_), .. }) => dialect.identifier(value),
        Token::SingleQuotedString(value) => dialect.string(value),
        other => other.to_string(),
    }
}

/// The token in its one spelling: names in double quotes, text in single ones.
fn plain(token: Token) -> Result<Token, String> {
    let token = match token {
        Token::EscapedStringLiteral(value) | Token::UnicodeStringLiteral(value) => Token::SingleQuotedString(value),
        Token::DollarQuotedString(text) => Token::SingleQuotedString(text.value),
        Token::Word(word) if word.quote_style == Some('`') => Token::Word(Word { quote_style: Some('"'), ..word }),
        other => other,
    };
    match &token {
        Token::Word(word) if word.quote_style.is_some() => check_name(&word.value)?,
        Token::SingleQuotedString(value) if value.contains('\0') => return Err("text holds a NUL".to_owned()),
        Token::HexStringLiteral(value) if !value.chars().all(|c| c.is_ascii_hexdigit()) => {
            return Err("X'...' holds something else than hexadecimal digits".to_owned());
        }
        Token::Placeholder(name) if !name.strip_prefix('$').is_some_and(is_placeholder_name) => {
            return Err(format!("a placeholder is `$name`, not `{name}`"));
        }
        Token::Char(char) => return Err(format!("there is no sign {char:?} in SQL")),
        Token::NationalStringLiteral(_)
        | Token::QuoteDelimitedStringLiteral(_)
        | Token::NationalQuoteDelimitedStringLiteral(_)
        | Token::DoubleQuotedString(_)
        | Token::TripleSingleQuotedString(_)
        | Token::TripleDoubleQuotedString(_)
        | Token::SingleQuotedByteStringLiteral(_)
        | Token::DoubleQuotedByteStringLiteral(_)
        | Token::TripleSingleQuotedByteStringLiteral(_)
        | Token::TripleDoubleQuotedByteStringLiteral(_)
        | Token::SingleQuotedRawStringLiteral(_)
        | Token::DoubleQuotedRawStringLiteral(_)
        | Token::TripleSingleQuotedRawStringLiteral(_)
        | Token::TripleDoubleQuotedRawStringLiteral(_) => return Err(format!("write '...' instead of {token}")),
        _ => {}
    }
    Ok(token)
}

/// Refuses what would nest too deeply before anything recurses over it.
fn check_size(tokens: &[TokenWithSpan]) -> Result<()> {
    if tokens.len() > LENGTH {
        return Err(Error::Syntax { reason: format!("it has {} words and signs, and {LENGTH} may be", tokens.len()) });
    }
    let mut depth = 0;
    let mut levels = vec![0];
    for token in tokens {
        let level = levels.len() - 1;
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => levels.push(0),
            Token::RParen | Token::RBracket | Token::RBrace if level > 0 => depth -= levels.pop().unwrap_or(0),
            Token::Comma => depth -= std::mem::take(&mut levels[level]),
            _ if nests(&token.token) => {
                levels[level] += 1;
                depth += 1;
            }
            _ => {}
        }
        if depth + levels.len() > DEPTH {
            let reason = format!("it is nested too deeply{}: write long chains of OR as IN (...)", token.span.start);
            return Err(Error::Syntax { reason });
        }
    }
    Ok(())
}

/// Whether a token may be the root of a tree over what stands before or after it.
fn nests(token: &Token) -> bool {
    match token {
        Token::Word(word) => word.quote_style.is_none() && word.keyword != Keyword::NoKeyword,
        Token::Number(..) | Token::SingleQuotedString(_) | Token::HexStringLiteral(_) | Token::Placeholder(_) => false,
        _ => true,
    }
}
