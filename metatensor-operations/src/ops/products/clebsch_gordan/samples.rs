//! Which samples of two blocks are multiplied.

use metatensor_core::{Error, Labels, Result};

use crate::engine::{Pair, with_rows};

/// The samples of a product, and the rows of both factors that each of them is made of.
///
/// With the same dimensions these are all samples of `a`, then those that only `b` has: the factor without a sample is zero for it.
/// If one factor has some of the dimensions of the other, each of its samples belongs to all samples of the other with the same
/// values, and those of the other without one are left out.
pub(super) fn matched_samples(a: &Labels, b: &Labels) -> Result<(Labels, Vec<Pair>)> {
    a.check_readable("a product")?;
    b.check_readable("a product")?;
    if a.names() == b.names() {
        return union(a, b);
    }
    let (few, many) = if a.size() < b.size() { (a, b) } else { (b, a) };
    let columns = few.names().iter().map(|name| many.names().position(name));
    let columns: Option<Vec<_>> = columns.collect();
    let Some(columns) = columns.filter(|columns| columns.len() < many.size()) else {
        return Err(Error::invalid(format!(
            "samples of both blocks must have the same dimensions in the same order, or those of one of them some of the \
             dimensions of the other; got {} and {}",
            a.names(),
            b.names()
        )));
    };
    let parts = many.rows().columns(&columns);
    let found = (0..many.count()).map(|row| {
        let part = &parts[row * columns.len()..][..columns.len()];
        Some((row as u32, few.position(part)? as u32))
    });
    let found: Vec<_> = found.flatten().collect();
    let samples = if found.len() == many.count() {
        many.clone()
    } else {
        let kept: Vec<_> = found.iter().map(|&(row, _)| row).collect();
        with_rows(many, many.rows().gather(&kept))?
    };
    let is_first = a.size() < b.size();
    let pairs = found.into_iter().map(|(of_many, of_few)| {
        let (a, b) = if is_first {
            (of_few, of_many)
        } else {
            (of_many, of_few)
        };
        Pair {
            a: Some(a),
            b: Some(b),
        }
    });
    Ok((samples, pairs.collect()))
}

fn union(a: &Labels, b: &Labels) -> Result<(Labels, Vec<Pair>)> {
    if a == b {
        let same = (0..a.count() as u32).map(Some);
        let pairs = same.map(|row| Pair { a: row, b: row });
        return Ok((a.clone(), pairs.collect()));
    }
    let union = a.union_and_mapping(b)?;
    let mut pairs = vec![Pair { a: None, b: None }; union.labels.count()];
    for (row, &place) in (0..).zip(&union.first) {
        pairs[place as usize].a = Some(row);
    }
    for (row, &place) in (0..).zip(&union.second) {
        pairs[place as usize].b = Some(row);
    }
    Ok((union.labels, pairs))
}
