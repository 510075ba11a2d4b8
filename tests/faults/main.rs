//! Every unpleasant byte, towards both tiers, and who is not disturbed by it.

mod frames;
mod killed;
mod killed_commits;
mod killed_files;
mod names;
mod order;
mod sealed;
mod silence;
