//! Text to tokens. The grammar asks for one token at a time, because what a token is depends on where it
//! stands: the key of a context may hold almost any character.

/// A token and where it stands, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'s> {
    pub(crate) kind: TokenKind<'s>,
    pub(crate) start: usize,
    pub(crate) end: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'s> {
    /// Digits, with decimals or without.
    Number(&'s str),
    /// What stands between two quotation marks, escapes and all.
    String(&'s str),
    /// A word that may be a name or a keyword.
    Name(&'s str),
    /// A name in backticks, which are not part of it.
    Quoted(&'s str),
    /// Brackets, operators and punctuation.
    Symbol(&'static str),
    /// The end of the text.
    End,
    /// A quotation mark, a backtick or a comment (`*`) that is never closed.
    Unclosed(char),
    /// A character that begins no token.
    Unknown(char),
}

/// The words that can never be names.
const RESERVED: [&str; 11] = [
    "null",
    "true",
    "false",
    "function",
    "in",
    "return",
    "then",
    "else",
    "satisfies",
    "and",
    "or",
];

/// Longer symbols before their beginnings.
const SYMBOLS: [&str; 24] = [
    "..", "**", "<=", ">=", "!=", "(", ")", "[", "]", "{", "}", ",", ":", ".", "=", "<", ">", "+",
    "-", "*", "/", "@", "?", ";",
];

pub(crate) fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Java's rule for the first character of an identifier.
fn is_name_start(c: char) -> bool {
    unicode_ident::is_xid_start(c) || matches!(c, '_' | '$' | '¢'..='¥' | '\u{20a0}'..='\u{20bf}')
}

fn is_name_part(c: char) -> bool {
    unicode_ident::is_xid_continue(c) || is_name_start(c)
}

/// The white space of the FEEL grammar (DMN 1.5, 10.3.1.2, rules 61 and 62).
fn is_whitespace(c: char) -> bool {
    matches!(c,
        '\u{9}'..='\u{d}' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{180e}' | '\u{2000}'..='\u{200b}'
        | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}')
}

/// The text that is read, and nothing else: where to read is always an argument.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexer<'s> {
    source: &'s str,
}

impl<'s> Lexer<'s> {
    pub(crate) fn new(source: &'s str) -> Self {
        Self { source }
    }

    /// The token at or after a position.
    pub(crate) fn token(self, position: usize) -> Token<'s> {
        let start = self.skip(position);
        let rest = &self.source[start..];
        let Some(first) = rest.chars().next() else {
            return Token {
                kind: TokenKind::End,
                start,
                end: start,
            };
        };
        let (kind, length) = match first {
            '"' => match string_length(rest) {
                Some(length) => (TokenKind::String(&rest[1..length - 1]), length),
                None => (TokenKind::Unclosed('"'), rest.len()),
            },
            '`' => match rest[1..].find('`') {
                Some(length) if length > 0 => (TokenKind::Quoted(&rest[1..=length]), length + 2),
                _ => (TokenKind::Unclosed('`'), rest.len()),
            },
            c if is_name_start(c) => {
                let length = name_length(rest);
                (TokenKind::Name(&rest[..length]), length)
            }
            c if c.is_ascii_digit() || starts_with_decimals(rest) => {
                let length = number_length(rest);
                (TokenKind::Number(&rest[..length]), length)
            }
            '/' if rest.starts_with("/*") => (TokenKind::Unclosed('*'), rest.len()),
            c => match SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
                Some(symbol) => (TokenKind::Symbol(symbol), symbol.len()),
                None => (TokenKind::Unknown(c), c.len_utf8()),
            },
        };
        Token {
            kind,
            start,
            end: start + length,
        }
    }

    /// The name of a function or parameter that goes over several words with spaces between them
    /// (`list contains`): where it ends, if the words are more than one.
    pub(crate) fn words(self, start: usize) -> Option<usize> {
        let mut end = None;
        let mut at = start + name_length(&self.source[start..]);
        loop {
            let rest = &self.source[at..];
            let spaces = rest.len() - rest.trim_start_matches(' ').len();
            let word = &rest[spaces..];
            let length = name_length(word);
            let operator = matches!(&word[..length], "between" | "instance");
            if spaces == 0 || length == 0 || is_reserved(&word[..length]) || operator {
                return end;
            }
            at += spaces + length;
            end = Some(at);
        }
    }

    /// Where a text ends that stands at a position word for word.
    pub(crate) fn exactly(self, position: usize, text: &str) -> Option<usize> {
        let rest = self.source[position..].strip_prefix(text)?;
        if rest.starts_with(is_name_part) {
            None
        } else {
            Some(position + text.len())
        }
    }

    /// The key of a context entry that is neither a string nor in backticks: any characters but those
    /// that end it.
    pub(crate) fn key(self, position: usize) -> Option<(&'s str, usize)> {
        let start = self.skip(position);
        let (mut end, mut at) = (start, start);
        while let Some(c) = self.source[at..].chars().next() {
            let unclosed_comment = self.source[at..].starts_with("/*");
            if unclosed_comment || matches!(c, '"' | '{' | '}' | ':' | ',' | '[' | ']' | '`') {
                break;
            }
            end = at + c.len_utf8();
            at = self.skip(end);
        }
        if start == end {
            None
        } else {
            Some((&self.source[start..end], end))
        }
    }

    /// Past white space and comments.
    fn skip(self, mut position: usize) -> usize {
        loop {
            let rest = &self.source[position..];
            let trimmed = rest.trim_start_matches(is_whitespace);
            let comment = if trimmed.starts_with("//") {
                trimmed.find('\n').unwrap_or(trimmed.len())
            } else if let Some(inside) = trimmed.strip_prefix("/*") {
                // What is never closed is a token.
                match inside.find("*/") {
                    Some(length) => length + 4,
                    None => return position + rest.len() - trimmed.len(),
                }
            } else {
                return position + rest.len() - trimmed.len();
            };
            position += rest.len() - trimmed.len() + comment;
        }
    }
}

fn name_length(text: &str) -> usize {
    if !text.starts_with(is_name_start) {
        return 0;
    }
    text.find(|c| !is_name_part(c)).unwrap_or(text.len())
}

fn digits_length(text: &str) -> usize {
    text.find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len())
}

fn starts_with_decimals(text: &str) -> bool {
    text.strip_prefix('.')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

fn number_length(text: &str) -> usize {
    let whole = digits_length(text);
    if starts_with_decimals(&text[whole..]) {
        whole + 1 + digits_length(&text[whole + 1..])
    } else {
        whole
    }
}

/// With both quotation marks; a backslash takes the character behind it along.
fn string_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'"' => return Some(at + 1),
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
}

/// The characters that a string literal stands for. Only these escapes exist: `\n`, `\r`, `\t`, `\b`,
/// `\f`, `\'`, `\"` and `\\`; others, Unicode's among them, stay as they are.
pub(crate) fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut chars = raw.chars().peekable();
    let mut behind_backslash = false;
    while let Some(c) = chars.next() {
        let escaped = match (c, chars.peek()) {
            ('\\', Some('\\')) => Some('\\'),
            ('\\', Some(_)) if behind_backslash => None,
            ('\\', Some('n')) => Some('\n'),
            ('\\', Some('r')) => Some('\r'),
            ('\\', Some('t')) => Some('\t'),
            ('\\', Some('b')) => Some('\u{8}'),
            ('\\', Some('f')) => Some('\u{c}'),
            ('\\', Some(quote @ ('\'' | '"'))) => Some(*quote),
            _ => None,
        };
        if escaped.is_some() {
            behind_backslash = chars.next() == Some('\\');
        } else {
            behind_backslash = c == '\\';
        }
        text.push(escaped.unwrap_or(c));
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(source: &str) -> Vec<TokenKind<'_>> {
        let (lexer, mut at, mut kinds) = (Lexer::new(source), 0, Vec::new());
        loop {
            let token = lexer.token(at);
            if token.kind == TokenKind::End {
                return kinds;
            }
            kinds.push(token.kind);
            at = token.end;
        }
    }

    #[test]
    fn a_range_is_no_decimal_point() {
        use TokenKind::{Number, Symbol};
        assert_eq!(kinds("1..3"), [Number("1"), Symbol(".."), Number("3")]);
        assert_eq!(kinds("1.5"), [Number("1.5")]);
        assert_eq!(kinds(".5"), [Number(".5")]);
        assert_eq!(
            kinds("1.a"),
            [Number("1"), Symbol("."), TokenKind::Name("a")]
        );
    }

    #[test]
    fn names_are_those_of_java() {
        for name in ["a", "_a", "$a", "größe", "a1", "名前", "trueX"] {
            assert_eq!(kinds(name), [TokenKind::Name(name)]);
        }
        assert_eq!(kinds("`a b`"), [TokenKind::Quoted("a b")]);
        assert_eq!(kinds("``"), [TokenKind::Unclosed('`')]);
        assert_eq!(kinds("😀"), [TokenKind::Unknown('😀')]);
    }

    #[test]
    fn comments_and_white_space_separate_tokens() {
        use TokenKind::Name;
        assert_eq!(
            kinds("a// b\n/* c */\u{a0}d /*/ e */"),
            [Name("a"), Name("d")]
        );
        assert_eq!(kinds("a /* b"), [Name("a"), TokenKind::Unclosed('*')]);
    }

    #[test]
    fn a_key_may_hold_almost_anything() {
        let key = |source| Lexer::new(source).key(0).map(|(key, _)| key);
        assert_eq!(key(" foo+bar : 1"), Some("foo+bar"));
        assert_eq!(key("a  b /* c */: 1"), Some("a  b"));
        assert_eq!(key("are_you_happy?:1"), Some("are_you_happy?"));
        assert_eq!(key(": 1"), None);
    }

    #[test]
    fn escapes_are_those_of_feel_scala() {
        for (raw, text) in [
            (r"line\nbreak", "line\nbreak"),
            (r#"\"q\""#, "\"q\""),
            (r"\\n", r"\n"),
            (r"\\\n", r"\\n"),
            (r"\\\\", r"\\"),
            (r"\u00e9", r"\u00e9"),
            (r"\d{3}", r"\d{3}"),
            (r"it\'s", "it's"),
        ] {
            assert_eq!(unescape(raw), text, "{raw}");
        }
    }

    proptest! {
        #[test]
        fn any_text_has_tokens_up_to_its_end(source in "\\PC{0,40}") {
            let mut at = 0;
            loop {
                let token = Lexer::new(&source).token(at);
                if token.kind == TokenKind::End {
                    break;
                }
                prop_assert!(token.end > at);
                at = token.end;
            }
        }
    }
}
