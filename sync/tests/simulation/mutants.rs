//! Bugs put in on purpose, each where it would be in a till or a server that has it. The simulation must catch every
//! one of them; the table says within how many seeds.

/// None of these is in code that ships: the hands, the store and the server of the simulation do them, and where the
/// engine itself would have to be wrong, what it is told or what it asks for is changed on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mutant {
    /// "Paid" is shown when the transaction begins.
    AcknowledgedBeforeStored,
    /// A page's position is written though its rows could not be.
    CheckpointPastUnappliedPull,
    /// A poke that comes during a round is dropped.
    PokeLostDuringRound,
    /// A push whose answer was lost is tried again under new ids.
    NewIdAfterLostAnswer,
    /// What was on its way when the tab died is never picked up.
    InFlightNeverRetried,
    /// A batch that the server refuses ends the round.
    StopsAtFirstBadSale,
    /// A pull resets what the till knows to be sold and not sent.
    PullOverwritesUnsent,
    /// A page's cursor is that of the newest row there is.
    CursorIsHighestRow,
    /// A newer build's upgrade leaves the journal out of its list of stores.
    UpgradeDropsStore,
    /// The lock stays taken when its holder dies.
    LockDiesWithHolder,
    /// A 401 uses up a try, and there are two.
    UnauthorisedCountsAsTry,
    /// An answer marks what another tab has under way as well.
    MarkedSentByOtherTab,
    /// A version is drawn when a transaction begins, and held by nobody.
    VersionsMaySkip,
    /// Nothing is asked of a server that was restored.
    RestoreGoesUnnoticed,
}

impl Mutant {
    pub const ALL: [Self; 14] = [
        Self::AcknowledgedBeforeStored,
        Self::CheckpointPastUnappliedPull,
        Self::PokeLostDuringRound,
        Self::NewIdAfterLostAnswer,
        Self::InFlightNeverRetried,
        Self::StopsAtFirstBadSale,
        Self::PullOverwritesUnsent,
        Self::CursorIsHighestRow,
        Self::UpgradeDropsStore,
        Self::LockDiesWithHolder,
        Self::UnauthorisedCountsAsTry,
        Self::MarkedSentByOtherTab,
        Self::VersionsMaySkip,
        Self::RestoreGoesUnnoticed,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::AcknowledgedBeforeStored => "acknowledged before stored",
            Self::CheckpointPastUnappliedPull => "checkpoint advanced past an unapplied pull",
            Self::PokeLostDuringRound => "a poke lost during a round",
            Self::NewIdAfterLostAnswer => "retry after a lost answer with a new id",
            Self::InFlightNeverRetried => "in-flight rows never retried after a crash",
            Self::StopsAtFirstBadSale => "a batch that stops at its first bad sale",
            Self::PullOverwritesUnsent => "a pull overwriting unsent state",
            Self::CursorIsHighestRow => "a cursor taken as the highest row",
            Self::UpgradeDropsStore => "an upgrade that drops a store",
            Self::LockDiesWithHolder => "a lock that dies with its holder",
            Self::UnauthorisedCountsAsTry => "401 counted as a try",
            Self::MarkedSentByOtherTab => "marked sent by the first tab while the second's answer was an error",
            Self::VersionsMaySkip => "a version drawn early and committed late",
            Self::RestoreGoesUnnoticed => "a restored server is not asked what it lacks",
        }
    }
}
