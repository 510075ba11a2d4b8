//! HKDF-SHA-512 (RFC 5869), as every key of an account is derived.

use hkdf::Hkdf;
use sha2::Sha512;
use zeroize::Zeroizing;

use crate::open_error::SealError;

/// Derives `N` bytes; the parts of `info` are joined.
///
/// # Errors
/// [`SealError::KeyOperation`] only for more than 255 blocks, which nothing here asks for.
pub(crate) fn derive<const N: usize>(
    input: &[u8],
    salt: &[u8],
    info: &[&[u8]],
) -> Result<Zeroizing<[u8; N]>, SealError> {
    let mut output = Zeroizing::new([0; N]);
    Hkdf::<Sha512>::new(Some(salt), input)
        .expand_multi_info(info, output.as_mut())
        .map_err(|_| SealError::KeyOperation)?;
    Ok(output)
}
