//! Rebuilds the program when a file of the course that it carries changes.

fn main() {
    for folder in ["specs", "exercises", "reference"] {
        println!("cargo:rerun-if-changed={folder}");
    }
}
