//! What till and office share: icons, amounts, badges, sheets.
