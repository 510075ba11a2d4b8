//! Builds again when a file of the page comes or goes; changes of contents are tracked by themselves.

fn main() {
    println!("cargo:rerun-if-changed=../static");
}
