//! What is below the options in the help of each command. All of these are run by the tests.

pub(crate) const INFO: &str = "Examples:\n\
     \x20 mts info map.mts\n\
     \x20 mts info dataset.zip energy 7\n\
     \x20 mts info --json map.mts";

pub(crate) const LS: &str = "Examples:\n\
     \x20 mts ls map.mts\n\
     \x20 mts ls map.mts --keys center_type=6/8,neighbor_type=1..8\n\
     \x20 mts ls dataset.zip";

pub(crate) const SHOW: &str = "Examples:\n\
     \x20 mts show map.mts --block center_type=6 --head 3\n\
     \x20 mts show map.mts --gradient positions --samples sample=0\n\
     \x20 mts show labels.mts";

pub(crate) const STAT: &str = "Examples:\n\
     \x20 mts stat map.mts\n\
     \x20 mts stat map.mts --keys center_type=8";

pub(crate) const VALIDATE: &str = "Examples:\n\
     \x20 mts validate map.mts dataset.zip";

pub(crate) const DIFF: &str = "Examples:\n\
     \x20 mts diff map.mts other.mts --rtol 1e-6 -n 1\n\
     \x20 mts diff map.mts other.mts --metadata-only\n\
     \x20 mts diff -q map.mts other.mts && echo the same";

pub(crate) const SLICE: &str = "Examples:\n\
     \x20 mts slice map.mts --keys center_type=6 --samples atom=0..3 -o part.mts\n\
     \x20 mts slice map.mts --properties n=0 -o - | mts stat -";

pub(crate) const SPLIT: &str = "Examples:\n\
     \x20 mts split map.mts --keys center_type -o 'part-{center_type}.mts'\n\
     \x20 mts split map.mts --samples system -o 'system-{system}.mts'\n\
     \x20 mts split map.mts --blocks -o 'block-{block}.mts'";

pub(crate) const CONVERT: &str = "Examples:\n\
     \x20 mts convert map.mts --dtype float32 -o single.mts\n\
     \x20 mts convert map.mts --compress -o small.npz";

pub(crate) const PACK: &str = "Examples:\n\
     \x20 mts pack map.mts other.mts --name energy --first 7 -o all.zip\n\
     \x20 mts pack map.mts --name dipole --append -o dataset.zip";

pub(crate) const MERGE: &str = "Examples:\n\
     \x20 mts merge first.mts second.mts -o both.mts";

pub(crate) const APPLY: &str = "Examples:\n\
     \x20 mts apply sum-over-samples map.mts --samples atom -o sum.mts\n\
     \x20 mts apply multiply map.mts 0.5 -o half.mts\n\
     \x20 mts apply equal map.mts other.mts\n\
     \x20 mts apply multiply --help";

pub(crate) const EXPORT: &str = "Examples:\n\
     \x20 mts export map.mts --format triplets --gradient positions -o positions.csv\n\
     \x20 mts export map.mts --block center_type=8,neighbor_type=8 -o values.npy\n\
     \x20 mts export map.mts --format npy -o folder";

pub(crate) const PLOT: &str = "Examples:\n\
     \x20 mts plot map.mts -o map.svg\n\
     \x20 mts plot map.mts --kind sparsity --keys center_type=6 --dark -o positions.png";

pub(crate) const REPORT: &str = "Examples:\n\
     \x20 mts report map.mts -o map.html";

pub(crate) const COMPLETIONS: &str = "Examples:\n\
     \x20 mts completions bash > mts.bash && . ./mts.bash";

pub(crate) const MAN: &str = "Examples:\n\
     \x20 mts man > mts.1";
