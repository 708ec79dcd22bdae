//! Migrations are compiled in; cargo looks at them only when told to.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
