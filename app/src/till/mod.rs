//! The till: sells, with or without a network.
