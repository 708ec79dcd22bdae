//! The icons, drawn for Keeptill in one hand: 24 by 24, a round pen of 2, no fill. Free to use with the rest of it.

use leptos::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Glyph {
    Alert,
    Back,
    Backspace,
    Box,
    Card,
    Cart,
    Cash,
    Check,
    ChevronUp,
    Close,
    Cloud,
    Device,
    Download,
    Edit,
    Home,
    List,
    LogOut,
    Minus,
    Person,
    Plus,
    Print,
    Receipt,
    Refresh,
    Scales,
    Search,
    Tag,
    Trash,
    Undo,
    Voucher,
}

impl Glyph {
    fn path(self) -> &'static str {
        match self {
            Self::Alert => "M12 4 2.8 20h18.4zM12 10v4m0 3v.01",
            Self::Back => "M11 5 4 12l7 7M4 12h16",
            Self::Backspace => "M8 5h11a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H8l-6-7zm3 4.5 5 5m0-5-5 5",
            Self::Box => "m12 3 8.5 4.5v9L12 21l-8.5-4.5v-9zM3.5 7.5 12 12l8.5-4.5M12 12v9",
            Self::Card => "M4 5h16a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V7a2 2 0 0 1 2-2zm-2 5h20M6 15h4",
            Self::Cart => "M2 3h3l2.6 12.2a1 1 0 0 0 1 .8h9.2a1 1 0 0 0 1-.8L21 7H6m3.5 13v.01m8-.01v.01",
            Self::Cash => "M2 6h20v12H2zm10 9a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM5.5 12v.01m13-.01v.01",
            Self::Check => "m4 12.5 5.5 5.5L20 7",
            Self::ChevronUp => "m5 15 7-7 7 7",
            Self::Close => "m6 6 12 12M18 6 6 18",
            Self::Cloud => "M7 19a5 5 0 0 1-.6-9.96 6 6 0 0 1 11.5 1A4.5 4.5 0 0 1 17.5 19z",
            Self::Device => "M6 2h12a2 2 0 0 1 2 2v16a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V4a2 2 0 0 1 2-2zm5 16h2",
            Self::Download => "M12 3v12m-5-5 5 5 5-5M4 20h16",
            Self::Edit => "m4 20 1-4.5L16.5 4a2 2 0 0 1 3 0l.5.5a2 2 0 0 1 0 3L8.5 19zm10-13.5 3.5 3.5",
            Self::Home => "m3 11 9-8 9 8v9a1 1 0 0 1-1 1h-5v-7H9v7H4a1 1 0 0 1-1-1z",
            Self::List => "M8 6h13M8 12h13M8 18h13M3 6v.01M3 12v.01M3 18v.01",
            Self::LogOut => "M10 3H5a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h5m6-4 5-5-5-5m5 5H9",
            Self::Minus => "M5 12h14",
            Self::Person => "M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zm-8.5 9a8.5 8.5 0 0 1 17 0",
            Self::Plus => "M12 5v14m-7-7h14",
            Self::Print => {
                "M7 8V3h10v5M7 17H4a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1h16a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-3M7 13h10v8H7z"
            }
            Self::Receipt => "M5 2.5v19l3-2 2 2 2-2 2 2 2-2 3 2v-19zM9 8h6m-6 5h6",
            Self::Refresh => "M20 11a8 8 0 0 0-14.5-3.5L3.5 10m.5-6v6h6m-6 3a8 8 0 0 0 14.5 3.5l2-2.5m-.5 6v-6h-6",
            Self::Scales => "M12 3v18m-5 0h10M5 6h14M5 6l-3 8a3 3 0 0 0 6 0zm14 0-3 8a3 3 0 0 0 6 0z",
            Self::Search => "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zm5-2 5 5",
            Self::Tag => "M3 3h8l10 10-8 8L3 11zm4.5 4.5v.01",
            Self::Trash => "M4 6h16M9 6V3h6v3M6 6l1 15h10l1-15M10 10.5v6m4-6v6",
            Self::Undo => "M8 4 3 9l5 5M3 9h11a6 6 0 0 1 0 12H8",
            Self::Voucher => "M2 6h20v4a2 2 0 0 0 0 4v4H2v-4a2 2 0 0 0 0-4zm13 0v2m0 3v2m0 3v2",
        }
    }
}

/// Never says anything by itself: the control around it carries the name.
#[component]
pub fn Icon(glyph: Glyph) -> impl IntoView {
    view! {
        <svg
            class="icon"
            viewBox="0 0 24 24"
            fill="none"
            stroke="currentColor"
            stroke-width="2"
            stroke-linecap="round"
            stroke-linejoin="round"
            aria-hidden="true"
        >
            <path d=glyph.path()></path>
        </svg>
    }
}
