//! Sums, means, variances and standard deviations over the samples of all ranks.

use metatensor_core::internal::rows::{RowGroups, Rows};
use metatensor_core::{DType, Error, Result, TensorBlock, TensorMap};
use metatensor_operations::{Reduction, mean_over_samples, reduce_over_samples, sum_over_samples};

use super::Placement;
use super::by_labels::{homes, sum_in};
use super::groups::{self, counts, destinations, kept_columns};
use super::placement::place;
use super::source::{tag_names, with_tags};
use super::weighted::{rounded, weighted};
use crate::communicator::{Agreed, Call, Communicator, Session};
use crate::movement::{redistribute_in, redistribute_with};
use crate::{Order, schema};

/// In which order samples are added.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SumOrder {
    /// Those of each rank, and then the sums of all ranks. Only sums are sent. The result has the same bits each time, and on
    /// all ranks, for the same number of ranks; with others, rounding errors are different.
    #[default]
    Ranks,
    /// By labels: the result has the same bits for any number of ranks, wherever samples are. Groups of samples that are on
    /// several ranks are brought together for this, so that one rank needs memory for a whole group; others stay where they
    /// are.
    Labels,
}

macro_rules! with_example {
    ($(#[doc = $first:literal])+ $function:ident($names:literal, $($argument:literal),+) = $values:literal) => {
        concat!($($first, "\n",)+
"
```
use metatensor_core::{Labels, TensorBlock, TensorMap};
use metatensor_distributed::{Placement, SumOrder, run_local};

// Atoms 0 and 1 of one system, on two ranks.
run_local(2, |communicator| {
    let atom = communicator.rank() as i32;
    let samples = Labels::new([\"system\", \"atom\"], [[0, atom]])?;
    let block = TensorBlock::new(ndarray::arr2(&[[f64::from(3 * atom)]]), samples, [], Labels::single())?;
    let map = TensorMap::new(Labels::single(), vec![block])?;

    let result = communicator.", stringify!($function), "(&map, &[", $names, "]", $(", ", $argument,)+ ")?;
    let result = result.block_by_id(0)?;
    assert_eq!(result.samples(), &Labels::range(\"system\", 1)?);
    assert_eq!(result.to_ndarray::<f64>()?, ndarray::arr2(&[[", $values, "]]).into_dyn());
    Ok(())
})
.into_iter()
.collect::<metatensor_core::Result<()>>()?;
# Ok::<(), metatensor_core::Error>(())
```

# Errors

[`Error::InvalidParameter`] if one of the names is not a dimension of the samples, [`Error::NotEqual`] if the maps do not fit
together, [`Error::Unsupported`] if elements are not in main memory, or too many rows come to one rank.")
    };
}

impl Communicator {
    #[doc = with_example!(
        #[doc = "Sums of all samples of all ranks that only differ in the dimensions `names`. Collective."]
        #[doc = ""]
        #[doc = "This is [`sum_over_samples`](metatensor_operations::sum_over_samples) of the map that those of all ranks are together."]
        sum_over_samples("\"atom\"", "SumOrder::Ranks", "Placement::Everywhere") = "3.0"
    )]
    pub fn sum_over_samples(
        &self,
        tensor: &TensorMap,
        names: &[&str],
        order: SumOrder,
        placement: Placement<'_>,
    ) -> Result<TensorMap> {
        let call = call("sum_over_samples", names, placement).option("order", order);
        self.collective(call, |session| {
            let sums = match order {
                SumOrder::Ranks => sum_in(session, || sum_over_samples(tensor, names))?,
                SumOrder::Labels => reduce_whole(session, tensor, Reduction::Sum, names)?,
            };
            place(session, &sums, placement)
        })
    }

    #[doc = with_example!(
        #[doc = "Means of all samples of all ranks that only differ in the dimensions `names`. Collective."]
        #[doc = ""]
        #[doc = "This is [`mean_over_samples`](metatensor_operations::mean_over_samples) of the map that those of all ranks are together."]
        mean_over_samples("\"atom\"", "SumOrder::Ranks", "Placement::Everywhere") = "1.5"
    )]
    pub fn mean_over_samples(
        &self,
        tensor: &TensorMap,
        names: &[&str],
        order: SumOrder,
        placement: Placement<'_>,
    ) -> Result<TensorMap> {
        let call = call("mean_over_samples", names, placement).option("order", order);
        self.collective(call, |session| {
            let means = match order {
                SumOrder::Ranks => means_of_ranks(session, tensor, names)?,
                SumOrder::Labels => reduce_whole(session, tensor, Reduction::Mean, names)?,
            };
            place(session, &means, placement)
        })
    }

    #[doc = with_example!(
        #[doc = "Variances of all samples of all ranks that only differ in the dimensions `names`. Collective."]
        #[doc = ""]
        #[doc = "This is [`var_over_samples`](metatensor_operations::var_over_samples) of the map that those of all ranks are together,"]
        #[doc = "with its samples sorted: groups are brought together, as by [`SumOrder::Labels`]."]
        var_over_samples("\"atom\"", "Placement::Everywhere") = "2.25"
    )]
    pub fn var_over_samples(
        &self,
        tensor: &TensorMap,
        names: &[&str],
        placement: Placement<'_>,
    ) -> Result<TensorMap> {
        self.collective(call("var_over_samples", names, placement), |session| {
            let result = reduce_whole(session, tensor, Reduction::Var, names)?;
            place(session, &result, placement)
        })
    }

    #[doc = with_example!(
        #[doc = "Standard deviations of all samples of all ranks that only differ in the dimensions `names`. Collective."]
        #[doc = ""]
        #[doc = "This is [`std_over_samples`](metatensor_operations::std_over_samples) of the map that those of all ranks are together,"]
        #[doc = "with its samples sorted: groups are brought together, as by [`SumOrder::Labels`]."]
        std_over_samples("\"atom\"", "Placement::Everywhere") = "1.5"
    )]
    pub fn std_over_samples(
        &self,
        tensor: &TensorMap,
        names: &[&str],
        placement: Placement<'_>,
    ) -> Result<TensorMap> {
        self.collective(call("std_over_samples", names, placement), |session| {
            let result = reduce_whole(session, tensor, Reduction::Std, names)?;
            place(session, &result, placement)
        })
    }
}

fn call(function: &'static str, names: &[&str], placement: Placement<'_>) -> Call {
    Call::new(function)
        .option("names", names)
        .option("placement", placement)
}

/// Brings groups together, sorted by labels, and gives them to the serial function. Each group of the result is on one rank.
fn reduce_whole(
    session: &Session<'_>,
    tensor: &TensorMap,
    reduction: Reduction,
    names: &[&str],
) -> Result<TensorMap, Agreed> {
    let schema = schema::agree(session, Some(tensor))?;
    let ranks = destinations(session, &schema, tensor, names)?;
    let whole = redistribute_with(session, &schema, Some(tensor), &ranks, Order::Labels)?;
    session.step(|| reduce_over_samples(&whole, reduction, names))
}

/// Means of the means of all ranks, weighted by numbers of samples. Each group is on one rank.
fn means_of_ranks(
    session: &Session<'_>,
    tensor: &TensorMap,
    names: &[&str],
) -> Result<TensorMap, Agreed> {
    let (tagged, homes) = session.step(|| {
        let means = mean_over_samples(tensor, names)?;
        let kept = match tensor.blocks().first() {
            Some(block) => kept_columns(block.samples(), names)?,
            None => Vec::new(),
        };
        let groups = groups::groups(tensor, &kept)?;
        let rank = session.rank() as i32;
        let tags = |i: usize| {
            let tags = counts(&groups[i]).map(|count| match i32::try_from(count) {
                Ok(count) => Ok([rank, count]),
                Err(_) => Err(Error::unsupported(format!(
                    "a mean of {count} samples of one rank"
                ))),
            });
            let tags = tags.collect::<Result<Vec<_>>>()?;
            Ok(tags.into_flattened())
        };
        let tagged = with_tags(&means, &["rank", "count"], tags)?;
        Ok((tagged, homes(&means, session)?))
    })?;
    let moved = redistribute_in(session, Some(&tagged), &homes, Order::Source)?;
    session.step(|| {
        let Some(dtype) = moved.dtype() else {
            return Ok(moved.clone());
        };
        let blocks = moved
            .blocks()
            .iter()
            .map(|block| weighted(block, &weights(block)?));
        let weighted = TensorMap::new(moved.keys(), blocks.collect::<Result<_>>()?)?;
        let means = sum_over_samples(&weighted, &tag_names(&weighted, 2))?;
        match means.dtype() {
            Some(double) if double != dtype => with_type(&means, dtype),
            _ => Ok(means),
        }
    })
}

fn with_type(tensor: &TensorMap, dtype: DType) -> Result<TensorMap> {
    let blocks = tensor.blocks().iter().map(|block| rounded(block, dtype));
    TensorMap::new(tensor.keys(), blocks.collect::<Result<_>>()?)
}

/// For each row with a rank, a number of samples and a label, this number divided by the sum of those with the same label.
fn weights(block: &TensorBlock) -> Result<Vec<f64>> {
    let rows = block.samples().rows();
    let columns: Vec<_> = (2..rows.width()).collect();
    let table = rows.columns(&columns);
    let groups = RowGroups::new(Rows::try_new(&table, rows.count(), columns.len())?);
    let count = |row: usize| f64::from(rows.row(row)[1]);
    let mut totals = vec![0.0; groups.len()];
    for (row, &group) in groups.group_of().iter().enumerate() {
        totals[group as usize] += count(row);
    }
    let weights = groups.group_of().iter().enumerate();
    let weights = weights.map(|(row, &group)| count(row) / totals[group as usize]);
    Ok(weights.collect())
}
