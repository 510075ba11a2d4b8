//! A certificate authority for one test.

use std::path::PathBuf;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

use crate::folder::Folder;

/// PEM files of an authority and of a server on loopback that it vouches for.
#[derive(Debug)]
pub struct Certificates {
    /// What a client trusts.
    pub authority: PathBuf,
    /// What a server shows.
    pub certificate: PathBuf,
    /// The server's private key.
    pub key: PathBuf,
    /// The private key's DER, to look for it where it must not be.
    pub key_der: Vec<u8>,
}

impl Certificates {
    /// Makes them in a folder.
    ///
    /// # Panics
    /// If they cannot be made.
    pub fn make(folder: &Folder) -> Self {
        Self::try_make(folder).expect("certificates")
    }

    fn try_make(folder: &Folder) -> Result<Self, rcgen::Error> {
        let authority_key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = params.self_signed(&authority_key)?;
        let issuer = Issuer::new(params, authority_key);
        let key = KeyPair::generate()?;
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;
        Ok(Self {
            authority: folder.write("authority.pem", authority.pem()),
            certificate: folder.write("certificate.pem", certificate.pem()),
            key: folder.write("key.pem", key.serialize_pem()),
            key_der: key.serialize_der(),
        })
    }
}
