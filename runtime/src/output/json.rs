//! A report as one JSON document; non-finite numbers are the strings `"nan"`, `"inf"`, `"-inf"`.

use super::{
    Column, EventRecord, FailedMember, FitResult, Number, Report, Table, TaskError, TaskResult, Value, Work,
};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use std::io::{self, Write};

/// Writes the document and a newline.
///
/// # Errors
/// Whatever `sink` reports.
pub fn write(report: &Report, mut sink: impl Write) -> io::Result<()> {
    serde_json::to_writer(&mut sink, report)?;
    sink.write_all(b"\n")
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry("tasks", &self.tasks)?;
        map.end()
    }
}

impl Serialize for TaskResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("kind", self.work.kind())?;
        map.serialize_entry("model", &self.model)?;
        map.serialize_entry("status", self.status)?;
        if let Work::Fit(fit) = &self.work {
            fit_entries(fit, &mut map)?;
        } else {
            table_entries(&self.table, &mut map)?;
            map.serialize_entry("events", &self.events)?;
        }
        map.serialize_entry("stats", &Pairs(&self.stats))?;
        map.serialize_entry("method", &self.method)?;
        map.serialize_entry("reason", &self.reason)?;
        if let Some(linear) = &self.linear {
            map.serialize_entry("linear", linear)?;
        }
        if let Work::Sweep(sweep) = &self.work {
            map.serialize_entry("members", &sweep.members)?;
            map.serialize_entry("failed", &sweep.failed)?;
            if !sweep.failures.is_empty() {
                map.serialize_entry("failures", &sweep.failures)?;
            }
        }
        if let Some(error) = &self.error {
            map.serialize_entry("error", error)?;
        }
        map.end()
    }
}

fn table_entries<M: SerializeMap>(table: &Table, map: &mut M) -> Result<(), M::Error> {
    let (t, columns) = match table.columns.split_first() {
        Some((t, columns)) => (t.values.as_slice(), columns),
        None => (&[][..], &[][..]),
    };
    map.serialize_entry("t", &Reals(t))?;
    map.serialize_entry("columns", &Columns(columns))
}

fn fit_entries<M: SerializeMap>(fit: &FitResult, map: &mut M) -> Result<(), M::Error> {
    map.serialize_entry("loss", &Real(fit.loss))?;
    map.serialize_entry("initial_loss", &Real(fit.initial_loss))?;
    map.serialize_entry("parameters", &Pairs(&fit.parameters))?;
    map.serialize_entry("iterations", &fit.iterations)?;
    map.serialize_entry("gradient", &fit.gradient)
}

/// A number that may be a word.
struct Real(f64);

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            x if x.is_finite() => serializer.serialize_f64(x),
            x if x.is_nan() => serializer.serialize_str("nan"),
            x if x > 0.0 => serializer.serialize_str("inf"),
            _ => serializer.serialize_str("-inf"),
        }
    }
}

struct Reals<'a>(&'a [f64]);

impl Serialize for Reals<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for x in self.0 {
            list.serialize_element(&Real(*x))?;
        }
        list.end()
    }
}

struct Columns<'a>(&'a [Column]);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for column in self.0 {
            map.serialize_entry(&column.name, &Reals(&column.values))?;
        }
        map.end()
    }
}

/// Named values as an object, in their order.
struct Pairs<'a, K, V>(&'a [(K, V)]);

impl<K: Serialize, V: Serialize> Serialize for Pairs<'_, K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Number::Count(n) => serializer.serialize_u64(*n),
            Number::Real(x) => Real(*x).serialize(serializer),
        }
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Scalar(x) => Real(*x).serialize(serializer),
            Value::Array(values) => Reals(values).serialize(serializer),
        }
    }
}

impl Serialize for EventRecord {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("t", &Real(self.t))?;
        for (k, (name, value)) in self.values.iter().enumerate() {
            // What is logged twice is one entry, and so is the time.
            if name != "t" && self.values[..k].iter().all(|(before, _)| before != name) {
                map.serialize_entry(name, &Real(*value))?;
            }
        }
        map.end()
    }
}

impl Serialize for FailedMember {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("member", &self.member)?;
        map.serialize_entry("status", self.status)?;
        map.serialize_entry("t", &self.t.map(Real))?;
        let values: Vec<(&str, Real)> =
            self.values.iter().map(|(name, x)| (name.as_str(), Real(*x))).collect();
        map.serialize_entry("values", &Pairs(&values))?;
        map.end()
    }
}

impl Serialize for TaskError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("code", &self.code)?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("t", &self.t.map(Real))?;
        map.serialize_entry("name", &self.name)?;
        map.serialize_entry("line", &self.line)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples;
    use super::*;

    fn json(report: &Report) -> String {
        let mut bytes = Vec::new();
        write(report, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn solve_with_events_and_a_failure() {
        insta::assert_snapshot!(json(&Report { tasks: vec![samples::ball(), samples::failed()] }));
    }

    #[test]
    fn fit_and_sweep() {
        insta::assert_snapshot!(json(&Report { tasks: vec![samples::fit(), samples::sweep()] }));
    }

    #[test]
    fn numbers_round_trip_and_words_stand_for_the_others() {
        let values = vec![0.1, 1e300, 5e-324, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
        let text = serde_json::to_string(&Reals(&values)).unwrap();
        assert_eq!(text, r#"[0.1,1e+300,5e-324,-0.0,"nan","inf","-inf"]"#);
    }

    #[test]
    fn what_is_logged_of_an_event_is_one_entry_each() {
        let values = vec![("x".to_owned(), 1.0), ("t".to_owned(), 2.0), ("x".to_owned(), 1.0)];
        let event = EventRecord { name: "e".into(), t: 2.0, values };
        assert_eq!(serde_json::to_string(&event).unwrap(), r#"{"name":"e","t":2.0,"x":1.0}"#);
    }

    #[test]
    fn an_empty_report_is_a_document() {
        assert_eq!(json(&Report::default()), "{\"tasks\":[]}\n");
    }
}
