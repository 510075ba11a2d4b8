//! Several web-proxies on one separately started chat-server, as people run them.

mod conversation;
mod demo;
mod healing;
mod house;
mod http;
mod limits;
mod load;
mod readers;
mod relaying;
mod shutdown;
