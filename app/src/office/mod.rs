//! The office: what the manager sees and decides.
