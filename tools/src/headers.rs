//! The C headers that are generated from the sources of `metatensor-capi`.

use std::error::Error;
use std::path::PathBuf;

use cbindgen::{Builder, Config};

use crate::repository;

/// One generated header.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Path in `include/`.
    pub path: &'static str,
    /// What it is for, in its first comment.
    purpose: &'static str,
    /// Source files in `metatensor-capi/src/`, in the order of the header.
    sources: &'static [&'static str],
    /// Lines that include other headers.
    includes: &'static str,
}

/// All generated headers.
pub const HEADERS: &[Header] = &[
    Header {
        path: "metatensor.h",
        purpose: "Labels, blocks and maps, compatible with the C interface of metatensor 0.2.",
        sources: &[
            "ffi/status.rs",
            "functions/library.rs",
            "functions/errors.rs",
            "types/array/mod.rs",
            "functions/arrays.rs",
            "types/labels.rs",
            "functions/labels.rs",
            "functions/label_sets.rs",
            "types/block.rs",
            "functions/blocks.rs",
            "types/tensor_map.rs",
            "functions/tensor_maps.rs",
            "functions/growing_buffer.rs",
            "functions/files.rs",
        ],
        includes: "#include <stdbool.h>\n#include <stdint.h>\n\n#include \"metatensor/dlpack/dlpack.h\"\n\
                   #include \"metatensor/version.h\"\n",
    },
    Header {
        path: "metatensor/arrays.h",
        purpose: "Arrays on top of memory of the caller, and what the library has.",
        sources: &["functions/memory.rs"],
        includes: "#include \"metatensor.h\"\n",
    },
    Header {
        path: "metatensor/shortcuts.h",
        purpose: "What most programs need, in one call each: labels from a table, elements, blocks by label, text.",
        sources: &[
            "functions/tables.rs",
            "functions/elements.rs",
            "functions/lookups.rs",
            "functions/texts.rs",
        ],
        includes: "#include <stdbool.h>\n#include <stdint.h>\n#include <stdio.h>\n\n#include \"metatensor.h\"\n\n\
                   /** The length of an axis that can have any, for mts_block_elements. */\n\
                   #define MTS_ANY_LENGTH UINTPTR_MAX\n",
    },
    Header {
        path: "metatensor/gradient_map.h",
        purpose: "The link between the samples of a block and the rows of its gradients.",
        sources: &[
            "types/gradient_map.rs",
            "functions/gradient_maps.rs",
            "functions/gradient_rows.rs",
        ],
        includes: "#include \"metatensor.h\"\n",
    },
    Header {
        path: "metatensor/files.h",
        purpose: "Files that are being written.",
        sources: &["functions/temporaries.rs"],
        includes: "",
    },
    Header {
        path: "metatensor/io.h",
        purpose: "Maps in files: read in part or mapped, checked, written block by block, appended to, merged; and many in one.",
        sources: &[
            "types/reader.rs",
            "types/map_file.rs",
            "types/map_writer.rs",
            "functions/map_files.rs",
            "functions/map_file_headers.rs",
            "functions/mapped_files.rs",
            "functions/map_writers.rs",
            "types/problems.rs",
            "functions/validation.rs",
            "types/collection.rs",
            "functions/collections.rs",
            "functions/collection_writers.rs",
        ],
        includes: "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n#include \"metatensor.h\"\n\
                   #include \"metatensor/operations.h\"\n\n\
                   /** An `mts_load_many_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_LOAD_MANY_OPTIONS_INIT \\\n    \
                   {\"system\", NULL, MTS_JOIN_KEYS_UNION, MTS_MISSING_GRADIENTS_ERROR}\n",
    },
    Header {
        path: "metatensor/threads.h",
        purpose: "How many threads the library uses.",
        sources: &["functions/threads.rs"],
        includes: "#include <stdint.h>\n",
    },
    Header {
        path: "metatensor/memory.h",
        purpose: "Memory that the library keeps to use it again.",
        sources: &["functions/kept_memory.rs"],
        includes: "#include <stdint.h>\n\n#include \"metatensor.h\"\n",
    },
    Header {
        path: "metatensor/interpreters.h",
        purpose: "Arrays of languages with an interpreter, without calling it for each of them.",
        sources: &["types/array/late.rs", "functions/interpreters.rs"],
        includes: "#include <stdint.h>\n\n#include \"metatensor.h\"\n",
    },
    Header {
        path: "metatensor/resource_limits.h",
        purpose: "What loading a file and making a result may cost.",
        sources: &["functions/resource_limits.rs"],
        includes: "#include <stdint.h>\n\n#include \"metatensor.h\"\n",
    },
    Header {
        path: "metatensor/operations.h",
        purpose: "Operations on maps and blocks, gradients included.",
        // the modules in it come with it
        sources: &["types/operations/mod.rs", "functions/operations/mod.rs"],
        includes: "#include <math.h>\n#include <stddef.h>\n\n#include \"metatensor.h\"\n\n\
                   /** An `mts_allclose_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_ALLCLOSE_OPTIONS_INIT {1e-13, 1e-12, false}\n\
                   /** An `mts_equal_metadata_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_EQUAL_METADATA_OPTIONS_INIT {MTS_METADATA_ALL, true}\n\
                   /** An `mts_join_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_JOIN_OPTIONS_INIT {MTS_JOIN_KEYS_ERROR, NULL}\n\
                   /** An `mts_lstsq_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_LSTSQ_OPTIONS_INIT {NAN}\n\
                   /** An `mts_block_names_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_BLOCK_NAMES_INIT {{NULL, 0}, {NULL, 0}, {NULL, 0}, false, false, false}\n",
    },
    Header {
        path: "metatensor/products.h",
        purpose: "Products of maps by their labels, from densities of atoms to energies, and forces; with gradients.",
        // the modules in the last one come with it
        sources: &["types/products.rs", "functions/products/mod.rs"],
        includes: "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n#include \"metatensor.h\"\n\
                   #include \"metatensor/operations.h\"\n\n\
                   /** An `mts_contract_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_CONTRACT_OPTIONS_INIT \\\n    \
                   {NULL, NULL, NULL, NULL, NULL, MTS_SAMPLE_PAIRS_INTERSECTION, NULL, NULL, 0}\n\
                   /** An `mts_invariants_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_INVARIANTS_OPTIONS_INIT \\\n    \
                   {MTS_NORMALISATION_CLEBSCH_GORDAN, MTS_NEIGHBOR_PAIRS_UNIQUE, 0}\n\
                   /** An `mts_cg_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_CG_OPTIONS_INIT {NULL, 0}\n\
                   /** An `mts_cg_power_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_CG_POWER_OPTIONS_INIT {-1, NULL, true, 0}\n",
    },
    Header {
        path: "metatensor/distributed.h",
        purpose: "Maps over several processes: moved, summed, loaded and saved by all of them together; and halos.",
        // the modules in them come with them
        sources: &["types/distributed/mod.rs", "functions/distributed/mod.rs"],
        includes: "#include <stdbool.h>\n#include <stddef.h>\n#include <stdint.h>\n\n#include \"metatensor.h\"\n\
                   #include \"metatensor/operations.h\"\n\n\
                   /** An `mts_collective_save_options_t` that is what NULL stands for, to change some of it. */\n\
                   #define MTS_COLLECTIVE_SAVE_OPTIONS_INIT {0}\n",
    },
];

impl Header {
    /// Where the header is in the repository.
    pub fn location(&self) -> PathBuf {
        repository().join("include").join(self.path)
    }

    /// The text the header should have.
    ///
    /// # Errors
    ///
    /// If the sources can not be read or understood.
    pub fn generate(&self) -> Result<String, Box<dyn Error>> {
        let crate_directory = repository().join("metatensor-capi");
        let mut config = Config::from_file(crate_directory.join("cbindgen.toml"))?;
        let guard = self.path.to_uppercase().replace(['/', '.'], "_");
        config.header = Some(format!(
            "/** @file\n * {}\n */\n/* Generated from the sources of metatensor-capi by `cargo xtask headers`.\n * Change \
             those, not this file. */",
            self.purpose
        ));
        config.include_guard = Some(guard);
        config.after_includes = Some(self.includes.to_owned());
        let mut builder = Builder::new().with_config(config);
        for source in self.sources {
            builder = builder.with_src(crate_directory.join("src").join(source));
        }
        let mut text = Vec::new();
        builder.generate()?.write(&mut text);
        // `const char *` is written as if it were one word
        Ok(String::from_utf8(text)?.replace("const char * ", "const char *"))
    }
}
