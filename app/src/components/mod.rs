//! What till and office share: icons, badges, banners, dialogs, the number pad.
//!
//! Amounts have no component: `Currency::format` of the domain is the one formatter.

mod badge;
mod banner;
mod icon;
mod number_pad;
mod sheet;

pub use badge::{Badge, Tone};
pub use banner::Banner;
pub use icon::{Glyph, Icon};
pub use number_pad::NumberPad;
pub use sheet::Sheet;
