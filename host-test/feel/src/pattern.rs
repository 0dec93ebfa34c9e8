//! Regular expressions as Java writes them, without time that runs away.
//!
//! What Java finds by backtracking (looking ahead or behind, references to groups) is refused. Everything
//! else is searched by an automaton, and what it reads is counted as steps. Classes like `\d` mean ASCII, as
//! in Java.

use std::collections::HashMap;
use std::ops::Range;

use regex_automata::hybrid::{dfa, regex::Regex};
use regex_automata::nfa::thompson::pikevm::PikeVM;
use regex_automata::nfa::thompson::{self, BuildError};
use regex_automata::util::{captures::Captures, syntax};
use regex_automata::{Anchored, Input, hybrid, nfa};
use regex_syntax::ast::{self, ErrorKind};

use crate::error::EvaluationErrorKind;
use crate::evaluation::{Evaluated, Evaluator};
use crate::functions::Failure;
use crate::limits::Limit;

/// The bytes that a compiled pattern may take, and the same again for what a search finds out about it.
const MAX_SIZE: usize = 256 << 10;

/// The longest pattern, in bytes.
const MAX_LENGTH: usize = 4 << 10;

/// The levels of groups in a pattern.
const NESTING: u32 = 50;

/// The bytes that a search must read for each state that it builds, once its cache was full three times;
/// otherwise it goes on without a cache.
const BYTES_PER_STATE: usize = 64;

/// The patterns of one evaluation, compiled once each.
#[derive(Default)]
pub(crate) struct Patterns(HashMap<(String, Flags), Box<Pattern>>);

/// How a pattern is read.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::struct_excessive_bools)]
struct Flags {
    any_character: bool,
    lines: bool,
    any_case: bool,
    comments: bool,
}

impl Flags {
    fn new(flags: &str) -> Self {
        Self {
            any_character: flags.contains('s'),
            lines: flags.contains('m'),
            any_case: flags.contains('i'),
            comments: flags.contains('x'),
        }
    }
}

struct Pattern {
    regex: Regex,
    regex_cache: hybrid::regex::Cache,
    /// Slower, but its time is known beforehand; and it knows of groups.
    machine: PikeVM,
    machine_cache: nfa::thompson::pikevm::Cache,
    /// Whether the pattern has so many states that only the machine is left.
    gave_up: bool,
}

impl Evaluator<'_> {
    /// Where a pattern fits a text, up to so many times.
    pub(crate) fn find(
        &mut self,
        pattern: &str,
        flags: &str,
        text: &str,
        most: usize,
    ) -> Result<Vec<Range<usize>>, Failure> {
        self.with_pattern(pattern, flags, |evaluator, pattern| {
            pattern.find(evaluator, text, most)
        })
    }

    /// A text with what a pattern fits replaced. `$1` and `${name}` in the replacement stand for groups, `\`
    /// takes the character behind it as it is. The replacement is not valid if there is no such group.
    pub(crate) fn replace(
        &mut self,
        pattern: &str,
        flags: &str,
        text: &str,
        replacement: &str,
    ) -> Result<String, Failure> {
        self.with_pattern(pattern, flags, |evaluator, pattern| {
            let matches = pattern.find(evaluator, text, usize::MAX)?;
            let mut replaced = String::new();
            let mut end = 0;
            for found in matches {
                push(evaluator, &mut replaced, &text[end..found.start])?;
                let groups = pattern.groups(evaluator, text, found.clone())?;
                expand(evaluator, text, &groups, replacement, &mut replaced)?;
                end = found.end;
            }
            push(evaluator, &mut replaced, &text[end..])?;
            Ok(replaced)
        })
    }

    fn with_pattern<T>(
        &mut self,
        pattern: &str,
        flags: &str,
        action: impl FnOnce(&mut Self, &mut Pattern) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        if pattern.len() > MAX_LENGTH {
            return Err(self.limit(Limit::Pattern(MAX_LENGTH)).into());
        }
        self.step(pattern.len() / 8)?;
        let key = (pattern.to_owned(), Flags::new(flags));
        let mut compiled = match self.patterns.0.remove(&key) {
            Some(compiled) => compiled,
            None => Box::new(self.compile(pattern, key.1)?),
        };
        let result = action(self, &mut compiled);
        self.patterns.0.insert(key, compiled);
        result
    }

    fn compile(&mut self, pattern: &str, flags: Flags) -> Result<Pattern, Failure> {
        // Reading a pattern takes a thousand times as long as reading text.
        self.step(5_000 + 200 * pattern.len())?;
        self.allocate(64 * pattern.len())?;
        let translated = translate(pattern);
        let parsed = ast::parse::ParserBuilder::new()
            .nest_limit(NESTING)
            .build()
            .parse(&translated);
        if let Err(error) = parsed {
            return Err(match error.kind() {
                ErrorKind::UnsupportedLookAround => self.unsupported("looking ahead or behind"),
                ErrorKind::UnsupportedBackreference => self.unsupported("a reference to a group"),
                ErrorKind::NestLimitExceeded(_) => self.limit(Limit::Pattern(MAX_SIZE)).into(),
                _ => invalid(),
            });
        }
        let syntax = syntax::Config::new()
            .nest_limit(NESTING)
            .crlf(true)
            .dot_matches_new_line(flags.any_character)
            .multi_line(flags.lines)
            .case_insensitive(flags.any_case)
            .ignore_whitespace(flags.comments);
        let size = thompson::Config::new().nfa_size_limit(Some(MAX_SIZE));
        let machine = PikeVM::builder()
            .syntax(syntax)
            .thompson(size.clone())
            .build(&translated);
        let machine = machine.map_err(|error| self.too_large(&error).unwrap_or_else(invalid))?;
        let states = machine.get_nfa().states().len();
        self.step(states)?;
        self.grow(0, 3 * machine.get_nfa().memory_usage() + 64 * states)?;
        let cache = dfa::Config::new()
            .cache_capacity(MAX_SIZE)
            .skip_cache_capacity_check(true)
            .minimum_cache_clear_count(Some(3))
            .minimum_bytes_per_state(Some(BYTES_PER_STATE));
        let regex = Regex::builder()
            .syntax(syntax)
            .thompson(size)
            .dfa(cache)
            .build(&translated);
        // The automaton has no boundaries of words but those of ASCII.
        let regex = regex.map_err(|_| self.unsupported(r"'\B'"))?;
        Ok(Pattern {
            regex_cache: regex.create_cache(),
            regex,
            machine_cache: machine.create_cache(),
            machine,
            gave_up: false,
        })
    }

    fn too_large(&self, error: &BuildError) -> Option<Failure> {
        error
            .size_limit()
            .map(|limit| self.limit(Limit::Pattern(limit)).into())
    }

    fn unsupported(&self, what: &'static str) -> Failure {
        self.stop(EvaluationErrorKind::Pattern(what)).into()
    }
}

fn invalid() -> Failure {
    Failure::null("the pattern is not valid")
}

impl Pattern {
    /// Matches that do not overlap, from left to right. As in Java, an empty one may stand at the end of another.
    fn find(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        text: &str,
        most: usize,
    ) -> Result<Vec<Range<usize>>, Failure> {
        let mut matches: Vec<Range<usize>> = Vec::new();
        let mut at = 0;
        while at <= text.len() && matches.len() < most {
            let Some(found) = self.next(evaluator, text, at)? else {
                break;
            };
            evaluator.grow(
                (matches.len() + 1) * size_of::<Range<usize>>(),
                size_of::<Range<usize>>(),
            )?;
            at = found.end;
            if found.is_empty() {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
            }
            matches.push(found);
        }
        Ok(matches)
    }

    /// The first match from a position on.
    fn next(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        text: &str,
        at: usize,
    ) -> Evaluated<Option<Range<usize>>> {
        evaluator.step(1)?;
        let input = Input::new(text).range(at..);
        if !self.gave_up {
            let before = self.searched();
            let found = self.regex.try_search(&mut self.regex_cache, &input);
            // Less than before if a cache was emptied; then it had at least been filled.
            let read = self.searched().checked_sub(before).unwrap_or(MAX_SIZE);
            evaluator.step(read / 16)?;
            match found {
                Ok(found) => return Ok(found.map(|found| found.range())),
                Err(_) => self.gave_up = true,
            }
            evaluator.step(MAX_SIZE / 16)?;
        }
        self.charge(evaluator, text.len() - at)?;
        Ok(self
            .machine
            .find(&mut self.machine_cache, input)
            .map(|found| found.range()))
    }

    /// What searches have read since a cache was last emptied.
    fn searched(&self) -> usize {
        let (forward, reverse) = self.regex_cache.as_parts();
        forward.search_total_len() + reverse.search_total_len()
    }

    /// The machine looks at every state for every byte.
    fn charge(&self, evaluator: &mut Evaluator<'_>, bytes: usize) -> Evaluated<()> {
        evaluator.step(
            self.machine
                .get_nfa()
                .states()
                .len()
                .saturating_mul(bytes + 1)
                / 2,
        )
    }

    /// The groups of a match.
    fn groups(
        &mut self,
        evaluator: &mut Evaluator<'_>,
        text: &str,
        found: Range<usize>,
    ) -> Evaluated<Captures> {
        self.charge(evaluator, found.len())?;
        let mut groups = self.machine.create_captures();
        let input = Input::new(text).range(found).anchored(Anchored::Yes);
        self.machine
            .captures(&mut self.machine_cache, input, &mut groups);
        Ok(groups)
    }
}

/// What stands between matches. An empty match at the beginning splits nothing off, as in Java.
pub(crate) fn between(text: &str, matches: Vec<Range<usize>>) -> impl Iterator<Item = &str> {
    let mut start = 0;
    let separators = matches.into_iter().filter(|found| found.end > 0);
    separators
        .chain(std::iter::once(text.len()..text.len()))
        .map(move |separator| {
            let part = &text[start..separator.start];
            start = separator.end;
            part
        })
}

/// Puts text at the end of another, if it may get as long.
fn push(evaluator: &mut Evaluator<'_>, target: &mut String, text: &str) -> Evaluated<()> {
    evaluator.step(1 + text.len() / 64)?;
    evaluator.grow(target.len() + text.len(), 2 * text.len())?;
    target.push_str(text);
    Ok(())
}

/// Puts a replacement at the end of a text, with the groups that it names.
fn expand(
    evaluator: &mut Evaluator<'_>,
    text: &str,
    groups: &Captures,
    replacement: &str,
    target: &mut String,
) -> Result<(), Failure> {
    let mut rest = replacement;
    while let Some(special) = rest.find(['$', '\\']) {
        push(evaluator, target, &rest[..special])?;
        let (group, after) = special_part(groups, &rest[special..])
            .ok_or_else(|| Failure::null("the replacement is not valid"))?;
        match group {
            Part::Character(c) => push(evaluator, target, c.encode_utf8(&mut [0; 4]))?,
            Part::Group(number) => {
                // A group that took no part in the match is empty.
                let found = groups
                    .get_group(number)
                    .map_or("", |group| &text[group.range()]);
                push(evaluator, target, found)?;
            }
        }
        rest = after;
    }
    Ok(push(evaluator, target, rest)?)
}

/// What a `$` or `\` in a replacement stands for.
enum Part {
    Character(char),
    Group(usize),
}

/// The part that a text begins with, and what follows it; `None` if it is not valid.
fn special_part<'r>(groups: &Captures, text: &'r str) -> Option<(Part, &'r str)> {
    let behind = &text[1..];
    if text.starts_with('\\') {
        let character = behind.chars().next()?;
        return Some((Part::Character(character), &behind[character.len_utf8()..]));
    }
    if let Some(name) = behind.strip_prefix('{') {
        let (name, after) = name.split_once('}')?;
        return Some((
            Part::Group(groups.group_info().to_index(groups.pattern()?, name)?),
            after,
        ));
    }
    let (number, after) = group_number(behind, groups.group_len())?;
    Some((Part::Group(number), after))
}

/// Classes of Java that are ASCII, though Unicode has some of the same names.
const ASCII_CLASSES: [&str; 12] = [
    "Alnum", "Alpha", "Blank", "Cntrl", "Digit", "Graph", "Lower", "Print", "Punct", "Space",
    "Upper", "XDigit",
];

/// Java's classes in the words of `regex-syntax`, where `\d` and the like are Unicode's.
fn translate(pattern: &str) -> String {
    let mut translated = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            translated.push(c);
            continue;
        }
        match chars.next() {
            Some('Q') => {
                let rest = chars.as_str();
                let (quoted, after) = rest.split_once(r"\E").unwrap_or((rest, ""));
                regex_syntax::escape_into(quoted, &mut translated);
                chars = after.chars();
            }
            Some('d') => translated.push_str("[0-9]"),
            Some('D') => translated.push_str("[^0-9]"),
            Some('w') => translated.push_str("[a-zA-Z_0-9]"),
            Some('W') => translated.push_str("[^a-zA-Z_0-9]"),
            Some('s') => translated.push_str(r"[\x20\t\n\x0B\f\r]"),
            Some('S') => translated.push_str(r"[^\x20\t\n\x0B\f\r]"),
            Some('b') => translated.push_str(r"(?-u:\b)"),
            Some('h') => translated
                .push_str(r"[\x20\t\xA0\u{1680}\u{180e}\u{2000}-\u{200a}\u{202f}\u{205f}\u{3000}]"),
            Some('R') => translated.push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\u{2028}\u{2029}])"),
            Some('e') => translated.push_str(r"\x1B"),
            Some('Z') => translated.push_str(r"\n?\z"),
            Some(kind @ ('p' | 'P')) => {
                let rest = chars.as_str();
                let class = rest.strip_prefix('{').and_then(|rest| rest.split_once('}'));
                match class.filter(|(name, _)| ASCII_CLASSES.contains(name)) {
                    Some((name, after)) => {
                        let not = if kind == 'P' { "^" } else { "" };
                        translated.push_str("[[:");
                        translated.push_str(not);
                        translated.push_str(&name.to_ascii_lowercase());
                        translated.push_str(":]]");
                        chars = after.chars();
                    }
                    None => translated.extend(['\\', kind]),
                }
            }
            Some(other) => translated.extend(['\\', other]),
            None => translated.push('\\'),
        }
    }
    translated
}

/// As many digits as still name a group.
fn group_number(text: &str, groups: usize) -> Option<(usize, &str)> {
    let mut number = usize::try_from(text.chars().next()?.to_digit(10)?).ok()?;
    let mut rest = &text[1..];
    if number >= groups {
        return None;
    }
    while let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
        let longer = number
            .checked_mul(10)?
            .checked_add(usize::try_from(digit).ok()?)?;
        if longer >= groups {
            break;
        }
        (number, rest) = (longer, &rest[1..]);
    }
    Some((number, rest))
}
