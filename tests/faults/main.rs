//! Every unpleasant byte, towards both tiers, and who is not disturbed by it.

mod frames;
mod names;
mod order;
mod sealed;
mod silence;
