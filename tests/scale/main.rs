//! Much of everything: bursts, the largest frames, thousands who come and go, a full house.

mod bound;
mod bursts;
mod comings;
mod full_house;
mod largest;
mod no_descriptors;
