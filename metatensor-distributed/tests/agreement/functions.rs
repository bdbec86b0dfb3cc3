//! The functions that all have to agree.

use std::path::PathBuf;
use std::sync::LazyLock;

use metatensor_core::{DenseArray, Error, Labels, Result};
use metatensor_distributed::{
    Agreement, Combine, Communicator, Halo, Order, Partition, Placement, SaveOptions, SumOrder,
};
use metatensor_operations::LstsqOptions;
use tempfile::TempDir;

use super::arrays::{Fault, map};

// A line per function: those that take maps read `arrays::map`, which fails where it should.

/// A collective function, with the arguments of each rank.
pub(crate) struct Function {
    /// Its name in messages.
    pub(crate) name: &'static str,
    /// Calls it, with a fault on this rank.
    pub(crate) call: fn(&Communicator, Fault) -> Result<()>,
}

pub(crate) const FUNCTIONS: &[Function] = &[
    Function {
        name: "agree",
        call: |communicator, fault| {
            // What panics before it is called is not inside of it.
            communicator.agree(match fault {
                Fault::Nothing => Ok(()),
                _ => Err(Error::invalid("work of the caller")),
            })
        },
    },
    Function {
        name: "gather",
        call: |communicator, fault| {
            let map = map(communicator.rank(), fault);
            let gathered = communicator.gather(0, &map, Order::Source)?;
            assert_eq!(gathered.is_some(), communicator.rank() == 0);
            Ok(())
        },
    },
    Function {
        name: "all_gather",
        call: |communicator, fault| {
            let map = map(communicator.rank(), fault);
            communicator.all_gather(&map, Order::Labels).map(drop)
        },
    },
    Function {
        name: "broadcast",
        call: |communicator, fault| {
            // That of others is asked for arrays of its kind.
            let map = map(communicator.rank(), fault);
            communicator.broadcast(0, Some(&map)).map(drop)
        },
    },
    Function {
        name: "scatter",
        call: |communicator, fault| {
            let map = map(communicator.rank(), Fault::Nothing);
            let rank_of = |_: &[i32]| match fault {
                Fault::Nothing => Ok(0),
                Fault::Device => Err(Error::Callback("it does not know".into())),
                Fault::Panic => panic!("somebody else's code"),
            };
            let map = (communicator.rank() == 0).then_some(&map);
            communicator
                .scatter(0, map, &Partition::Keys(&rank_of))
                .map(drop)
        },
    },
    Function {
        name: "redistribute",
        call: |communicator, fault| {
            // Everything moves in rounds: messages are larger than this.
            communicator.set_max_buffer(1);
            let map = map(communicator.rank(), fault);
            let partition = Partition::Contiguous(&["atom"]);
            communicator
                .redistribute(&map, &partition, Order::Source)
                .map(drop)
        },
    },
    Function {
        name: "save",
        call: |communicator, fault| {
            let map = map(communicator.rank(), fault);
            let options = SaveOptions { writers: Some(2) };
            communicator.save(file("saved.mts"), &map, Order::Source, options)
        },
    },
    Function {
        name: "load",
        call: |communicator, fault| {
            let path = file("loaded.mts");
            if !path.exists() {
                map(0, Fault::Nothing).save(&path)?;
            }
            // All ranks make arrays, with rows or without them.
            let loaded =
                communicator.load_with(&path, &Partition::Rows, |shape, dtype| match fault {
                    Fault::Nothing => Ok(Box::new(DenseArray::zeros(dtype, shape)?)),
                    Fault::Device => Err(Error::unsupported("no arrays here")),
                    Fault::Panic => panic!("somebody else's code"),
                });
            loaded.map(drop)
        },
    },
    Function {
        name: "all_reduce",
        call: |communicator, fault| communicator.all_reduce(&map(0, fault)).map(drop),
    },
    Function {
        name: "sum_by_labels",
        call: |communicator, fault| {
            let partition = Partition::Hashed(&["system"]);
            let map = map(communicator.rank(), fault);
            communicator
                .sum_by_labels(&map, Placement::By(partition))
                .map(drop)
        },
    },
    Function {
        name: "sum_over_samples",
        call: |communicator, fault| {
            let map = map(communicator.rank(), fault);
            communicator
                .sum_over_samples(&map, &["system"], SumOrder::Ranks, Placement::Everywhere)
                .map(drop)
        },
    },
    Function {
        name: "mean_over_samples",
        call: |communicator, fault| {
            let map = map(communicator.rank(), fault);
            communicator
                .mean_over_samples(&map, &["system"], SumOrder::Ranks, Placement::Everywhere)
                .map(drop)
        },
    },
    Function {
        name: "var_over_samples",
        call: |communicator, fault| {
            let map = map(communicator.rank(), fault);
            communicator
                .var_over_samples(&map, &["system"], Placement::Everywhere)
                .map(drop)
        },
    },
    Function {
        name: "std_over_samples",
        call: |communicator, fault| {
            let map = map(communicator.rank(), fault);
            communicator
                .std_over_samples(&map, &["atom"], Placement::Everywhere)
                .map(drop)
        },
    },
    Function {
        name: "lstsq",
        call: |communicator, fault| {
            let x = map(communicator.rank(), fault);
            let y = map(communicator.rank(), Fault::Nothing);
            communicator
                .lstsq(&x, &y, LstsqOptions::default())
                .map(drop)
        },
    },
    Function {
        name: "normal_equations",
        call: |communicator, fault| {
            let x = map(communicator.rank(), Fault::Nothing);
            let y = map(communicator.rank(), fault);
            communicator.normal_equations(&x, &y).map(drop)
        },
    },
    Function {
        name: "halo",
        call: |communicator, fault| {
            let [owned, ghost] = row_and_ghost(communicator);
            let ghosts = match fault {
                Fault::Nothing => [ghost],
                _ => [-1],
            };
            let mut halo = Halo::new(communicator, 1, &[owned], &ghosts)?;
            halo.forward(1, &[1.0], &mut [0.0])?;
            halo.forward_while(1, &[1.0], &mut [0.0], || Ok(()))?;
            halo.reverse(Combine::Add, 1, &[1.0], &mut [0.0])
        },
    },
    Function {
        name: "halo_with_owners",
        call: |communicator, fault| {
            let [owned, ghost] = row_and_ghost(communicator);
            let owners = [ghost as u32];
            let mut halo = Halo::with_owners(communicator, 1, &[owned], &[ghost], &owners)?;
            let elements = match fault {
                Fault::Nothing => 1,
                _ => 2,
            };
            halo.reverse(Combine::Max, 1, &vec![1; elements], &mut [0])?;
            halo.set_agreement(Agreement::Neighbors)?;
            halo.forward(1, &[1.0], &mut [0.0])?;
            halo.set_agreement(Agreement::All)
        },
    },
    Function {
        name: "halo_of_labels",
        call: |communicator, fault| {
            let (rank, size) = (communicator.rank(), communicator.size());
            let own = map(rank, fault);
            let own = own.block_by_id(0)?;
            let ghosts = match size {
                1 => Labels::empty(&["system", "atom"])?,
                _ => map((rank + 1) % size, Fault::Nothing)
                    .block_by_id(0)?
                    .samples()
                    .clone(),
            };
            let names = ["system", "atom"];
            let halo = Halo::of_labels(communicator, own.samples(), &ghosts, &names)?;
            let mut blocks = halo.prepare(own)?;
            let all = blocks.forward(own)?;
            blocks.reverse_add(&all)?;
            // gradients of all ranks are about the same two atoms
            let (owned, ghosts): (&[i32], &[i32]) = match rank {
                0 => (&[0, 1], &[]),
                _ => (&[], &[0, 1]),
            };
            let mut halo = Halo::new(communicator, 1, owned, ghosts)?;
            halo.sum_gradient_rows(own, "positions", &["atom"])
                .map(drop)
        },
    },
];

/// A file in a folder of this process; or, if ranks are processes of their own, in one that all of them know.
fn file(name: &str) -> PathBuf {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    match std::env::var_os("METATENSOR_SHARED_FOLDER") {
        Some(folder) => PathBuf::from(folder).join(name),
        None => FOLDER.path().join(name),
    }
}

/// A row of each rank, and that of the next one as a ghost.
fn row_and_ghost(communicator: &Communicator) -> [i32; 2] {
    let (rank, size) = (communicator.rank(), communicator.size());
    [rank as i32, ((rank + 1) % size) as i32]
}
