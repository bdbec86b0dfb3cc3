//! What operations take and give: maps and blocks.

use metatensor_core::{BlockMut, Error, Labels, Result, TensorBlock, TensorMap};

use super::{Axis, NotEqual};

/// What operations work on: a [`TensorMap`], or a single [`TensorBlock`].
///
/// All functions of this crate that are generic over it do the same to a block as to each block of a map. Blocks have no
/// keys and no info: what is said about these only concerns maps, and so does the name of a block in errors.
pub trait Operand: Parts {}

impl Operand for TensorMap {}
impl Operand for TensorBlock {}

/// What operations have to know of maps and blocks. Nobody else can implement it, or call these functions.
pub trait Parts: Clone {
    /// Whether this is a map.
    const IS_MAP: bool;

    /// The blocks, which are not copied.
    fn parts(&self) -> Blocks<'_>;

    /// Map with these keys and blocks and no info, or the only block.
    fn made_of(keys: Option<Labels>, blocks: Vec<TensorBlock>) -> Result<Self>;

    /// Gets the info of another one.
    fn with_info_of(self, other: &Self) -> Self;

    /// The same keys with other blocks, and without info.
    fn with_results(&self, blocks: Vec<TensorBlock>) -> Result<Self> {
        Self::made_of(self.parts().keys.cloned(), blocks)
    }

    /// The same keys and info with other blocks.
    fn with_structure(&self, blocks: Vec<TensorBlock>) -> Result<Self> {
        Ok(self.with_results(blocks)?.with_info_of(self))
    }

    /// With what `change` makes of the keys, if this is a map, and the blocks; and with the info.
    fn change(
        self,
        change: impl FnOnce(&mut Option<Labels>, &mut Vec<TensorBlock>) -> Result<()>,
    ) -> Result<Self>;

    /// Changes the values of each block, and removes the info.
    fn update(&mut self, change: &dyn Fn(&mut BlockMut<'_>) -> Result<()>) -> Result<()>;
}

impl Parts for TensorMap {
    const IS_MAP: bool = true;

    fn parts(&self) -> Blocks<'_> {
        Blocks {
            keys: Some(self.keys()),
            list: self.blocks(),
        }
    }

    fn made_of(keys: Option<Labels>, blocks: Vec<TensorBlock>) -> Result<Self> {
        let keys = keys.ok_or_else(|| Error::Internal("a map has no keys".into()))?;
        TensorMap::new(keys, blocks)
    }

    fn with_info_of(mut self, other: &Self) -> Self {
        self.info_mut().clone_from(other.info());
        self
    }

    fn change(
        self,
        change: impl FnOnce(&mut Option<Labels>, &mut Vec<TensorBlock>) -> Result<()>,
    ) -> Result<Self> {
        let (keys, mut blocks, info) = self.into_parts();
        let mut keys = Some(keys);
        change(&mut keys, &mut blocks)?;
        let mut result = Self::made_of(keys, blocks)?;
        *result.info_mut() = info;
        Ok(result)
    }

    fn update(&mut self, change: &dyn Fn(&mut BlockMut<'_>) -> Result<()>) -> Result<()> {
        for i in 0..self.len() {
            change(&mut self.block_by_id_mut(i)?).map_err(|e| self.parts().in_block(i, e))?;
        }
        self.info_mut().clear();
        Ok(())
    }
}

impl Parts for TensorBlock {
    const IS_MAP: bool = false;

    fn parts(&self) -> Blocks<'_> {
        Blocks {
            keys: None,
            list: std::slice::from_ref(self),
        }
    }

    fn made_of(_: Option<Labels>, blocks: Vec<TensorBlock>) -> Result<Self> {
        only(blocks)
    }

    fn with_info_of(self, _: &Self) -> Self {
        self
    }

    fn change(
        self,
        change: impl FnOnce(&mut Option<Labels>, &mut Vec<TensorBlock>) -> Result<()>,
    ) -> Result<Self> {
        let mut blocks = vec![self];
        change(&mut None, &mut blocks)?;
        only(blocks)
    }

    fn update(&mut self, change: &dyn Fn(&mut BlockMut<'_>) -> Result<()>) -> Result<()> {
        change(&mut self.into())
    }
}

/// The only thing in a list.
pub(crate) fn only<T>(mut list: Vec<T>) -> Result<T> {
    list.pop()
        .ok_or_else(|| Error::Internal("an operation has no result".into()))
}

/// The blocks of a map, or a block.
#[derive(Clone, Copy, Debug)]
pub struct Blocks<'a> {
    /// The keys of a map.
    pub(crate) keys: Option<&'a Labels>,
    pub(crate) list: &'a [TensorBlock],
}

impl<'a> Blocks<'a> {
    /// What `f` makes of each block and its number. Errors name the block.
    pub(crate) fn map<R>(
        self,
        mut f: impl FnMut(usize, &'a TensorBlock) -> Result<R>,
    ) -> Result<Vec<R>> {
        let blocks = self.list.iter().enumerate();
        let results = blocks.map(|(i, block)| f(i, block).map_err(|error| self.in_block(i, error)));
        results.collect()
    }

    /// The blocks of both for the same keys, in the order of `self`.
    pub(crate) fn pairs(
        self,
        other: Blocks<'a>,
    ) -> Result<Vec<(&'a TensorBlock, &'a TensorBlock)>, NotEqual> {
        let all = || self.list.iter().zip(other.list).collect();
        let (Some(keys), Some(others)) = (self.keys, other.keys) else {
            return Ok(all());
        };
        let different = |reason: String| {
            let reason = format!("the tensor maps have different keys: {reason}");
            NotEqual::on_axis(Axis::Keys, reason)
        };
        let (names, other_names) = (keys.names(), others.names());
        if names != other_names {
            let reason = format!("their names are {names} and {other_names}");
            return Err(different(reason));
        }
        let (count, other_count) = (keys.count(), others.count());
        if count != other_count {
            let reason = format!("there are {count} and {other_count} blocks");
            return Err(different(reason));
        }
        if keys == others {
            return Ok(all());
        }
        let pair = |(i, key)| match others.position(key) {
            Some(position) => Ok((&self.list[i], &other.list[position])),
            None => Err(different(format!(
                "the second one has no {}",
                keys.describe(i)
            ))),
        };
        keys.iter().enumerate().map(pair).collect()
    }

    /// The error of an operation on one of the blocks, which names it.
    #[cold]
    pub(crate) fn in_block(self, block: usize, error: Error) -> Error {
        match self.keys {
            Some(keys) => error.context(format!("block {}", keys.describe(block))),
            None => error,
        }
    }

    /// The same for blocks that are different.
    #[cold]
    pub(crate) fn for_key(self, block: usize, different: NotEqual) -> NotEqual {
        match self.keys {
            Some(keys) => different.for_key(keys, block),
            None => different,
        }
    }
}

/// `f` applied to all blocks of `tensor`. Errors name `function` and the block.
pub(crate) fn map_blocks<T: Operand>(
    function: &str,
    tensor: &T,
    f: &dyn Fn(&TensorBlock) -> Result<TensorBlock>,
) -> Result<T> {
    let blocks = tensor.parts().map(|_, block| f(block));
    tensor.with_results(blocks.map_err(|error| error.context(function))?)
}

/// The same for what only changes the form of blocks: `f` gets their number as well, and the info stays.
pub(crate) fn map_structure<T: Operand>(
    tensor: &T,
    f: &dyn Fn(usize, &TensorBlock) -> Result<TensorBlock>,
) -> Result<T> {
    tensor.with_structure(tensor.parts().map(f)?)
}

/// [`map_structure`] which consumes its argument, so that blocks do not share their arrays with it.
pub(crate) fn change_structure<T: Operand>(
    tensor: T,
    f: &dyn Fn(usize, TensorBlock) -> Result<TensorBlock>,
) -> Result<T> {
    tensor.change(|keys, blocks| {
        let all = std::mem::take(blocks).into_iter().enumerate();
        let parts = Blocks {
            keys: keys.as_ref(),
            list: &[],
        };
        let changed = all.map(|(i, block)| f(i, block).map_err(|error| parts.in_block(i, error)));
        *blocks = changed.collect::<Result<_>>()?;
        Ok(())
    })
}

/// `f` applied to the blocks of `a` and `b` for the same keys, which must pass a check.
pub(crate) fn zip_blocks<T: Operand>(
    function: &str,
    a: &T,
    b: &T,
    check: &dyn Fn(&TensorBlock, &TensorBlock) -> Result<(), NotEqual>,
    f: &dyn Fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>,
) -> Result<T> {
    let blocks = zip(a.parts(), b.parts(), check, f);
    a.with_results(blocks.map_err(|error| error.context(function))?)
}

fn zip(
    a: Blocks<'_>,
    b: Blocks<'_>,
    check: &dyn Fn(&TensorBlock, &TensorBlock) -> Result<(), NotEqual>,
    f: &dyn Fn(&TensorBlock, &TensorBlock) -> Result<TensorBlock>,
) -> Result<Vec<TensorBlock>> {
    let mut blocks = Vec::with_capacity(a.list.len());
    for (i, (x, y)) in a.pairs(b)?.into_iter().enumerate() {
        check(x, y).map_err(|different| a.for_key(i, different))?;
        blocks.push(f(x, y).map_err(|error| a.in_block(i, error))?);
    }
    Ok(blocks)
}
