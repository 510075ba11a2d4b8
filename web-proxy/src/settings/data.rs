//! Where data is kept when nothing else is said.

use std::{env, path::PathBuf};

/// The data folder of the platform: `$XDG_DATA_HOME/sealwire`, else `~/.local/share/sealwire`, else
/// `./sealwire-data`.
#[expect(
    clippy::disallowed_methods,
    reason = "a default of the settings; read once, at start"
)]
pub fn default_data_folder() -> PathBuf {
    choose(
        env::var_os("XDG_DATA_HOME").map(PathBuf::from),
        env::home_dir(),
    )
}

fn choose(data_home: Option<PathBuf>, home: Option<PathBuf>) -> PathBuf {
    // A relative XDG_DATA_HOME is to be ignored (XDG Base Directory Specification).
    let absolute = |path: &PathBuf| path.is_absolute();
    data_home
        .filter(absolute)
        .or_else(|| home.filter(absolute).map(|home| home.join(".local/share")))
        .map_or_else(|| "sealwire-data".into(), |folder| folder.join("sealwire"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_the_platform_comes_first() {
        let home = || Some("/home/ada".into());
        assert_eq!(
            choose(Some("/data".into()), home()),
            PathBuf::from("/data/sealwire")
        );
        let ignored = choose(Some("data".into()), home());
        assert_eq!(ignored, PathBuf::from("/home/ada/.local/share/sealwire"));
        assert_eq!(choose(None, None), PathBuf::from("sealwire-data"));
    }
}
