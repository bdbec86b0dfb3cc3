//! The functions that all have to agree.

use std::path::PathBuf;
use std::sync::LazyLock;

use metatensor_core::{DenseArray, Error, Result};
use metatensor_distributed::{Communicator, Order, Partition, SaveOptions};
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
];

/// A file in a folder of this process.
fn file(name: &str) -> PathBuf {
    static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    FOLDER.path().join(name)
}
