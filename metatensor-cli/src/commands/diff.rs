//! `mts diff`: what is different between two files, by their labels.

use std::collections::BTreeMap;
use std::ops::Range;

use metatensor_core::{Collection, Labels, Limits, MapFile, TensorBlock};
use serde_json::{Value, json};

use super::{describe, plural};
use crate::Outcome;
use crate::arguments::DiffOptions;
use crate::elements::{Places, Tolerance, differences};
use crate::input::{Blocks, Input, open};
use crate::output::{Failure, Output, Style, unless_closed};
use crate::progress::Progress;

pub(crate) fn run(options: &DiffOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let (a, b) = (open(&options.first)?.input, open(&options.second)?.input);
    let mut report = Report::new();
    match (a, b) {
        (Input::Labels(a), Input::Labels(b)) => {
            matched("labels", &a, &b, None, options, &mut report);
        }
        (Input::Collection(a), Input::Collection(b)) => {
            collections(&a, &b, options, &mut report)?;
        }
        (a, b) => {
            let (a, b) = (
                Blocks::of(a, &options.first)?,
                Blocks::of(b, &options.second)?,
            );
            maps(&a, &b, "", options, &mut report)?;
        }
    }
    unless_closed(report.print(options, output))?;
    Ok(match report.differs() {
        true => Outcome::Bad,
        false => Outcome::Good,
    })
}

/// Which rows of labels are the same, for those of gradients given those of the samples of the values, and reports those that
/// are not. `None` if they can not be compared, which is reported.
fn matched<'a>(
    place: &str,
    a: &'a Labels,
    b: &'a Labels,
    parents: Option<&Match<'_>>,
    options: &DiffOptions,
    report: &mut Report,
) -> Option<Match<'a>> {
    if a.names() != b.names() {
        report.differ(place, &format!("names are {} and {}", a.names(), b.names()));
        return None;
    }
    let rows = match parents {
        Some(parents) => gradient_rows(a, b, parents),
        None => Match::new(a, b),
    };
    rows.report(place, options.ordered, report);
    Some(rows)
}

/// Compares the maps with the same number and name.
fn collections(
    a: &Collection,
    b: &Collection,
    options: &DiffOptions,
    report: &mut Report,
) -> Result<(), Failure> {
    for (one, other, which) in [(a, b, "first"), (b, a, "second")] {
        for name in one.names() {
            let numbers = one.numbers(name).iter();
            let only = numbers.filter(|&&number| !other.contains(number, name));
            let only: Vec<i32> = only.copied().collect();
            if let Some(first) = only.first() {
                let maps = plural(only.len(), "map");
                let text = format!("{maps} only in the {which} file, as {first}/{name}.mts");
                report.differ(&format!("maps '{name}'"), &text);
            }
        }
    }
    for name in a.names() {
        for &number in a.numbers(name) {
            if !b.contains(number, name) {
                continue;
            }
            let member = format!("{number}/{name}.mts");
            let map = |all: &Collection| {
                let map = MapFile::from_bytes(all.bytes(&member)?, Limits::default())?;
                Ok::<_, Failure>(Blocks::OfMap(map))
            };
            let compared = maps(&map(a)?, &map(b)?, &format!("{member}, "), options, report);
            compared.map_err(|failure| failure.context(&member))?;
        }
    }
    Ok(())
}

/// Compares maps. `start` is what places start with.
fn maps(
    a: &Blocks,
    b: &Blocks,
    start: &str,
    options: &DiffOptions,
    report: &mut Report,
) -> Result<(), Failure> {
    infos(&a.info()?, &b.info()?, start, report);
    let (a_keys, b_keys) = (a.keys(), b.keys());
    let place = format!("{start}keys");
    let Some(keys) = matched(&place, a_keys, b_keys, None, options, report) else {
        return Ok(());
    };
    let first: Vec<usize> = keys.common.iter().map(|&(in_a, _)| in_a).collect();
    let bytes = a.bytes(&first)?;
    let mut progress = Progress::new(bytes.iter().copied());
    for (&(in_a, in_b), bytes) in keys.common.iter().zip(bytes) {
        let (a, b) = (a.block(in_a)?, b.block(in_b)?);
        let place = format!("{start}block ({})", describe(a_keys, in_a));
        let in_place = |error: metatensor_core::Error| error.context(&place);
        compare(&a, &b, None, &place, options, report).map_err(in_place)?;
        progress.add(bytes);
    }
    Ok(())
}

/// Texts that go with maps, which are the same maps with others.
fn infos(
    a: &BTreeMap<String, String>,
    b: &BTreeMap<String, String>,
    start: &str,
    report: &mut Report,
) {
    for (name, text) in a {
        let finding = match b.get(name) {
            Some(other) if other == text => continue,
            Some(_) => "the texts are different",
            None => "only in the first file",
        };
        report.add(&format!("{start}info '{name}'"), finding, false);
    }
    for name in b.keys().filter(|&name| !a.contains_key(name)) {
        let finding = "only in the second file";
        report.add(&format!("{start}info '{name}'"), finding, false);
    }
}

/// What was found, in order.
struct Report {
    /// All places and texts in one piece of memory: many small ones, made while there are large blocks, would stay between the
    /// holes that these leave, and keep them from being used for the next ones.
    texts: String,
    findings: Vec<Finding>,
}

struct Finding {
    /// Which part of which block.
    place: Range<usize>,
    text: Range<usize>,
    is_difference: bool,
}

impl Report {
    fn new() -> Report {
        Report {
            texts: String::with_capacity(1 << 16),
            findings: Vec::with_capacity(1 << 10),
        }
    }

    fn differ(&mut self, place: &str, text: &str) {
        self.add(place, text, true);
    }

    fn add(&mut self, place: &str, text: &str, is_difference: bool) {
        let mut keep = |text: &str| {
            let start = self.texts.len();
            self.texts.push_str(text);
            start..self.texts.len()
        };
        let (place, text) = (keep(place), keep(text));
        self.findings.push(Finding {
            place,
            text,
            is_difference,
        });
    }

    /// The place and the text of a finding.
    fn texts_of(&self, finding: &Finding) -> (&str, &str) {
        (
            &self.texts[finding.place.clone()],
            &self.texts[finding.text.clone()],
        )
    }

    fn differs(&self) -> bool {
        self.findings.iter().any(|finding| finding.is_difference)
    }

    fn print(&self, options: &DiffOptions, output: &mut Output) -> Result<(), Failure> {
        if options.quiet {
            return Ok(());
        }
        if output.is_json() {
            let findings = self.findings.iter().map(|finding| {
                let (place, text) = self.texts_of(finding);
                json!({
                    "place": place,
                    "message": text,
                    "is_difference": finding.is_difference,
                })
            });
            return output.json(&json!({
                "equal": !self.differs(),
                "findings": findings.collect::<Vec<Value>>(),
            }));
        }
        for finding in &self.findings {
            let (place, text) = self.texts_of(finding);
            match finding.is_difference {
                true => output.styled(Style::Bad, format_args!("{place}: {text}"))?,
                false => output.line(format_args!("{place}: {text}"))?,
            }
        }
        Ok(())
    }
}

/// Which rows of two labels are the same.
struct Match<'a> {
    a: &'a Labels,
    b: &'a Labels,
    /// Positions in both, in the order of the first.
    common: Vec<(usize, usize)>,
    only_a: Vec<usize>,
    only_b: Vec<usize>,
}

impl<'a> Match<'a> {
    /// Of labels with the same names.
    fn new(a: &'a Labels, b: &'a Labels) -> Match<'a> {
        Match::by(a, b, |row, other| other.copy_from_slice(row))
    }

    /// The same, with rows of the first one translated to what they are in the second one. Those without translation are
    /// rows that are in no labels.
    fn by(a: &'a Labels, b: &'a Labels, translate: impl Fn(&[i32], &mut [i32])) -> Match<'a> {
        let (mut common, mut only_a) = (Vec::new(), Vec::new());
        let mut is_matched = vec![false; b.count()];
        let mut translated = vec![0; b.size()];
        for (in_a, row) in a.iter().enumerate() {
            translate(row, &mut translated);
            match b.position(&translated) {
                Some(in_b) => {
                    common.push((in_a, in_b));
                    is_matched[in_b] = true;
                }
                None => only_a.push(in_a),
            }
        }
        let only_b = (0..b.count()).filter(|&row| !is_matched[row]).collect();
        Match {
            a,
            b,
            common,
            only_a,
            only_b,
        }
    }

    fn report(&self, place: &str, ordered: bool, report: &mut Report) {
        for (only, labels, which) in [
            (&self.only_a, self.a, "first"),
            (&self.only_b, self.b, "second"),
        ] {
            if let Some(&first) = only.first() {
                let count = plural(only.len(), "entry").replace("entrys", "entries");
                let example = describe(labels, first);
                report.differ(
                    place,
                    &format!("{count} only in the {which} file, as ({example})"),
                );
            }
        }
        if !self.common.is_sorted_by_key(|&(_, in_b)| in_b) {
            report.add(place, "the order is different", ordered);
        }
    }
}

/// Compares two blocks for the same key, or two gradients, for which the samples of the values are given.
fn compare(
    a: &TensorBlock,
    b: &TensorBlock,
    parents: Option<&Match<'_>>,
    place: &str,
    options: &DiffOptions,
    report: &mut Report,
) -> metatensor_core::Result<()> {
    if a.dtype() != b.dtype() {
        let types = format!("data types are {} and {}", a.dtype(), b.dtype());
        report.differ(place, &types);
    }
    let Some(axes) = match_axes(a, b, parents, place, options, report) else {
        return Ok(());
    };
    if !options.metadata_only {
        values(a, b, &axes, place, options, report)?;
    }
    for parameter in a.gradients_list().iter() {
        let place = format!("{place}, gradient '{parameter}'");
        match b.gradient(parameter) {
            Ok(other) => {
                let own = a.gradient(parameter)?;
                compare(own, other, Some(&axes[0]), &place, options, report)?;
            }
            Err(_) => report.differ(&place, "only in the first file"),
        }
    }
    for parameter in b.gradients_list().iter() {
        if a.gradient(parameter).is_err() {
            let place = format!("{place}, gradient '{parameter}'");
            report.differ(&place, "only in the second file");
        }
    }
    Ok(())
}

/// The labels of all axes that are in both blocks: samples, components, properties. `None` if they can not be compared, which
/// is reported.
fn match_axes<'a>(
    a: &'a TensorBlock,
    b: &'a TensorBlock,
    parents: Option<&Match<'_>>,
    place: &str,
    options: &DiffOptions,
    report: &mut Report,
) -> Option<Vec<Match<'a>>> {
    let (a_components, b_components) = (a.components(), b.components());
    if a_components.len() != b_components.len() {
        let (a, b) = (a_components.len(), b_components.len());
        report.differ(place, &format!("there are {a} and {b} axes of components"));
        return None;
    }
    let components = a_components.iter().zip(b_components).enumerate();
    let components = components.map(|(i, (a, b))| (format!("components {i}"), a, b));
    let all = [("samples".to_owned(), a.samples(), b.samples())].into_iter();
    let all = all.chain(components);
    let all = all.chain([("properties".to_owned(), a.properties(), b.properties())]);
    let axes = all.enumerate().map(|(i, (what, a, b))| {
        let parents = parents.filter(|_| i == 0);
        matched(&format!("{place}, {what}"), a, b, parents, options, report)
    });
    // all of them are reported, also after one that can not be compared
    let axes: Vec<Option<Match<'_>>> = axes.collect();
    axes.into_iter().collect()
}

/// Rows of gradients belong together if they are derivatives of the same sample, wherever it is.
fn gradient_rows<'a>(a: &'a Labels, b: &'a Labels, parents: &Match<'_>) -> Match<'a> {
    let mut in_b = vec![-1; parents.a.count()];
    for &(in_first, in_second) in &parents.common {
        in_b[in_first] = in_second as i32;
    }
    Match::by(a, b, |row, other| {
        other.copy_from_slice(row);
        other[0] = in_b[row[0] as usize];
    })
}

/// Compares values with the same labels.
fn values(
    a: &TensorBlock,
    b: &TensorBlock,
    axes: &[Match<'_>],
    place: &str,
    options: &DiffOptions,
    report: &mut Report,
) -> metatensor_core::Result<()> {
    let places = places(axes);
    let tolerance = Tolerance {
        rtol: options.rtol,
        atol: options.atol,
        equal_nan: options.equal_nan,
    };
    let found = differences(a, b, &places, tolerance, options.places)?;
    if found.count == 0 {
        return Ok(());
    }
    let (count, all) = (found.count, places.len());
    report.differ(place, &format!("{count} of {all} values are different"));
    for difference in &found.worst {
        let where_it_is = position(axes, difference.place);
        let [x, y] = &difference.values;
        let excess = match difference.excess.is_finite() {
            true => format!(", {:.3e} times what is allowed", difference.excess),
            false => String::new(),
        };
        report.differ(place, &format!("at {where_it_is}: {x} and {y}{excess}"));
    }
    Ok(())
}

/// All places for which both blocks have values, in the order of the first one.
fn places(axes: &[Match<'_>]) -> Places {
    let mut columns = vec![(0, 0)];
    let mut widths = (1, 1);
    for axis in &axes[1..] {
        let (a, b) = (axis.a.count(), axis.b.count());
        widths = (widths.0 * a, widths.1 * b);
        let start = columns.iter();
        columns = start
            .flat_map(|&(in_a, in_b)| {
                let common = axis.common.iter();
                common.map(move |&(i, j)| (in_a * a + i, in_b * b + j))
            })
            .collect();
    }
    Places {
        rows: axes[0].common.clone(),
        columns,
        widths,
    }
}

/// The labels of one of the places.
fn position(axes: &[Match<'_>], mut place: usize) -> String {
    let mut entries = Vec::new();
    for axis in axes.iter().rev() {
        let (in_a, _) = axis.common[place % axis.common.len()];
        place /= axis.common.len();
        entries.push(format!("({})", describe(axis.a, in_a)));
    }
    entries.reverse();
    entries.join(" ")
}
