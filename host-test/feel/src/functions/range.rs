//! How ranges and points lie to each other (DMN 1.5, table 78).

use std::cmp::Ordering;

use super::{Builtin, Failure, Outcome, function};
use crate::evaluation::Evaluator;
use crate::operators::order;
use crate::value::{Range, Value};

pub(super) const FUNCTIONS: &[Builtin] = &[
    function("before", &["point1", "point2"], before),
    function("before", &["point", "range"], before),
    function("before", &["range", "point"], before),
    function("before", &["range1", "range2"], before),
    function("after", &["point1", "point2"], after),
    function("after", &["point", "range"], after),
    function("after", &["range", "point"], after),
    function("after", &["range1", "range2"], after),
    function("meets", &["range1", "range2"], meets),
    function("met by", &["range1", "range2"], met_by),
    function("overlaps", &["range1", "range2"], overlaps),
    function("overlaps before", &["range1", "range2"], overlaps_before),
    function("overlaps after", &["range1", "range2"], overlaps_after),
    function("finishes", &["point", "range"], finishes),
    function("finishes", &["range1", "range2"], finishes),
    function("finished by", &["range", "point"], finished_by),
    function("finished by", &["range1", "range2"], finished_by),
    function("includes", &["range", "point"], includes),
    function("includes", &["range1", "range2"], includes),
    function("during", &["point", "range"], during),
    function("during", &["range1", "range2"], during),
    function("starts", &["point", "range"], starts),
    function("starts", &["range1", "range2"], starts),
    function("started by", &["range", "point"], started_by),
    function("started by", &["range1", "range2"], started_by),
    function("coincides", &["point1", "point2"], coincides),
    function("coincides", &["range1", "range2"], coincides),
];

/// A point is a range from itself to itself.
struct Extent<'v> {
    start: &'v Value,
    start_included: bool,
    end: &'v Value,
    end_included: bool,
    is_point: bool,
}

impl<'v> Extent<'v> {
    fn of(value: &'v Value) -> Self {
        match value {
            Value::Range(range) => {
                let Range {
                    start,
                    start_included,
                    end,
                    end_included,
                } = &**range;
                Self {
                    start,
                    start_included: *start_included,
                    end,
                    end_included: *end_included,
                    is_point: false,
                }
            }
            point => Self {
                start: point,
                start_included: true,
                end: point,
                end_included: true,
                is_point: true,
            },
        }
    }
}

/// How the bounds of two extents lie to each other.
struct Relation {
    a: Bounds,
    b: Bounds,
    start_to_start: Ordering,
    start_to_end: Ordering,
    end_to_start: Ordering,
    end_to_end: Ordering,
}

#[derive(Clone, Copy)]
struct Bounds {
    start_included: bool,
    end_included: bool,
    is_point: bool,
}

/// Which points and ranges a function takes.
#[derive(Clone, Copy)]
enum Takes {
    Any,
    Alike,
    FirstIsRange,
    SecondIsRange,
    Ranges,
}

impl Takes {
    fn allows(self, a: &Extent<'_>, b: &Extent<'_>) -> bool {
        match self {
            Self::Any => true,
            Self::Alike => a.is_point == b.is_point,
            Self::FirstIsRange => !a.is_point,
            Self::SecondIsRange => !b.is_point,
            Self::Ranges => !a.is_point && !b.is_point,
        }
    }
}

fn relation(takes: Takes, arguments: &[Value]) -> Result<Relation, Failure> {
    let [first, second] = arguments else {
        return Err(Failure::null("two arguments are needed"));
    };
    let (a, b) = (Extent::of(first), Extent::of(second));
    if !takes.allows(&a, &b) {
        return Failure::illegal(arguments);
    }
    let order = |a: &Value, b: &Value| match (a, b) {
        (Value::String(_), _) => None,
        _ => order(a, b),
    };
    let orders = || {
        Some((
            order(a.start, b.start)?,
            order(a.start, b.end)?,
            order(a.end, b.start)?,
            order(a.end, b.end)?,
        ))
    };
    let (start_to_start, start_to_end, end_to_start, end_to_end) = orders().ok_or_else(|| {
        Failure::Null(format!(
            "a {} and a {} cannot be compared",
            first.type_name(),
            second.type_name()
        ))
    })?;
    let bounds = |extent: &Extent<'_>| Bounds {
        start_included: extent.start_included,
        end_included: extent.end_included,
        is_point: extent.is_point,
    };
    Ok(Relation {
        a: bounds(&a),
        b: bounds(&b),
        start_to_start,
        start_to_end,
        end_to_start,
        end_to_end,
    })
}

impl Relation {
    fn turned(self) -> Self {
        Self {
            a: self.b,
            b: self.a,
            start_to_start: self.start_to_start.reverse(),
            start_to_end: self.end_to_start.reverse(),
            end_to_start: self.start_to_end.reverse(),
            end_to_end: self.end_to_end.reverse(),
        }
    }

    fn before(&self) -> bool {
        self.end_to_start.is_lt()
            || self.end_to_start.is_eq() && !(self.a.end_included && self.b.start_included)
    }

    fn meets(&self) -> bool {
        self.end_to_start.is_eq() && self.a.end_included && self.b.start_included
    }

    fn overlaps(&self) -> bool {
        let ends_after_start = self.end_to_start.is_gt()
            || self.end_to_start.is_eq() && self.a.end_included && self.b.start_included;
        let starts_before_end = self.start_to_end.is_lt()
            || self.start_to_end.is_eq() && self.a.start_included && self.b.end_included;
        ends_after_start && starts_before_end
    }

    fn overlaps_before(&self) -> bool {
        let starts_first = self.start_to_start.is_lt()
            || self.start_to_start.is_eq() && self.a.start_included && !self.b.start_included;
        let ends_inside = self.end_to_start.is_gt()
            || self.end_to_start.is_eq() && self.a.end_included && self.b.start_included;
        let ends_first = self.end_to_end.is_lt()
            || self.end_to_end.is_eq() && (!self.a.end_included || self.b.end_included);
        starts_first && ends_inside && ends_first
    }

    fn finishes(&self) -> bool {
        let starts_inside = self.start_to_start.is_gt()
            || self.start_to_start.is_eq() && (!self.a.start_included || self.b.start_included);
        self.end_to_end.is_eq()
            && self.a.end_included == self.b.end_included
            && (self.a.is_point || starts_inside)
    }

    fn includes(&self) -> bool {
        let starts_first = self.start_to_start.is_lt()
            || self.start_to_start.is_eq() && (self.a.start_included || !self.b.start_included);
        let ends_last = self.end_to_end.is_gt()
            || self.end_to_end.is_eq() && (self.a.end_included || !self.b.end_included);
        starts_first && ends_last
    }

    fn starts(&self) -> bool {
        let ends_inside = self.end_to_end.is_lt()
            || self.end_to_end.is_eq() && (!self.a.end_included || self.b.end_included);
        self.start_to_start.is_eq()
            && self.a.start_included == self.b.start_included
            && (self.a.is_point || ends_inside)
    }

    fn coincides(&self) -> bool {
        self.start_to_start.is_eq()
            && self.end_to_end.is_eq()
            && self.a.start_included == self.b.start_included
            && self.a.end_included == self.b.end_included
    }
}

fn before(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Any, arguments)?.before().into())
}

fn after(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Any, arguments)?.turned().before().into())
}

fn meets(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Ranges, arguments)?.meets().into())
}

fn met_by(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Ranges, arguments)?.turned().meets().into())
}

fn overlaps(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Ranges, arguments)?.overlaps().into())
}

fn overlaps_before(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Ranges, arguments)?.overlaps_before().into())
}

fn overlaps_after(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Ranges, arguments)?
        .turned()
        .overlaps_before()
        .into())
}

fn finishes(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::SecondIsRange, arguments)?.finishes().into())
}

fn finished_by(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::FirstIsRange, arguments)?
        .turned()
        .finishes()
        .into())
}

fn includes(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::FirstIsRange, arguments)?.includes().into())
}

fn during(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::SecondIsRange, arguments)?
        .turned()
        .includes()
        .into())
}

fn starts(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::SecondIsRange, arguments)?.starts().into())
}

fn started_by(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::FirstIsRange, arguments)?
        .turned()
        .starts()
        .into())
}

fn coincides(_: &mut Evaluator<'_>, arguments: &[Value]) -> Outcome {
    Ok(relation(Takes::Alike, arguments)?.coincides().into())
}
