//! All gradients of a result, each with the gradients of the factors that it is made of.

use metatensor_core::{Error, Labels, Result, TensorBlock};

use super::checks::{Known, own_components};
use super::rows::{self, Source};
use crate::engine::{gradient_of, parameters};
use crate::kernels::ZEROS;

/// A block that a result is a function of, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Factor<'a> {
    pub(crate) block: &'a TensorBlock,
    /// For each row of the result, the row of this block, or [`ZEROS`]. `None` if it is the row with the same number.
    pub(crate) rows: Option<Vec<u32>>,
}

/// How a result depends on its factors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It is linear in the only factor that is not constant: each gradient is made of those with the same path.
    Linear,
    /// It is not, and gradients are made of those for all parts of their path.
    Product,
}

impl Rule {
    /// That of a product of two blocks.
    pub(crate) fn of_product(a: &TensorBlock, b: &TensorBlock) -> Rule {
        match a.gradients_list().is_empty() || b.gradients_list().is_empty() {
            true => Rule::Linear,
            false => Rule::Product,
        }
    }
}

/// The order of the rows of the gradients of values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowOrder {
    /// The rows that come from the first factor, then those that only come from the second, and so on. Those from a factor
    /// whose rows are those of the result stay in the order they have, all others are sorted by sample.
    Factors,
    /// By sample and what follows it.
    Sorted,
}

/// The gradients of a result, at all depths.
#[derive(Debug)]
pub(crate) struct Derivatives<'a> {
    /// The values, then gradients of values, then gradients of these, and so on.
    nodes: Vec<Node<'a>>,
}

/// A gradient of a result, or its values.
#[derive(Debug)]
pub(crate) struct Node<'a> {
    pub(crate) parameter: &'a str,
    /// The parameters from the values down to this, separated by `/`.
    pub(crate) path: String,
    /// The number of the parent.
    pub(crate) parent: usize,
    pub(crate) children: Vec<usize>,
    /// The gradients of the factors with this path, or their values.
    pub(crate) blocks: Vec<Option<&'a TensorBlock>>,
    /// The samples of this gradient; nothing for values.
    pub(crate) samples: Labels,
    pub(crate) own_components: Vec<Labels>,
    /// All parts of the path: with bits of the number of a part for the parameters that it has, the first one being the
    /// lowest; or only the one without parameters and the path itself, if the result is linear. What a part lacks is what
    /// the part with the same number from behind has.
    pub(crate) parts: Vec<Part>,
}

/// Some parameters of a path, in their order.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The gradient for these parameters.
    pub(crate) node: usize,
    /// For each component that the gradient has and values have not, whether the gradient for this part has it.
    pub(crate) own: Vec<bool>,
    /// For each factor and each row of the gradient, the row of the gradient of the factor for this part, or [`ZEROS`].
    /// `None` if there are only zeros.
    pub(crate) rows: Vec<Option<Vec<u32>>>,
}

impl<'a> Derivatives<'a> {
    /// Most parameters of a path whose parts are all needed.
    pub(crate) const MAX_DEPTH: usize = 8;

    /// The gradients of a function of these factors, with `count` rows.
    pub(crate) fn new(
        factors: Vec<Factor<'a>>,
        count: usize,
        rule: Rule,
        order: RowOrder,
    ) -> Result<Derivatives<'a>> {
        let blocks: Vec<_> = factors.iter().map(|factor| Some(factor.block)).collect();
        let all = || (0..count as u32).collect();
        let rows = factors
            .into_iter()
            .map(|factor| Some(factor.rows.unwrap_or_else(all)));
        let part = Part {
            node: 0,
            own: Vec::new(),
            rows: rows.collect(),
        };
        let values = Node {
            parameter: "",
            path: String::new(),
            parent: 0,
            children: Vec::new(),
            blocks,
            samples: Labels::single(),
            own_components: Vec::new(),
            parts: vec![part],
        };
        let mut derivatives = Derivatives {
            nodes: vec![values],
        };
        let mut known = Known::default();
        let mut next = 0;
        while let Some(node) = derivatives.nodes.get(next) {
            for parameter in parameters(node.blocks.iter().copied().flatten()) {
                let child = derivatives.child(next, parameter, rule, order, &mut known)?;
                let number = derivatives.nodes.len();
                derivatives.nodes[next].children.push(number);
                derivatives.nodes.push(child);
            }
            next += 1;
        }
        Ok(derivatives)
    }

    /// Values and gradients: parents before their children, and all parts of a path before it.
    pub(crate) fn nodes(&self) -> &[Node<'a>] {
        &self.nodes
    }

    pub(crate) fn values(&self) -> &Node<'a> {
        &self.nodes[0]
    }

    /// Number of rows of the values.
    pub(crate) fn count(&self) -> usize {
        self.values().parts[0].rows[0].as_ref().map_or(0, Vec::len)
    }

    /// The same with the result itself as another factor, the last one: for formulas that have the result, or gradients of
    /// it with fewer parameters, on both sides.
    pub(crate) fn with_result(mut self) -> Self {
        for number in 0..self.nodes.len() {
            let rows = self.rows_of_result(number);
            for (part, rows) in self.nodes[number].parts.iter_mut().zip(rows) {
                part.rows.push(Some(rows));
            }
        }
        self
    }

    /// For each part of the path of a gradient and each row, the row of the gradient of the result for this part, or
    /// [`ZEROS`]. Parents know theirs.
    fn rows_of_result(&self, number: usize) -> Vec<Vec<u32>> {
        let node = &self.nodes[number];
        if number == 0 {
            return vec![(0..self.count() as u32).collect()];
        }
        let parents = node.parents();
        let all = self.nodes[node.parent].parts.iter();
        let all = all.filter_map(|part| part.rows.last()?.as_deref());
        let of_parent: Vec<_> = all.collect();
        let (shorter, longer) = node.parts.split_at(node.parts.len() / 2);
        let first_longer = of_parent.len() - longer.len();
        let shorter = of_parent[..shorter.len()].iter();
        let shorter = shorter.map(|rows| rows::gathered(rows, &parents));
        let longer = longer.iter().zip(&of_parent[first_longer..]);
        let longer = longer.map(|(part, rows)| {
            let mut wanted = vec![0; node.samples.size()];
            let samples = &self.nodes[part.node].samples;
            let rows = parents.iter().zip(&node.samples).map(|(&parent, row)| {
                let parent = rows[parent as usize];
                if parent == ZEROS {
                    return ZEROS;
                }
                wanted.copy_from_slice(row);
                wanted[0] = parent as i32;
                samples.position(&wanted).map_or(ZEROS, |row| row as u32)
            });
            rows.collect()
        });
        shorter.chain(longer).collect()
    }

    fn child(
        &self,
        parent: usize,
        parameter: &'a str,
        rule: Rule,
        order: RowOrder,
        known: &mut Known<'a>,
    ) -> Result<Node<'a>> {
        let number = self.nodes.len();
        let node = &self.nodes[parent];
        let path = match &*node.path {
            "" => parameter.to_owned(),
            path => format!("{path}/{parameter}"),
        };
        let depth = 1 + path.matches('/').count();
        if rule == Rule::Product && depth > Self::MAX_DEPTH {
            return Err(Error::unsupported(format!(
                "no formula for gradients of gradients with more than {} parameters, got '{path}'",
                Self::MAX_DEPTH
            )));
        }
        let blocks = node.blocks.iter();
        let blocks = blocks.map(|block| block.and_then(|block| gradient_of(block, parameter)));
        let blocks: Vec<_> = blocks.collect();
        for (block, parent) in blocks.iter().zip(&node.blocks) {
            if let (&Some(block), &Some(parent)) = (block, parent) {
                known.check(parameter, &path, block, parent)?;
            }
        }

        // The parts of the path of the parent, with this parameter.
        let longer = match rule {
            Rule::Product => &node.parts[..],
            Rule::Linear => &node.parts[node.parts.len() - 1..],
        };
        let numbers: Result<Vec<usize>> = longer
            .iter()
            .map(|part| match part.node == parent {
                true => Ok(number),
                false => self.longer(part.node, parameter, &path),
            })
            .collect();
        let numbers = numbers?;
        let mut sources = Vec::new();
        for (i, (part, &of)) in longer.iter().zip(&numbers).enumerate() {
            let gradients = if of == number {
                &blocks
            } else {
                &self.nodes[of].blocks
            };
            for (factor, gradient) in gradients.iter().enumerate() {
                let parents = self.nodes[part.node].blocks[factor];
                if let (Some(rows), Some(gradient), Some(parents)) =
                    (&part.rows[factor], gradient, parents)
                {
                    sources.push(Source {
                        part: i,
                        factor,
                        gradient,
                        map: parents.gradient_map(parameter)?,
                        rows,
                    });
                }
            }
        }
        let is_sorted = match rule {
            Rule::Product => order == RowOrder::Sorted || parent != 0,
            Rule::Linear => order == RowOrder::Sorted,
        };
        let union = rows::union(&sources, is_sorted, &path)?;

        let mut pairs = blocks.iter().zip(&node.blocks);
        let own = pairs.find_map(|(block, parent)| Some(own_components((*block)?, (*parent)?)));
        let own = own.unwrap_or_default();
        let parents = parents(&union.samples);
        let shorter = match rule {
            Rule::Product => &node.parts[..],
            Rule::Linear => &node.parts[..1],
        };
        let flags = |has: bool, part: &Part| [vec![has; own.len()], part.own.clone()].concat();
        let shorter = shorter.iter().map(|part| {
            let rows = part.rows.iter().map(|rows| {
                let rows = rows.as_ref()?;
                Some(rows::gathered(rows, &parents))
            });
            Part {
                node: part.node,
                own: flags(false, part),
                rows: rows.collect(),
            }
        });
        let factors = blocks.len();
        let mut rows = union.rows;
        let longer = longer
            .iter()
            .zip(numbers)
            .enumerate()
            .map(|(i, (part, node))| {
                let rows = (0..factors).map(|factor| rows.remove(&(i, factor)));
                Part {
                    node,
                    own: flags(true, part),
                    rows: rows.collect(),
                }
            });
        let parts = shorter.chain(longer).collect();
        Ok(Node {
            parameter,
            path,
            parent,
            children: Vec::new(),
            blocks,
            samples: union.samples,
            own_components: [own, &node.own_components].concat(),
            parts,
        })
    }

    /// The gradient of one of the nodes, which one with this path is made of.
    fn longer(&self, node: usize, parameter: &str, path: &str) -> Result<usize> {
        let mut children = self.nodes[node].children.iter();
        let found = children.find(|&&child| self.nodes[child].parameter == parameter);
        found.copied().ok_or_else(|| {
            let missing = match &*self.nodes[node].path {
                "" => parameter.to_owned(),
                shorter => format!("{shorter}/{parameter}"),
            };
            Error::unsupported(format!(
                "the gradient '{path}' can not be computed without the gradient '{missing}', which is not there"
            ))
        })
    }
}

impl Node<'_> {
    /// Number of parameters of the path.
    pub(crate) fn depth(&self) -> usize {
        self.path.split('/').filter(|path| !path.is_empty()).count()
    }

    /// Whether a part has all parameters of the path.
    pub(crate) fn is_whole(&self, part: usize) -> bool {
        part + 1 == self.parts.len()
    }

    /// Whether a part has the first parameter of the path, but not all of them.
    pub(crate) fn is_first_of_two(&self, part: usize) -> bool {
        part & 1 == 1 && !self.is_whole(part)
    }

    /// The row of the parent that each row belongs to.
    pub(crate) fn parents(&self) -> Vec<u32> {
        parents(&self.samples)
    }
}

fn parents(samples: &Labels) -> Vec<u32> {
    samples.iter().map(|row| row[0] as u32).collect()
}
