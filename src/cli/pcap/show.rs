//! What a capture holds, as text for a terminal: table, stories, ladders, what was said.

use std::io::{IsTerminal as _, Write};
use std::path::PathBuf;

use unicode_width::UnicodeWidthStr as _;

use super::{PcapArgs, by_address, write_svg};
use crate::capture::flow::Analysis;
use crate::capture::ladder::{Ladder, escape};
use crate::capture::{story, summary};

/// Table lines and stories shown of one file; `--json` has no such limit.
const MAX_LINES: usize = 100;
const MAX_STORIES: usize = 12;
/// A terminal narrower than this is treated as one of this width.
const NARROWEST: usize = 40;

/// Columns of the terminal; what goes into a file or a pipe has no width.
fn width() -> usize {
    let size = terminal_size::terminal_size().filter(|_| std::io::stdout().is_terminal());
    size.map_or(usize::MAX, |(width, _)| usize::from(width.0).max(NARROWEST))
}

/// Breaks a text at blanks; further lines are indented. A word longer than a line is left whole.
fn wrapped(text: &str, indent: usize, width: usize) -> String {
    let mut out = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        if used > 0 && used + 1 + word.width() > width {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else if used > 0 {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += word.width();
    }
    out
}

/// What is in each capture, for reading.
pub(super) fn text(
    results: &[(&PathBuf, anyhow::Result<Analysis>)],
    args: &PcapArgs,
) -> anyhow::Result<()> {
    let mut out = anstream::stdout().lock();
    let width = width();
    for (i, (path, result)) in results.iter().enumerate() {
        let shown = escape(&path.display().to_string());
        match result {
            Err(e) => anstream::eprintln!("{shown}: {e:#}"),
            Ok(analysis) => {
                if i > 0 {
                    writeln!(out)?;
                }
                print_analysis(&mut out, &shown, analysis, args, width)?;
            }
        }
    }
    Ok(())
}

fn print_analysis(
    out: &mut impl Write,
    file: &str,
    analysis: &Analysis,
    args: &PcapArgs,
    width: usize,
) -> anyhow::Result<()> {
    let bold = anstyle::Style::new().bold();
    let headline = format!("{file}: {}", summary::headline(analysis));
    let headline = wrapped(&headline, 2, width);
    match headline.strip_prefix(file) {
        Some(rest) => writeln!(out, "{bold}{file}{bold:#}{rest}")?,
        None => writeln!(out, "{headline}")?,
    }
    for warning in &analysis.warnings {
        let yellow = anstyle::AnsiColor::Yellow.on_default();
        let text = wrapped(
            &format!("warning: {}", escape(&warning.to_string())),
            9,
            width,
        );
        let rest = text.strip_prefix("warning").unwrap_or(&text);
        writeln!(out, "{yellow}warning{yellow:#}{rest}")?;
    }
    if analysis.flows.is_empty() && analysis.udp.is_empty() {
        writeln!(out, "no TCP connection and no UDP datagram in it")?;
        return Ok(());
    }
    writeln!(out)?;
    write!(out, "{}", summary::table(analysis, MAX_LINES, width))?;
    stories(out, analysis, args, width)?;
    if let Some(path) = &args.svg {
        write_svg(path, analysis, args.flow)?;
        writeln!(
            out,
            "\nladder written to {}",
            escape(&path.display().to_string())
        )?;
    }
    Ok(())
}

fn stories(
    out: &mut impl Write,
    analysis: &Analysis,
    args: &PcapArgs,
    width: usize,
) -> anyhow::Result<()> {
    let name_of = by_address(analysis);
    let bold = anstyle::Style::new().bold();
    let most = if args.flow.is_some() {
        usize::MAX
    } else {
        MAX_STORIES
    };
    for flow in analysis.flows.iter().take(most) {
        writeln!(
            out,
            "\n{bold}tcp/{}{bold:#} · in Zeek's words {}, {}",
            flow.index, flow.conn_state, flow.history
        )?;
        for line in story::tell(flow) {
            writeln!(out, "  {}", wrapped(&line, 4, width.saturating_sub(2)))?;
        }
        let layers = summary::layers(&flow.bytes());
        writeln!(out, "  {}.", wrapped(&layers, 4, width.saturating_sub(3)))?;
        if args.ladder {
            let ladder = Ladder::of_flow(flow, &name_of);
            write!(out, "\n{}", ladder.text_within(width))?;
        }
        if args.follow {
            write!(out, "\n{}", summary::conversation(flow))?;
        }
    }
    for exchange in analysis.udp.iter().take(most) {
        writeln!(out, "\n{bold}udp/{}{bold:#}", exchange.index)?;
        for line in story::tell_udp(exchange) {
            writeln!(out, "  {}", wrapped(&line, 4, width.saturating_sub(2)))?;
        }
        let layers = summary::layers(&exchange.bytes());
        writeln!(out, "  {}.", wrapped(&layers, 4, width.saturating_sub(3)))?;
        if args.ladder {
            let ladder = Ladder::of_udp(exchange, analysis, &name_of);
            write!(out, "\n{}", ladder.text_within(width))?;
        }
        if args.follow {
            write!(out, "\n{}", summary::datagrams(exchange))?;
        }
    }
    let hidden =
        analysis.flows.len().saturating_sub(most) + analysis.udp.len().saturating_sub(most);
    if hidden > 0 {
        writeln!(
            out,
            "\n{} more; --flow tcp/N tells one",
            story::count(hidden as u64, "flow")
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn a_text_breaks_at_blanks_and_never_inside_a_word() {
        assert_eq!(wrapped("one two three", 2, 7), "one two\n  three");
        assert_eq!(wrapped("unbreakable", 2, 4), "unbreakable");
        assert_eq!(wrapped("one two", 2, usize::MAX), "one two");
    }
}
