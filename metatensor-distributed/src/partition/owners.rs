//! Ranks that own labels.

use metatensor_core::{Labels, Result, TensorMap};

use super::rendezvous::find_owners;
use super::values::{Values, distinct_of};
use crate::communicator::{Agreed, Session};
use crate::schema::Schema;

pub(super) fn owners(
    session: &Session<'_>,
    schema: &Schema,
    tensor: Option<&TensorMap>,
    owned: &Labels,
    names: &[&str],
) -> Result<Vec<Vec<u32>>, Agreed> {
    let (values, owned) = session.step(|| {
        let owned = distinct_of(owned, names, "labels that this rank owns")?;
        Ok((Values::of(schema, tensor, names)?, owned))
    })?;
    let owners = find_owners(session, names, owned.unique(), values.distinct())?;
    session.step(|| {
        let ranks: Vec<_> = owners.iter().map(|owner| owner.rank).collect();
        Ok(values.rank_of_rows(&ranks))
    })
}
