//! Everything about captures: reading, flows, agreement with tshark, live rings, ladders, the command.

mod agreement;
mod broken;
mod command;
mod copies;
mod flow;
mod kept;
mod ladder;
mod made;
mod read;
mod ring;
mod seeds;
mod write;
