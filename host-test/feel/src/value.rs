//! The values of FEEL.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;
use jiff::civil::{Date, DateTime, Time};

use crate::number::Number;
use crate::syntax::{Lambda, Name};
use crate::temporal::{
    DaysTimeDuration, LocalDate, LocalDateTime, LocalTime, Temporal, YearsMonthsDuration,
    ZonedDateTime, ZonedTime,
};

/// A value. A copy shares what is large.
///
/// ```
/// use feel::Value;
///
/// let order = Value::from_json(r#"{"id": 42, "tags": ["a", "b"]}"#)?;
/// assert_eq!(order.to_string(), r#"{id:42, tags:["a", "b"]}"#);
/// assert_eq!(format!("{order:?}"), "context of 2 entries");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub enum Value {
    /// No value.
    Null,
    /// `true` or `false`.
    Boolean(bool),
    /// A decimal number.
    Number(Number),
    /// Text.
    String(Arc<str>),
    /// A day.
    Date(Date),
    /// A time of day, anywhere.
    LocalTime(Time),
    /// A time of day at an offset from UTC.
    Time(Arc<ZonedTime>),
    /// A date and time, anywhere.
    LocalDateTime(DateTime),
    /// A date and time at an offset from UTC.
    DateTime(Arc<ZonedDateTime>),
    /// Years and months.
    YearsMonthsDuration(YearsMonthsDuration),
    /// Days, hours, minutes and seconds.
    DaysTimeDuration(DaysTimeDuration),
    /// Values in an order.
    List(Arc<List>),
    /// Values with names.
    Context(Arc<Context>),
    /// What lies between two values.
    Range(Arc<Range>),
    /// A function that the expression defines.
    Function(Arc<Function>),
}

/// Values in an order.
#[derive(Clone, Default)]
pub struct List {
    items: Vec<Value>,
    depth: u32,
}

impl List {
    /// The values.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        &self.items
    }

    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Self {
            items: Vec::with_capacity(capacity),
            depth: 0,
        }
    }

    /// The levels below this one.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    pub(crate) fn push(&mut self, item: Value) {
        self.depth = self.depth.max(item.depth());
        self.items.push(item);
    }
}

impl FromIterator<Value> for List {
    fn from_iter<I: IntoIterator<Item = Value>>(items: I) -> Self {
        let items = Vec::from_iter(items);
        let depth = items.iter().map(Value::depth).max().unwrap_or(0);
        Self { items, depth }
    }
}

/// Values with names, in the order in which the names came first.
#[derive(Clone, Default)]
pub struct Context {
    entries: IndexMap<Name, Value>,
    /// Functions are called, not read: they are no entries, and several may have one name.
    functions: Option<Box<IndexMap<Name, Vec<Arc<Function>>>>>,
    depth: u32,
}

impl Context {
    /// A context without entries.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value with a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name)
    }

    /// The names and values in order.
    #[must_use]
    pub fn entries(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(name, value)| (&**name, value))
    }

    /// As [`Context::entries`], with names that can be shared.
    pub(crate) fn shared_entries(&self) -> impl Iterator<Item = (&Name, &Value)> {
        self.entries.iter()
    }

    /// The number of entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are no entries.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Sets an entry. One that exists keeps its place. A function is no entry: it is put beside the functions of
    /// the same name, and the first whose parameters fit is called.
    pub fn insert(&mut self, name: impl Into<Arc<str>>, value: impl Into<Value>) {
        match value.into() {
            Value::Function(function) => {
                self.depth = self.depth.max(function.depth());
                let functions = self.functions.get_or_insert_default();
                functions.entry(name.into()).or_default().push(function);
            }
            value => self.insert_value(name.into(), value),
        }
    }

    /// Sets an entry to a value, even if it is a function: then it can be passed on, but not called.
    pub(crate) fn insert_value(&mut self, name: Name, value: Value) {
        self.depth = self.depth.max(value.depth());
        self.entries.insert(name, value);
    }

    /// The functions with a name, in the order in which they were put.
    pub(crate) fn functions(&self, name: &str) -> &[Arc<Function>] {
        self.functions
            .as_ref()
            .and_then(|functions| functions.get(name))
            .map_or(&[], Vec::as_slice)
    }

    /// The levels below this one.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// How many functions there are in all.
    pub(crate) fn function_count(&self) -> usize {
        self.functions
            .as_ref()
            .map_or(0, |functions| functions.values().map(Vec::len).sum())
    }
}

impl<N: Into<Arc<str>>, V: Into<Value>> FromIterator<(N, V)> for Context {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(entries: I) -> Self {
        let mut context = Self::new();
        for (name, value) in entries {
            context.insert(name, value);
        }
        context
    }
}

/// What lies between two values of one kind.
#[derive(Clone)]
pub struct Range {
    pub(crate) start: Value,
    pub(crate) start_included: bool,
    pub(crate) end: Value,
    pub(crate) end_included: bool,
}

impl Range {
    /// Where the range starts, and whether the start is in it.
    #[must_use]
    pub fn start(&self) -> (&Value, bool) {
        (&self.start, self.start_included)
    }

    /// Where the range ends, and whether the end is in it.
    #[must_use]
    pub fn end(&self) -> (&Value, bool) {
        (&self.end, self.end_included)
    }
}

/// A function that the expression defines, with what its body needs of where it was defined.
pub struct Function {
    pub(crate) lambda: Arc<Lambda>,
    pub(crate) captured: Context,
    pub(crate) input: Option<Value>,
}

impl Function {
    /// The names of the parameters.
    #[must_use]
    pub fn parameters(&self) -> impl ExactSizeIterator<Item = &str> {
        self.lambda.parameters.iter().map(|name| &**name)
    }

    fn depth(&self) -> u32 {
        self.captured
            .depth
            .max(self.input.as_ref().map_or(0, Value::depth))
            + 1
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "function({})",
            self.parameters().collect::<Vec<_>>().join(", ")
        )
    }
}

impl Value {
    /// The name of the type, as `instance of` has it.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Date(_) => "date",
            Self::LocalTime(_) | Self::Time(_) => "time",
            Self::LocalDateTime(_) | Self::DateTime(_) => "date and time",
            Self::YearsMonthsDuration(_) => "years and months duration",
            Self::DaysTimeDuration(_) => "days and time duration",
            Self::List(_) => "list",
            Self::Context(_) => "context",
            Self::Range(_) => "range",
            Self::Function(_) => "function",
        }
    }

    /// The levels of lists, contexts and functions within each other.
    pub(crate) fn depth(&self) -> u32 {
        match self {
            Self::List(list) => list.depth + 1,
            Self::Context(context) => context.depth + 1,
            Self::Range(range) => range.start.depth().max(range.end.depth()) + 1,
            Self::Function(function) => function.depth(),
            _ => 0,
        }
    }

    /// A property of a value that is no context: the year of a date, say. `None` if it has no such property.
    pub(crate) fn property(&self, name: &str) -> Option<Self> {
        let number = |part: i64| Some(Self::from(part));
        match (self, name) {
            (Self::LocalDateTime(_) | Self::DateTime(_), "year" | "month" | "day" | "weekday") => {
                Self::Date(self.date()?).property(name)
            }
            (Self::Date(date), "year") => number(date.year().into()),
            (Self::Date(date), "month") => number(date.month().into()),
            (Self::Date(date), "day") => number(date.day().into()),
            (Self::Date(date), "weekday") => number(date.weekday().to_monday_one_offset().into()),
            (Self::YearsMonthsDuration(duration), "years") => number(duration.months / 12),
            (Self::YearsMonthsDuration(duration), "months") => number(duration.months % 12),
            (Self::DaysTimeDuration(duration), "days") => number(duration.days()),
            (Self::DaysTimeDuration(duration), "hours") => number(duration.hours()),
            (Self::DaysTimeDuration(duration), "minutes") => number(duration.minutes()),
            (Self::DaysTimeDuration(duration), "seconds") => number(duration.seconds()),
            _ => self.time_property(name),
        }
    }

    fn time_property(&self, name: &str) -> Option<Self> {
        let (time, zoned) = match self {
            Self::LocalTime(time) => (*time, None),
            Self::LocalDateTime(local) => (local.time(), None),
            Self::Time(zoned) => (zoned.time, Some((zoned.offset, zoned.zone.as_deref()))),
            Self::DateTime(zoned) => (zoned.local().time(), Some((zoned.offset(), zoned.zone()))),
            _ => return None,
        };
        match name {
            "hour" => Some(i64::from(time.hour()).into()),
            "minute" => Some(i64::from(time.minute()).into()),
            "second" => Some(i64::from(time.second()).into()),
            "time offset" => Some(zoned.map_or(Self::Null, |(offset, _)| {
                let duration = jiff::SignedDuration::from_secs(offset.seconds().into());
                Self::DaysTimeDuration(DaysTimeDuration { duration })
            })),
            "timezone" => Some(
                zoned
                    .and_then(|(_, zone)| zone)
                    .map_or(Self::Null, Self::from),
            ),
            _ => None,
        }
    }

    /// The day of a date or date-time.
    pub(crate) fn date(&self) -> Option<Date> {
        match self {
            Self::Date(date) => Some(*date),
            Self::LocalDateTime(local) => Some(local.date()),
            Self::DateTime(zoned) => Some(zoned.local().date()),
            _ => None,
        }
    }
}

/// The type and the size, not what may be a message or a secret: that is what `Display` is for.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.type_name();
        match self {
            Self::String(text) => write!(f, "{name} of {} bytes", text.len()),
            Self::List(list) => list.fmt(f),
            Self::Context(context) => context.fmt(f),
            _ => f.write_str(name),
        }
    }
}

impl fmt::Debug for List {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "list of {} items", self.items.len())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "context of {} entries", self.entries.len())
    }
}

impl fmt::Debug for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("range")
    }
}

/// The value as FEEL writes it, strings in quotation marks.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(boolean) => boolean.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::String(text) => write!(f, "\"{text}\""),
            Self::Date(date) => LocalDate(*date).fmt(f),
            Self::LocalTime(time) => LocalTime(*time).fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::LocalDateTime(local) => LocalDateTime(*local).fmt(f),
            Self::DateTime(zoned) => zoned.fmt(f),
            Self::YearsMonthsDuration(duration) => duration.fmt(f),
            Self::DaysTimeDuration(duration) => duration.fmt(f),
            Self::List(list) => {
                f.write_str("[")?;
                for (index, item) in list.items.iter().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Context(context) => {
                f.write_str("{")?;
                for (index, (name, value)) in context.entries().enumerate() {
                    f.write_str(if index == 0 { "" } else { ", " })?;
                    write!(f, "{name}:{value}")?;
                }
                f.write_str("}")
            }
            Self::Range(range) => {
                let (start, end) = (
                    if range.start_included { '[' } else { '(' },
                    if range.end_included { ']' } else { ')' },
                );
                write!(f, "{start}{}..{}{end}", range.start, range.end)
            }
            Self::Function(function) => fmt::Debug::fmt(function, f),
        }
    }
}

impl From<bool> for Value {
    fn from(boolean: bool) -> Self {
        Self::Boolean(boolean)
    }
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text.into())
    }
}

impl From<Context> for Value {
    fn from(context: Context) -> Self {
        Self::Context(Arc::new(context))
    }
}

impl From<List> for Value {
    fn from(list: List) -> Self {
        Self::List(Arc::new(list))
    }
}

impl From<Vec<Value>> for Value {
    fn from(items: Vec<Value>) -> Self {
        List::from_iter(items).into()
    }
}

impl From<ZonedDateTime> for Value {
    fn from(zoned: ZonedDateTime) -> Self {
        Self::DateTime(Arc::new(zoned))
    }
}

impl From<Temporal> for Value {
    fn from(temporal: Temporal) -> Self {
        match temporal {
            Temporal::Date(date) => Self::Date(date),
            Temporal::LocalTime(time) => Self::LocalTime(time),
            Temporal::Time(time) => Self::Time(Arc::new(time)),
            Temporal::LocalDateTime(local) => Self::LocalDateTime(local),
            Temporal::DateTime(zoned) => zoned.into(),
            Temporal::YearsMonths(duration) => Self::YearsMonthsDuration(duration),
            Temporal::DaysTime(duration) => Self::DaysTimeDuration(duration),
        }
    }
}
