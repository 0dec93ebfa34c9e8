//! Dates, times and durations: how FEEL reads, prints and compares them.
//!
//! A time and a date-time either stand alone (local) or at an offset from UTC, which may come from a
//! time zone. A duration is either years and months, or days and time; the two do not mix.

use std::cmp::Ordering;
use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, OffsetConflict, TimeZone};
use jiff::{SignedDuration, Span, Timestamp, Zoned};

const SECONDS_PER_DAY: i64 = 86_400;

/// A time of day at an offset from UTC, which may come from a time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonedTime {
    /// The time of day.
    pub time: Time,
    /// The offset from UTC.
    pub offset: Offset,
    /// The name of the time zone that the offset comes from.
    pub zone: Option<String>,
}

/// A date and time at an offset from UTC, which may come from a time zone.
///
/// Two are equal if they print the same: the same instant in two time zones is not equal.
#[derive(Clone, Debug)]
pub struct ZonedDateTime {
    zoned: Zoned,
    /// Whether the zone is one with a name (`@Etc/UTC`) or just an offset (`Z`).
    named: bool,
}

/// Years and months, in months.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YearsMonthsDuration {
    /// The months in all.
    pub months: i64,
}

/// Days, hours, minutes and seconds, exact to the nanosecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DaysTimeDuration {
    /// The time in all.
    pub duration: SignedDuration,
}

/// What a string that stands for a date, time, date-time or duration was found to be.
#[derive(Clone, Debug)]
pub(crate) enum Temporal {
    Date(Date),
    LocalTime(Time),
    Time(ZonedTime),
    LocalDateTime(DateTime),
    DateTime(ZonedDateTime),
    YearsMonths(YearsMonthsDuration),
    DaysTime(DaysTimeDuration),
}

impl ZonedTime {
    /// A time at an offset that belongs to no zone.
    #[must_use]
    pub fn at_offset(time: Time, offset: Offset) -> Self {
        Self {
            time,
            offset,
            zone: None,
        }
    }

    /// The date-time at this time of a day.
    pub(crate) fn on(&self, date: Date) -> Option<ZonedDateTime> {
        let zone = match &self.zone {
            Some(name) => Zone::named(name)?,
            None => Zone::Offset(self.offset),
        };
        ZonedDateTime::from_local(date.to_datetime(self.time), &zone)
    }

    /// What times are compared by: nanoseconds since midnight in UTC.
    pub(crate) fn nanoseconds(&self) -> i128 {
        (self.time.duration_since(Time::midnight())
            - SignedDuration::from_secs(self.offset.seconds().into()))
        .as_nanos()
    }

    /// With the zone in brackets behind the offset, as ISO 8601 is extended in Java.
    pub(crate) fn iso_with_zone(&self) -> String {
        let zone = self
            .zone
            .as_ref()
            .map_or_else(String::new, |zone| format!("[{zone}]"));
        format!("{}{}{zone}", LocalTime(self.time), OffsetId(self.offset))
    }
}

impl fmt::Display for ZonedTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.zone {
            Some(zone) => write!(f, "{}@{zone}", LocalTime(self.time)),
            None => write!(f, "{}{}", LocalTime(self.time), OffsetId(self.offset)),
        }
    }
}

impl ZonedDateTime {
    /// A date and time in a time zone with a name; in a zone without one, and in UTC itself, at its offset.
    #[must_use]
    pub fn new(zoned: Zoned) -> Self {
        let named = zoned
            .time_zone()
            .iana_name()
            .is_some_and(|name| name != "UTC");
        Self { zoned, named }
    }

    pub(crate) fn from_local(local: DateTime, zone: &Zone) -> Option<Self> {
        let zoned = local.to_zoned(zone.time_zone()).ok()?;
        Some(Self {
            zoned,
            named: zone.is_named(),
        })
    }

    pub(crate) fn at_zone(&self, zone: &Zone) -> Self {
        Self {
            zoned: self.zoned.with_time_zone(zone.time_zone()),
            named: zone.is_named(),
        }
    }

    /// The date and time on the clock of its zone.
    #[must_use]
    pub fn local(&self) -> DateTime {
        self.zoned.datetime()
    }

    /// The offset from UTC.
    #[must_use]
    pub fn offset(&self) -> Offset {
        self.zoned.offset()
    }

    /// The name of the time zone, if it has one.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        if self.named {
            self.zoned.time_zone().iana_name()
        } else {
            None
        }
    }

    /// The time of day.
    pub(crate) fn time(&self) -> ZonedTime {
        ZonedTime {
            time: self.zoned.time(),
            offset: self.offset(),
            zone: self.zone().map(str::to_owned),
        }
    }

    pub(crate) fn since(&self, other: &Self) -> SignedDuration {
        self.zoned.duration_since(&other.zoned)
    }

    pub(crate) fn add(&self, amount: SignedDuration) -> Option<Self> {
        Some(Self {
            zoned: self.zoned.checked_add(amount).ok()?,
            named: self.named,
        })
    }

    pub(crate) fn add_months(&self, months: YearsMonthsDuration) -> Option<Self> {
        Some(Self {
            zoned: self.zoned.checked_add(months.span()?).ok()?,
            named: self.named,
        })
    }

    /// ISO 8601 with the offset only.
    pub(crate) fn iso_with_offset(&self) -> String {
        format!("{}{}", LocalDateTime(self.local()), OffsetId(self.offset()))
    }

    /// With the zone in brackets behind the offset, as ISO 8601 is extended in Java.
    pub(crate) fn iso_with_zone(&self) -> String {
        let zone = self
            .zone()
            .map_or_else(String::new, |zone| format!("[{zone}]"));
        format!("{}{zone}", self.iso_with_offset())
    }
}

impl fmt::Display for ZonedDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.zone() {
            Some(zone) => write!(f, "{}@{zone}", LocalDateTime(self.local())),
            None => f.write_str(&self.iso_with_offset()),
        }
    }
}

impl PartialEq for ZonedDateTime {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ZonedDateTime {}

impl PartialOrd for ZonedDateTime {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By instant; the same instant in two zones by the clock and the name, as in Java.
impl Ord for ZonedDateTime {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.zoned.timestamp(), self.local(), self.zone()).cmp(&(
            other.zoned.timestamp(),
            other.local(),
            other.zone(),
        ))
    }
}

impl YearsMonthsDuration {
    /// What a calendar is moved by; `None` if it is longer than any calendar.
    pub(crate) fn span(self) -> Option<Span> {
        Span::new().try_months(self.months).ok()
    }

    /// As `java.time.Period` prints itself, which has a sign on each part.
    pub(crate) fn java(self) -> String {
        let (years, months) = (self.months / 12, self.months % 12);
        match (years, months) {
            (0, 0) => "P0D".to_owned(),
            (years, 0) => format!("P{years}Y"),
            (0, months) => format!("P{months}M"),
            (years, months) => format!("P{years}Y{months}M"),
        }
    }
}

impl fmt::Display for YearsMonthsDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.months == 0 {
            return f.write_str("P0Y");
        }
        f.write_str(if self.months < 0 { "-P" } else { "P" })?;
        write_parts(f, &[(self.months / 12, 'Y'), (self.months % 12, 'M')])
    }
}

impl DaysTimeDuration {
    pub(crate) fn days(self) -> i64 {
        self.duration.as_secs() / SECONDS_PER_DAY
    }

    pub(crate) fn hours(self) -> i64 {
        self.duration.as_secs() / 3_600 % 24
    }

    pub(crate) fn minutes(self) -> i64 {
        self.duration.as_secs() / 60 % 60
    }

    pub(crate) fn seconds(self) -> i64 {
        self.duration.as_secs() % 60
    }

    /// As `java.time.Duration` prints itself: hours are the largest part, each part has a sign.
    pub(crate) fn java(self) -> String {
        let (seconds, nanoseconds) = (self.duration.as_secs(), self.duration.subsec_nanos());
        if seconds == 0 && nanoseconds == 0 {
            return "PT0S".to_owned();
        }
        let part = |part: i64, unit| {
            if part == 0 {
                String::new()
            } else {
                format!("{part}{unit}")
            }
        };
        let (hours, minutes, rest) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        let sign = if rest < 0 || nanoseconds < 0 { "-" } else { "" };
        let seconds = match (rest, nanoseconds) {
            (0, 0) => String::new(),
            _ => format!("{sign}{}{}S", rest.abs(), Fraction(nanoseconds.abs())),
        };
        format!("PT{}{}{seconds}", part(hours, 'H'), part(minutes, 'M'))
    }
}

impl fmt::Display for DaysTimeDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.duration.as_secs() == 0 {
            return f.write_str("P0D");
        }
        f.write_str(if self.duration.is_negative() {
            "-P"
        } else {
            "P"
        })?;
        write_parts(f, &[(self.days(), 'D')])?;
        if self.duration.as_secs() % SECONDS_PER_DAY != 0 {
            f.write_str("T")?;
        }
        write_parts(
            f,
            &[
                (self.hours(), 'H'),
                (self.minutes(), 'M'),
                (self.seconds(), 'S'),
            ],
        )
    }
}

/// The parts that are not zero, without their sign.
fn write_parts(f: &mut fmt::Formatter<'_>, parts: &[(i64, char)]) -> fmt::Result {
    for (part, unit) in parts {
        if *part != 0 {
            write!(f, "{}{unit}", part.unsigned_abs())?;
        }
    }
    Ok(())
}

/// Hours to seconds, with a fraction if there is one.
pub(crate) struct LocalTime(pub(crate) Time);

impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0;
        let fraction = Fraction(time.subsec_nanosecond());
        write!(
            f,
            "{:02}:{:02}:{:02}{fraction}",
            time.hour(),
            time.minute(),
            time.second()
        )
    }
}

/// As `java.time.LocalTime` prints itself: without seconds if there are none, fractions in thousands.
pub(crate) struct JavaTime(pub(crate) Time);

impl fmt::Display for JavaTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (time, nanoseconds) = (self.0, self.0.subsec_nanosecond());
        write!(f, "{:02}:{:02}", time.hour(), time.minute())?;
        if time.second() != 0 || nanoseconds != 0 {
            write!(f, ":{:02}", time.second())?;
        }
        match nanoseconds {
            0 => Ok(()),
            n if n % 1_000_000 == 0 => write!(f, ".{:03}", n / 1_000_000),
            n if n % 1_000 == 0 => write!(f, ".{:06}", n / 1_000),
            n => write!(f, ".{n:09}"),
        }
    }
}

/// A date and a time of day.
pub(crate) struct LocalDateTime(pub(crate) DateTime);

impl fmt::Display for LocalDateTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}T{}",
            LocalDate(self.0.date()),
            LocalTime(self.0.time())
        )
    }
}

/// A date, with a year of at least four digits.
pub(crate) struct LocalDate(pub(crate) Date);

impl fmt::Display for LocalDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.0;
        let sign = if date.year() < 0 { "-" } else { "" };
        write!(
            f,
            "{sign}{:04}-{:02}-{:02}",
            date.year().unsigned_abs(),
            date.month(),
            date.day()
        )
    }
}

/// An offset: `Z`, `+01:00`, with seconds if there are any.
pub(crate) struct OffsetId(pub(crate) Offset);

impl fmt::Display for OffsetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.seconds();
        if seconds == 0 {
            return f.write_str("Z");
        }
        let (sign, size) = (if seconds < 0 { '-' } else { '+' }, seconds.abs());
        write!(f, "{sign}{:02}:{:02}", size / 3_600, size / 60 % 60)?;
        if size % 60 == 0 {
            Ok(())
        } else {
            write!(f, ":{:02}", size % 60)
        }
    }
}

/// Nanoseconds behind the decimal point, without trailing zeros; nothing for none.
struct Fraction(i32);

impl fmt::Display for Fraction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return Ok(());
        }
        write!(f, ".{}", format!("{:09}", self.0).trim_end_matches('0'))
    }
}

/// Where a clock stands.
#[derive(Clone, Debug)]
pub(crate) enum Zone {
    Offset(Offset),
    Named(TimeZone),
}

impl Zone {
    /// An IANA time zone.
    fn named(name: &str) -> Option<Self> {
        TimeZone::get(name).ok().map(Self::Named)
    }

    /// An IANA time zone or an offset, in the forms of `java.time.ZoneId`: `Europe/Berlin`, `Z`, `+2`,
    /// `-05:30`, `+0200`, `UTC+1`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((offset, "")) = parse_offset(text) {
            return Some(Self::Offset(offset));
        }
        let behind = ["UTC", "GMT", "UT"]
            .into_iter()
            .find_map(|prefix| text.strip_prefix(prefix));
        let short = behind.filter(|rest| !rest.is_empty()).unwrap_or(text);
        if short.starts_with(['+', '-']) {
            short_offset(short).map(Self::Offset)
        } else {
            Self::named(text)
        }
    }

    fn time_zone(&self) -> TimeZone {
        match self {
            Self::Offset(offset) => TimeZone::fixed(*offset),
            Self::Named(zone) => zone.clone(),
        }
    }

    fn is_named(&self) -> bool {
        matches!(self, Self::Named(_))
    }
}

/// A date as `2026-11-22`. `None`, here and below, if the text is nothing of the kind, or if there is no
/// such day or time.
pub(crate) fn parse_date(text: &str) -> Option<Date> {
    match take_date(text)? {
        (date, "") => Some(date),
        _ => None,
    }
}

/// A time of day, local (`10:30:00`), at an offset (`+01:00`, `Z`) or in a zone (`@Europe/Berlin`).
pub(crate) fn parse_time(text: &str) -> Option<Temporal> {
    let text = text.strip_prefix('T').unwrap_or(text);
    // Midnight has a second name.
    let renamed = text
        .strip_prefix("24:00")
        .map(|rest| format!("00:00{rest}"));
    let text = renamed.as_deref().unwrap_or(text);
    let (time, rest) = take_time(text)?;
    if renamed.is_some() && time != Time::midnight() {
        return None;
    }
    if !rest.is_empty() && text.as_bytes().get(5) != Some(&b':') {
        // Only a local time may leave its seconds out.
        return None;
    }
    match take_zone(rest)? {
        (None, None) => Some(Temporal::LocalTime(time)),
        (Some(offset), None) => Some(Temporal::Time(ZonedTime::at_offset(time, offset))),
        (offset, Some(zone)) => Some(Temporal::Time(ZonedTime {
            time,
            offset: offset.unwrap_or_else(|| standard_offset(&zone)),
            zone: zone.iana_name().map(str::to_owned),
        })),
    }
}

/// A date-time, local or not, as [`parse_time`]; a date stands for its midnight.
pub(crate) fn parse_date_time(text: &str) -> Option<Temporal> {
    let (date, rest) = take_date(text)?;
    if rest.is_empty() {
        return Some(Temporal::LocalDateTime(date.to_datetime(Time::midnight())));
    }
    let (time, rest) = take_time(rest.strip_prefix('T')?)?;
    let local = date.to_datetime(time);
    let (zoned, named) = match take_zone(rest)? {
        (None, None) => return Some(Temporal::LocalDateTime(local)),
        (Some(offset), None) => (local.to_zoned(TimeZone::fixed(offset)).ok()?, false),
        (None, Some(zone)) => (local.to_zoned(zone).ok()?, true),
        (Some(offset), Some(zone)) => {
            let strategy = OffsetConflict::AlwaysOffset;
            let ambiguous = strategy.resolve(local, offset, zone).ok()?;
            (ambiguous.compatible().ok()?, true)
        }
    };
    Some(Temporal::DateTime(ZonedDateTime { zoned, named }))
}

/// A duration of either kind. A sign may stand before the whole and before each part.
pub(crate) fn parse_duration(text: &str) -> Option<Temporal> {
    let (negative, text) = take_sign(text);
    let text = text.strip_prefix('P')?;
    let (date_part, time_part) = match text.split_once('T') {
        Some((date, time)) if !time.is_empty() => (date, time),
        Some(_) => return None,
        None => (text, ""),
    };
    let mut parts = DurationParts::default();
    parts.take(date_part, &['Y', 'M', 'D'])?;
    let (months, days) = (parts.months()?, parts.seen('D'));
    let has_months = parts.seen('Y') || parts.seen('M');
    if has_months && (days || !time_part.is_empty()) || date_part.is_empty() && time_part.is_empty()
    {
        return None;
    }
    let sign = if negative { -1 } else { 1 };
    if has_months {
        let months = months.checked_mul(sign)?;
        return Some(Temporal::YearsMonths(YearsMonthsDuration { months }));
    }
    let mut duration = parts.scaled('D', SECONDS_PER_DAY)?;
    let mut time = DurationParts::default();
    time.take(time_part, &['H', 'M', 'S'])?;
    for (unit, seconds) in [('H', 3_600), ('M', 60), ('S', 1)] {
        duration = duration.checked_add(time.scaled(unit, seconds)?)?;
    }
    let duration = if negative {
        duration.checked_neg()?
    } else {
        duration
    };
    Some(Temporal::DaysTime(DaysTimeDuration { duration }))
}

/// What the text in `duration("...")` stands for, which may also be in small letters and have a `+`.
pub(crate) fn parse_literal_duration(text: &str) -> Option<Temporal> {
    let upper = text.to_uppercase();
    parse_duration(text).or_else(|| parse_duration(upper.strip_prefix('+').unwrap_or(&upper)))
}

/// What an at-literal (`@"2026-11-22"`) stands for.
pub(crate) fn parse_any(text: &str) -> Option<Temporal> {
    parse_date(text)
        .map(Temporal::Date)
        .or_else(|| parse_date_time(text))
        .or_else(|| parse_time(text))
        .or_else(|| parse_duration(text))
}

#[derive(Default)]
struct DurationParts {
    parts: Vec<(char, i64, i32)>,
}

impl DurationParts {
    /// Reads parts whose units come in this order, each at most once, seconds with a fraction.
    fn take(&mut self, mut text: &str, units: &[char]) -> Option<()> {
        let mut allowed = units.iter();
        while !text.is_empty() {
            let (negative, rest) = take_sign(text);
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
            let (number, rest) = rest.split_at(end);
            let unit = rest.chars().next()?;
            allowed.find(|allowed| **allowed == unit)?;
            let parts = number.split_once(['.', ',']);
            let (whole, fraction) = parts.unwrap_or((number, ""));
            if whole.is_empty() || fraction.len() > 9 || (parts.is_some() && unit != 'S') {
                return None;
            }
            let sign = if negative { -1 } else { 1 };
            let nanoseconds: i32 = format!("{fraction:0<9}").parse().ok()?;
            let whole: i64 = whole.parse().ok()?;
            self.parts
                .push((unit, sign * whole, i32::try_from(sign).ok()? * nanoseconds));
            text = &rest[unit.len_utf8()..];
        }
        Some(())
    }

    fn get(&self, unit: char) -> (i64, i32) {
        self.parts
            .iter()
            .find(|part| part.0 == unit)
            .map_or((0, 0), |part| (part.1, part.2))
    }

    fn seen(&self, unit: char) -> bool {
        self.parts.iter().any(|part| part.0 == unit)
    }

    fn months(&self) -> Option<i64> {
        self.get('Y')
            .0
            .checked_mul(12)?
            .checked_add(self.get('M').0)
    }

    fn scaled(&self, unit: char, seconds: i64) -> Option<SignedDuration> {
        let (whole, nanoseconds) = self.get(unit);
        SignedDuration::from_secs(whole.checked_mul(seconds)?)
            .checked_add(SignedDuration::from_nanos(nanoseconds.into()))
    }
}

fn take_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    }
}

/// Exactly so many digits.
fn take_digits(text: &str, count: usize) -> Option<(i32, &str)> {
    let (digits, rest) = text.split_at_checked(count)?;
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        Some((digits.parse().ok()?, rest))
    } else {
        None
    }
}

fn take_date(text: &str) -> Option<(Date, &str)> {
    let (negative, rest) = take_sign(text);
    let (year, rest) = take_digits(rest, 4)?;
    let (month, rest) = take_digits(rest.strip_prefix('-')?, 2)?;
    let (day, rest) = take_digits(rest.strip_prefix('-')?, 2)?;
    let year = i16::try_from(if negative { -year } else { year }).ok()?;
    let date = Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()?;
    Some((date, rest))
}

/// Hours and minutes; seconds and a fraction may be left out.
fn take_time(text: &str) -> Option<(Time, &str)> {
    let (hour, rest) = take_digits(text, 2)?;
    let (minute, rest) = take_digits(rest.strip_prefix(':')?, 2)?;
    let (second, rest) = match rest.strip_prefix(':') {
        Some(rest) => take_digits(rest, 2)?,
        None => (0, rest),
    };
    let (nanosecond, rest) = match rest.strip_prefix('.') {
        Some(rest) => {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            if end == 0 || end > 9 {
                return None;
            }
            (format!("{:0<9}", &rest[..end]).parse().ok()?, &rest[end..])
        }
        None => (0, rest),
    };
    // A leap second is no time of a FEEL clock.
    let second = i8::try_from(second).ok().filter(|second| *second < 60)?;
    let time = Time::new(
        i8::try_from(hour).ok()?,
        i8::try_from(minute).ok()?,
        second,
        nanosecond,
    )
    .ok()?;
    Some((time, rest))
}

/// Nothing, an offset, a zone (`@Europe/Berlin`), or both (`+01:00[Europe/Berlin]`).
fn take_zone(text: &str) -> Option<(Option<Offset>, Option<TimeZone>)> {
    if text.is_empty() {
        return Some((None, None));
    }
    if let Some(name) = text.strip_prefix('@') {
        return Some(match Zone::parse(name)? {
            Zone::Offset(offset) => (Some(offset), None),
            Zone::Named(zone) => (None, Some(zone)),
        });
    }
    let (offset, rest) = parse_offset(text)?;
    if rest.is_empty() {
        return Some((Some(offset), None));
    }
    let name = rest.strip_prefix('[')?.strip_suffix(']')?;
    match Zone::parse(name)? {
        Zone::Offset(_) => Some((Some(offset), None)),
        Zone::Named(zone) => Some((Some(offset), Some(zone))),
    }
}

/// `+2`, `+02`, `+0200` or `+020000`, besides the long forms.
fn short_offset(text: &str) -> Option<Offset> {
    let (sign, digits) = text.split_at_checked(1)?;
    let long = match (digits.len(), digits.contains(':')) {
        (1, _) => format!("{sign}0{digits}:00"),
        (2, _) => format!("{sign}{digits}:00"),
        (4, false) => format!("{sign}{}:{}", digits.get(..2)?, digits.get(2..)?),
        (6, false) => format!(
            "{sign}{}:{}:{}",
            digits.get(..2)?,
            digits.get(2..4)?,
            digits.get(4..)?
        ),
        _ => text.to_owned(),
    };
    match parse_offset(&long) {
        Some((offset, "")) => Some(offset),
        _ => None,
    }
}

fn parse_offset(text: &str) -> Option<(Offset, &str)> {
    if let Some(rest) = text.strip_prefix('Z') {
        return Some((Offset::UTC, rest));
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let (hours, rest) = take_digits(&text[1..], 2)?;
    let (minutes, rest) = take_digits(rest.strip_prefix(':')?, 2)?;
    let (seconds, rest) = match rest.strip_prefix(':') {
        Some(rest) => take_digits(rest, 2)?,
        None => (0, rest),
    };
    // The largest offset of ISO 8601 in Java.
    let size = hours * 3_600 + minutes * 60 + seconds;
    if minutes > 59 || seconds > 59 || size > 18 * 3_600 {
        return None;
    }
    Some((Offset::from_seconds(sign * size).ok()?, rest))
}

/// The offset of a zone without daylight saving time, which a time without a date is at. Taken at a fixed
/// instant, so that an expression means the same whenever it is parsed.
fn standard_offset(zone: &TimeZone) -> Offset {
    let reference = Timestamp::constant(1_767_225_600, 0); // 2026-01-01T00:00:00Z
    let now = zone.to_offset_info(reference);
    if now.dst().is_std() {
        return now.offset();
    }
    let standard = zone
        .following(reference)
        .take(2)
        .find(|transition| transition.dst().is_std());
    standard.map_or(now.offset(), |transition| transition.offset())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(temporal: Option<Temporal>) -> String {
        match temporal {
            None => "nothing".to_owned(),
            Some(Temporal::Date(date)) => LocalDate(date).to_string(),
            Some(Temporal::LocalTime(time)) => LocalTime(time).to_string(),
            Some(Temporal::Time(time)) => time.to_string(),
            Some(Temporal::LocalDateTime(local)) => LocalDateTime(local).to_string(),
            Some(Temporal::DateTime(zoned)) => zoned.to_string(),
            Some(Temporal::YearsMonths(months)) => format!("{months} {}", months.java()),
            Some(Temporal::DaysTime(days)) => format!("{days} {}", days.java()),
        }
    }

    #[test]
    fn a_duration_is_read_and_printed_as_feel_and_as_java_do() {
        for (text, printed) in [
            ("P1DT2H", "P1DT2H PT26H"),
            ("P14M", "P1Y2M P1Y2M"),
            ("-P14M", "-P1Y2M P-1Y-2M"),
            ("P-1Y", "-P1Y P-1Y"),
            ("P0Y", "P0Y P0D"),
            ("PT0S", "P0D PT0S"),
            ("-PT90M", "-PT1H30M PT-1H-30M"),
            ("PT-5M", "-PT5M PT-5M"),
            ("PT-3M-4S", "-PT3M4S PT-3M-4S"),
            ("P-1D", "-P1D PT-24H"),
            ("PT0.5S", "P0D PT0.5S"),
            ("-PT0.5S", "P0D PT-0.5S"),
            ("PT61.25S", "PT1M1S PT1M1.25S"),
            ("P2DT20H14M", "P2DT20H14M PT68H14M"),
        ] {
            assert_eq!(show(parse_duration(text)), printed, "{text}");
        }
        for text in [
            "", "P", "PT", "P1", "1D", "P1H", "PT1D", "P1DT", "P1Y2D", "P1M1Y", "pt1h", "P1.5D",
            "P1D1D",
        ] {
            assert!(parse_duration(text).is_none(), "{text}");
        }
        for text in [
            "P99999999999999999999D",
            "PT9223372036854775807H",
            "P9223372036854775807Y",
        ] {
            assert!(parse_duration(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_point_in_time_is_read_and_printed() {
        for (text, printed) in [
            ("2026-11-22", "2026-11-22"),
            ("-0001-02-03", "-0001-02-03"),
            ("10:30:00", "10:30:00"),
            ("10:30", "10:30:00"),
            ("T10:30:00.120", "10:30:00.12"),
            ("24:00:00", "00:00:00"),
            ("10:30:00Z", "10:30:00Z"),
            ("10:30:00+01:00", "10:30:00+01:00"),
            ("10:30:00@Europe/Paris", "10:30:00@Europe/Paris"),
            ("2026-11-22T10:00", "2026-11-22T10:00:00"),
            ("2026-11-22T10:00:00Z", "2026-11-22T10:00:00Z"),
            ("2026-11-22T10:00:00-05:30", "2026-11-22T10:00:00-05:30"),
            (
                "2026-11-22T10:00:00@Europe/Berlin",
                "2026-11-22T10:00:00@Europe/Berlin",
            ),
            (
                "2026-11-22T10:00:00+01:00[Europe/Berlin]",
                "2026-11-22T10:00:00@Europe/Berlin",
            ),
            ("2026-11-22T10:00:00@Etc/UTC", "2026-11-22T10:00:00@Etc/UTC"),
        ] {
            assert_eq!(show(parse_any(text)), printed, "{text}");
        }
        for text in [
            "2026-02-29",
            "2026-13-01",
            "2026-1-1",
            "26-01-01",
            "24:00:01",
            "10:30Z",
            "10:60:00",
            "10:00:60",
            "10:00:00+25:00",
            "2026-11-22T",
            "2026-11-22T10",
            "2026-11-22 10:00:00",
            "2026-11-22T10:00:00@Nowhere/Land",
            "2026-11-22T10:00:00+01:00[Europe/Berlin",
            "2026-11-22T10:00:00.1234567890",
            "é",
            "2026-11-22T10:00:00é",
        ] {
            assert!(parse_any(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_time_in_a_zone_has_the_offset_of_winter() {
        for (text, iso) in [
            ("10:30:00@Europe/Paris", "10:30:00+01:00[Europe/Paris]"),
            (
                "10:30:00@Australia/Sydney",
                "10:30:00+10:00[Australia/Sydney]",
            ),
            ("10:30:00@Asia/Tokyo", "10:30:00+09:00[Asia/Tokyo]"),
        ] {
            let Some(Temporal::Time(time)) = parse_time(text) else {
                panic!("{text} is a time")
            };
            assert_eq!(time.iso_with_zone(), iso);
        }
    }

    #[test]
    fn the_same_instant_in_two_zones_is_not_equal() {
        let read = |text| match parse_date_time(text) {
            Some(Temporal::DateTime(zoned)) => zoned,
            _ => panic!("{text} is a date and time"),
        };
        let (utc, berlin) = (
            read("2026-11-22T09:00:00Z"),
            read("2026-11-22T10:00:00+01:00"),
        );
        assert_ne!(utc, berlin);
        assert_eq!(utc.since(&berlin), SignedDuration::ZERO);
        assert_ne!(utc, read("2026-11-22T09:00:00@Etc/UTC"));
        assert!(utc < read("2026-11-22T10:00:00Z"));
    }

    #[test]
    fn java_leaves_out_seconds_that_are_none() {
        for (text, printed) in [
            ("10:00:00", "10:00"),
            ("10:00:05", "10:00:05"),
            ("10:00:00.5", "10:00:00.500"),
            ("10:00:00.0005", "10:00:00.000500"),
        ] {
            let Some(Temporal::LocalTime(time)) = parse_time(text) else {
                panic!("{text} is a time")
            };
            assert_eq!(JavaTime(time).to_string(), printed);
        }
    }
}
