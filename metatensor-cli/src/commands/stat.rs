//! `mts stat`: numbers about the values of each block.

use metatensor_core::{Result, TensorBlock};
use serde_json::{Value, json};

use super::{describe, entry};
use crate::Outcome;
use crate::arguments::StatOptions;
use crate::elements::each_real;
use crate::input::Blocks;
use crate::output::{Failure, Output, Table, number};
use crate::progress::Progress;
use crate::selection::selected;

pub(crate) fn run(options: &StatOptions, output: &mut Output) -> Result<Outcome, Failure> {
    let blocks = Blocks::open_part(&options.input)?;
    let keys = blocks.keys();
    let mut table = Table::new([
        "block",
        "values",
        "min",
        "max",
        "mean",
        "norm",
        "zeros",
        "NaN",
        "rows a sample",
    ]);
    let mut list = Vec::new();
    let numbers = selected(options.keys.as_ref(), keys, "keys")?;
    let bytes = blocks.bytes(&numbers)?;
    let mut progress = Progress::new(bytes.iter().copied());
    for (number, bytes) in numbers.into_iter().zip(bytes) {
        let key = describe(keys, number);
        // One block after the other: a file may be larger than memory.
        let block = blocks.block(number)?;
        if output.is_json() {
            let mut json = statistics_json(&block, None)?;
            json["key"] = entry(keys, number);
            list.push(json);
        } else {
            add_rows(&mut table, &key, &block, None)?;
        }
        progress.add(bytes);
    }
    drop(progress);
    if output.is_json() {
        output.json(&Value::from(list))?;
    } else {
        table.print(output)?;
    }
    Ok(Outcome::Good)
}

/// What is known of an array. Of complex numbers, all of this is about their absolute values.
pub(crate) struct Statistics {
    pub(crate) count: usize,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) mean: f64,
    /// Square root of the sum of squares.
    pub(crate) norm: f64,
    pub(crate) zeros: usize,
    /// Values that are not numbers, which nothing else counts.
    pub(crate) nan: usize,
}

impl Statistics {
    pub(crate) fn of(block: &TensorBlock) -> Result<Statistics> {
        let mut statistics = Statistics {
            count: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            mean: 0.0,
            norm: 0.0,
            zeros: 0,
            nan: 0,
        };
        each_real(block, |value| {
            statistics.count += 1;
            if value.is_nan() {
                statistics.nan += 1;
                return;
            }
            statistics.min = statistics.min.min(value);
            statistics.max = statistics.max.max(value);
            statistics.mean += value;
            // `hypot` neither overflows nor loses small numbers.
            statistics.norm = statistics.norm.hypot(value);
            statistics.zeros += usize::from(value == 0.0);
        })?;
        statistics.mean /= (statistics.count - statistics.nan) as f64;
        if statistics.count == statistics.nan {
            (statistics.min, statistics.max) = (f64::NAN, f64::NAN);
        }
        Ok(statistics)
    }

    /// How many of the values are zero, from 0 to 1.
    pub(crate) fn sparsity(&self) -> f64 {
        self.zeros as f64 / self.count as f64
    }
}

/// Gradient rows for each sample of the values, in the mean.
pub(crate) fn rows_per_sample(gradient: &TensorBlock, values: Option<&TensorBlock>) -> Option<f64> {
    let samples = values?.samples().count();
    Some(gradient.samples().count() as f64 / samples as f64)
}

/// A row for the values, and one for each gradient below it.
fn add_rows(
    table: &mut Table,
    name: &str,
    block: &TensorBlock,
    parent: Option<&TensorBlock>,
) -> Result<()> {
    let statistics = Statistics::of(block)?;
    let short = |value: f64| match value.is_nan() {
        true => "-".to_owned(),
        false => format!("{value:.4e}"),
    };
    let zeros = match statistics.count {
        0 => "-".to_owned(),
        _ => format!("{:.1}%", 100.0 * statistics.sparsity()),
    };
    let rows = rows_per_sample(block, parent).map(|rows| format!("{rows:.1}"));
    table.row(vec![
        name.to_owned(),
        statistics.count.to_string(),
        short(statistics.min),
        short(statistics.max),
        short(statistics.mean),
        short(statistics.norm),
        zeros,
        statistics.nan.to_string(),
        rows.unwrap_or_default(),
    ]);
    for parameter in block.gradients_list().iter() {
        let name = format!("{name}, d/d {parameter}");
        add_rows(table, &name, block.gradient(parameter)?, Some(block))?;
    }
    Ok(())
}

fn statistics_json(block: &TensorBlock, parent: Option<&TensorBlock>) -> Result<Value> {
    let statistics = Statistics::of(block)?;
    let mut gradients = serde_json::Map::new();
    for parameter in block.gradients_list().iter() {
        let gradient = block.gradient(parameter)?;
        gradients.insert(
            parameter.to_owned(),
            statistics_json(gradient, Some(block))?,
        );
    }
    let mut json = json!({
        "values": statistics.count,
        "min": number(statistics.min),
        "max": number(statistics.max),
        "mean": number(statistics.mean),
        "norm": number(statistics.norm),
        "zeros": statistics.zeros,
        "nan": statistics.nan,
        "gradients": gradients,
    });
    if let Some(rows) = rows_per_sample(block, parent) {
        json["rows_per_sample"] = number(rows);
    }
    Ok(json)
}
