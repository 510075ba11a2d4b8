//! Under which address and name other machines know this one.

use std::{
    fs,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
};

/// The address that packets to elsewhere would leave from; `None` without a network.
///
/// Connecting a UDP socket chooses a route and sends nothing.
pub(crate) fn address() -> Option<IpAddr> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    socket.connect(ELSEWHERE).ok()?;
    let address = socket.local_addr().ok()?.ip();
    (!address.is_unspecified() && !address.is_loopback()).then_some(address)
}

/// The name of this machine, where it is one that a certificate can hold.
pub(crate) fn host_name() -> Option<String> {
    let name = fs::read_to_string("/etc/hostname")
        .ok()?
        .trim()
        .to_ascii_lowercase();
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.".contains(&byte);
    (!name.is_empty() && name.bytes().all(plain)).then_some(name)
}

/// An address of the range for documentation (RFC 5737), which nobody has.
const ELSEWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)), 9);
