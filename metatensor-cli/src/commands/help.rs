//! `mts completions` and `mts man`: what shells and `man` want to know of the commands.

use clap::CommandFactory;
use clap_complete::generate;
use clap_mangen::Man;

use crate::Outcome;
use crate::arguments::{Arguments, CompletionsOptions};
use crate::output::{Failure, Output};

pub(crate) fn completions(
    options: &CompletionsOptions,
    output: &mut Output,
) -> Result<Outcome, Failure> {
    let mut script = Vec::new();
    generate(options.shell, &mut Arguments::command(), "mts", &mut script);
    output.bytes(&script)?;
    Ok(Outcome::Good)
}

/// One page for all commands.
pub(crate) fn manual(output: &mut Output) -> Result<Outcome, Failure> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    Man::new(command.clone()).render(&mut page)?;
    for inner in command
        .get_subcommands()
        .filter(|inner| inner.get_name() != "help")
    {
        let page_of_inner = Man::new(inner.clone());
        let heading = format!(".SH \"MTS {}\"\n", inner.get_name().to_uppercase());
        page.extend(heading.as_bytes());
        page_of_inner.render_description_section(&mut page)?;
        page_of_inner.render_options_section(&mut page)?;
        if let Some(examples) = inner.get_after_help() {
            page.extend(preformatted(&examples.to_string()).as_bytes());
        }
    }
    output.bytes(&page)?;
    Ok(Outcome::Good)
}

/// Lines that stay lines, in the language of manual pages.
fn preformatted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('-', "\\-");
    format!(".PP\n.nf\n{text}\n.fi\n")
}
