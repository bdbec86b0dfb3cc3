//! What can be given on the command line.

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use metatensor_core::DType;

use crate::commands::apply::ApplyOptions;
use crate::examples;
use crate::file_options::{FileOptions, OutputOptions};
use crate::selection::Selection;

/// Look at files of metatensor (.mts), and compare them.
///
/// FILE is a path, or - for standard input. Ends with 0; with 1 if files differ or one is invalid; with 2 for errors.
#[derive(Debug, Parser)]
#[command(name = "mts", version, max_term_width = 100)]
pub(crate) struct Arguments {
    /// Print JSON instead of text. Numbers that it does not have are the strings "NaN", "inf" and "-inf"
    #[arg(long, global = true)]
    pub(crate) json: bool,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// What a file holds and how it stores it, from its headers: compressed or not, where arrays can be mapped
    #[command(after_help = examples::INFO)]
    Info(InfoOptions),
    /// One line for each block
    #[command(after_help = examples::LS)]
    Ls(LsOptions),
    /// Values beside their labels
    #[command(after_help = examples::SHOW)]
    Show(ShowOptions),
    /// Smallest and largest values, means, norms and sparsity of each block
    ///
    /// Of complex numbers, all of this is about absolute values. Integers are rounded to double precision. The norm is the square root of the sum of squares. NaN is
    /// counted, and left out of all the rest. `rows a sample` is how many rows a gradient has for each sample, in the mean.
    #[command(after_help = examples::STAT)]
    Stat(StatOptions),
    /// Everything that is wrong with files, and where
    #[command(after_help = examples::VALIDATE)]
    Validate(ValidateOptions),
    /// What is different between two files: keys and rows are matched by their labels
    ///
    /// Both are maps or blocks, or both are labels, or both are collections, whose maps are matched by number and name. Another order, and other info strings, are told but are no difference.
    #[command(after_help = examples::DIFF)]
    Diff(DiffOptions),
    /// A part of a map, as a new file
    #[command(after_help = examples::SLICE)]
    Slice(SliceOptions),
    /// Several files of one: by keys, by samples, or one for each block
    #[command(after_help = examples::SPLIT)]
    Split(SplitOptions),
    /// The same map with another data type, or in another form: byte order, compressed, packed, or what this library writes by itself
    #[command(after_help = examples::CONVERT)]
    Convert(ConvertOptions),
    /// A collection of maps, one for each file
    #[command(after_help = examples::PACK)]
    Pack(PackOptions),
    /// One file of the blocks of several maps; or one map with its arrays aligned or packed
    #[command(after_help = examples::MERGE)]
    Merge(MergeOptions),
    /// An operation of the library: mts apply --list has all of them
    #[command(after_help = examples::APPLY)]
    Apply(ApplyOptions),
    /// Values with their labels, in a format that other programs read
    #[command(after_help = examples::EXPORT)]
    Export(ExportOptions),
    /// A picture of a map: its blocks to scale, where its gradients are, or its values
    #[command(after_help = examples::PLOT)]
    Plot(PlotOptions),
    /// A page about a file, for a browser: tables and pictures, with nothing to fetch
    #[command(after_help = examples::REPORT)]
    Report(ReportOptions),
    /// What a shell needs to complete commands: mts completions bash > FILE
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsOptions),
    /// The manual page, for man: mts man > mts.1
    #[command(after_help = examples::MAN)]
    Man,
}

#[derive(Args, Debug)]
pub(crate) struct InfoOptions {
    #[command(flatten)]
    pub(crate) input: FileOptions,
}

#[derive(Args, Debug)]
pub(crate) struct LsOptions {
    #[command(flatten)]
    pub(crate) input: FileOptions,
    /// Blocks to list, all of them without this: names=values of keys, as center_type=1/6/8,o3_lambda=0..2 (both ends included)
    #[arg(long, value_name = "KEYS")]
    pub(crate) keys: Option<Selection>,
}

#[derive(Args, Debug)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    pub(crate) input: FileOptions,
    /// Blocks to show, as for `mts ls --keys`
    #[arg(long, value_name = "KEYS")]
    pub(crate) block: Option<Selection>,
    /// Gradient to show instead of the values, by its parameter; positions/strain is a gradient of a gradient
    #[arg(long, value_name = "PARAMETER")]
    pub(crate) gradient: Option<String>,
    /// Rows to show, all of them without this, as for keys: system=0,atom=3..5
    #[arg(long, value_name = "SAMPLES")]
    pub(crate) samples: Option<Selection>,
    /// Rows to show of each block, at most
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) head: usize,
}

#[derive(Args, Debug)]
pub(crate) struct StatOptions {
    #[command(flatten)]
    pub(crate) input: FileOptions,
    /// Blocks to look at, as for `mts ls --keys`
    #[arg(long, value_name = "KEYS")]
    pub(crate) keys: Option<Selection>,
}

#[derive(Args, Debug)]
pub(crate) struct ValidateOptions {
    /// Files to look at
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
}

#[derive(Args, Debug)]
pub(crate) struct DiffOptions {
    /// The one file
    pub(crate) first: String,
    /// The other file, whose values tolerances are relative to
    pub(crate) second: String,
    /// Relative tolerance: values a and b are close if |a - b| <= atol + rtol |b|
    #[arg(long, value_name = "X", default_value = "1e-13", value_parser = tolerance, allow_negative_numbers = true)]
    pub(crate) rtol: f64,
    /// Absolute tolerance, in the units of the values
    #[arg(long, value_name = "X", default_value = "1e-12", value_parser = tolerance, allow_negative_numbers = true)]
    pub(crate) atol: f64,
    /// NaN is equal to NaN, which differs from everything without this
    #[arg(long)]
    pub(crate) equal_nan: bool,
    /// Only compare labels, gradients and types
    #[arg(long)]
    pub(crate) metadata_only: bool,
    /// Another order of blocks and rows is a difference
    #[arg(long)]
    pub(crate) ordered: bool,
    /// Places to name of each block and gradient, at most, the worst ones first
    #[arg(short = 'n', value_name = "N", default_value_t = 3)]
    pub(crate) places: usize,
    /// Print nothing: only end with 0 or 1
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

#[derive(Args, Debug)]
pub(crate) struct SliceOptions {
    /// File with a map
    pub(crate) file: String,
    /// Blocks to take, as for `mts ls --keys`
    #[arg(long, value_name = "KEYS")]
    pub(crate) keys: Option<Selection>,
    /// Samples of them to take, with their gradients. Blocks without any of them stay, without rows
    #[arg(long, value_name = "SAMPLES")]
    pub(crate) samples: Option<Selection>,
    /// Properties of them to take
    #[arg(long, value_name = "PROPERTIES")]
    pub(crate) properties: Option<Selection>,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args, Debug)]
pub(crate) struct MergeOptions {
    /// Files with maps, which have no key in common
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    /// No gaps between arrays: programs that map the file copy them
    #[arg(long)]
    pub(crate) packed: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args, Debug)]
pub(crate) struct SplitOptions {
    /// File with a map
    pub(crate) file: String,
    #[command(flatten)]
    pub(crate) by: SplitBy,
    /// Names of the new files, with names in braces for the values that they are split by, as out-{center_type}.mts
    #[arg(short, long, value_name = "PATTERN")]
    pub(crate) output: String,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

/// What the new files have of the old one.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct SplitBy {
    /// One file for all blocks with the same values of these dimensions of the keys: center_type,neighbor_type
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) keys: Vec<String>,
    /// One file for all samples with the same values of these dimensions, with their gradients. Each has all blocks, some of
    /// them without rows
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) samples: Vec<String>,
    /// One file for each block: PATTERN has names of keys, or {block} for its number
    #[arg(long)]
    pub(crate) blocks: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ConvertOptions {
    /// File with a map (.mts or .npz), in any byte order, compressed or not
    pub(crate) file: String,
    /// Data type of values and gradients, as float32. Numbers that it does not have are an error, but for digits that floating
    /// point numbers lose
    #[arg(long, value_name = "TYPE", value_parser = data_type)]
    pub(crate) dtype: Option<DType>,
    /// Order of the bytes of all numbers, also those of labels. Programs only map files in the order of their machine, which is
    /// what is written without this
    #[arg(long, value_enum, default_value_t = Order::Native)]
    pub(crate) byte_order: Order,
    /// Compress everything (DEFLATE): smaller, but slow to read, and programs can not map it
    #[arg(long, conflicts_with = "packed")]
    pub(crate) compress: bool,
    /// No gaps between arrays: programs that map the file copy them
    #[arg(long)]
    pub(crate) packed: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Order {
    /// Least significant byte first
    Little,
    /// Most significant byte first
    Big,
    /// That of this machine
    Native,
}

/// What is at least 0, as nothing is closer than what is equal.
fn tolerance(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(tolerance) if tolerance >= 0.0 => Ok(tolerance),
        Ok(_) => Err("tolerances are not negative".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn data_type(name: &str) -> Result<DType, String> {
    let known = DType::ALL.iter().find(|dtype| dtype.to_string() == name);
    known.copied().ok_or_else(|| {
        let names: Vec<String> = DType::ALL.iter().map(ToString::to_string).collect();
        format!("there are {}", names.join(", "))
    })
}

#[derive(Args, Debug)]
pub(crate) struct PackOptions {
    /// Files with maps: NUMBER/NAME.mts, or any others with --name
    #[arg(required = true)]
    pub(crate) files: Vec<String>,
    /// Name of all maps, which are numbered in the order of the files
    #[arg(long)]
    pub(crate) name: Option<String>,
    /// Number of the first map
    #[arg(long, value_name = "N", requires = "name", default_value_t = 0)]
    pub(crate) first: i32,
    /// Add to the collection that is there
    #[arg(long, conflicts_with = "force")]
    pub(crate) append: bool,
    /// Members are arrays of bytes, for programs that read each of them with numpy.load
    #[arg(long)]
    pub(crate) numpy: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args, Debug)]
pub(crate) struct ExportOptions {
    #[command(flatten)]
    pub(crate) input: FileOptions,
    /// Format, csv if the name of the file does not say it, and --json does not
    #[arg(long, value_enum)]
    pub(crate) format: Option<Format>,
    /// Blocks to write, as for `mts ls --keys`
    #[arg(long, value_name = "KEYS")]
    pub(crate) block: Option<Selection>,
    /// Gradient to write instead of the values; positions/strain is a gradient of a gradient
    #[arg(long, value_name = "PARAMETER")]
    pub(crate) gradient: Option<String>,
    /// Rows to write, as for keys
    #[arg(long, value_name = "SAMPLES")]
    pub(crate) samples: Option<Selection>,
    /// The new file, which is there when all of it is written, or standard output without this. For npy, FILE.npy has the
    /// values of one block, and any other name is that of a folder with all arrays and labels, as in a file
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<String>,
    /// Replace what is there
    #[arg(long)]
    pub(crate) force: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A line for each row, with labels first, then a column for each component and property. Complex numbers are like 1.5-2i
    Csv,
    /// A line for each value that is not zero, with all of its labels
    Triplets,
    /// Blocks with labels, values as nested lists, and gradients. Complex numbers are lists of two
    Json,
    /// Arrays for numpy.load. Labels have fields with the names of their dimensions
    Npy,
}

#[derive(Args, Debug)]
pub(crate) struct PlotOptions {
    #[command(flatten)]
    pub(crate) input: FileOptions,
    /// What the picture shows
    #[arg(long, value_enum, default_value_t = PictureKind::Structure)]
    pub(crate) kind: PictureKind,
    /// Blocks to show, as for `mts ls --keys`. If they are too many for a picture, it shows the largest ones, and says so
    #[arg(long, value_name = "KEYS")]
    pub(crate) keys: Option<Selection>,
    /// Format of the picture, if the name of the file does not say it
    #[arg(long, value_enum)]
    pub(crate) format: Option<PictureFormat>,
    /// Colors for a dark background. Without it, SVG has those that whoever looks at it prefers, and PNG bright ones
    #[arg(long)]
    pub(crate) dark: bool,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Args, Debug)]
pub(crate) struct ReportOptions {
    #[command(flatten)]
    pub(crate) input: FileOptions,
    #[command(flatten)]
    pub(crate) output: OutputOptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PictureKind {
    /// Values and gradients of each block, to scale
    Structure,
    /// Rows of gradients beside the samples that they belong to, with lines between them
    Mapping,
    /// Where gradients have rows: samples against atoms, or what else they are with respect to
    Sparsity,
    /// How many values there are of each size
    Histogram,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PictureFormat {
    Svg,
    Png,
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsOptions {
    /// The shell
    pub(crate) shell: Shell,
}
