//! `socklab pcap` as a user sees it.

#[path = "../../src/cli/pcap.rs"]
mod pcap;

use clap::Parser as _;

#[derive(clap::Parser)]
struct Trial {
    #[command(flatten)]
    args: pcap::PcapArgs,
}

#[test]
fn trial() {
    let Ok(line) = std::env::var("ARGS") else {
        return;
    };
    let args = Trial::parse_from(std::iter::once("pcap").chain(line.split_whitespace()));
    pcap::run(&args.args).unwrap();
}
