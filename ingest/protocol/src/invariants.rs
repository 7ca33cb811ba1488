/// What must hold at every moment, by a name that tests, the model and messages share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Invariant {
    /// A lane's rows in a table are contiguous up to its cursor.
    Contiguous,
    /// No offset is committed twice to one table under one interpretation.
    Once,
    /// A cursor never moves backwards.
    Forward,
    /// A receipt is given only for what is stored.
    ReceiptAfterStore,
    /// Each raw record has exactly one outcome per interpretation.
    Decided,
    /// A refined table holds exactly the rows that outcomes name for it, up to its cursor.
    CarriedOut,
}

impl Invariant {
    /// The stable id.
    pub fn id(self) -> &'static str {
        match self {
            Self::Contiguous => "contiguous",
            Self::Once => "once",
            Self::Forward => "forward",
            Self::ReceiptAfterStore => "receipt_after_store",
            Self::Decided => "decided",
            Self::CarriedOut => "carried_out",
        }
    }

    /// The rule as a sentence.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Contiguous => {
                "raw rows and holes of a partition follow each other without gap up to the cursor"
            }
            Self::Once => "no source position is committed twice to one table",
            Self::Forward => "a cursor never moves backwards",
            Self::ReceiptAfterStore => "a receipt is given only for a record that is stored",
            Self::Decided => "every raw record has exactly one outcome",
            Self::CarriedOut => "a refined table holds exactly the rows that outcomes name for it",
        }
    }
}
