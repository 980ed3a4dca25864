//! Why a plan may not run.

use pipeline_domain::{ApprovalId, Sha256Digest};
use time::Date;

/// A reason to refuse a plan. A new reason should make every caller think, so the list is closed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Totals are asked.
    #[error(
        "the plan asks for margins, and this version publishes none: a total would let a hidden \
         cell be computed from the cells beside it"
    )]
    Margins,
    /// There is no title.
    #[error("the plan has no title; give one in nl, fr, de or en, of at most 200 characters")]
    NoTitle,
    /// Nothing is measured.
    #[error("the plan measures nothing; ask for persons, records or a sum")]
    NoMeasure,
    /// There are more dimensions than a table can carry.
    #[error("the plan has {count} dimensions; a table has at most {most}")]
    TooManyDimensions {
        /// How many there are.
        count: usize,
        /// How many there may be.
        most: usize,
    },
    /// Something stands in the plan twice.
    #[error("{what} stands twice in the plan")]
    Repeated {
        /// What.
        what: String,
    },
    /// A list of values or prefixes is empty or far too long, or holds an empty or overlong text.
    #[error(
        "the condition on {column} needs 1 to 1000 values, each of 1 to 100 printable characters"
    )]
    BadValues {
        /// The column of the condition.
        column: String,
    },
    /// A range ends before it starts, or mixes a number and a day.
    #[error("the range of {column} needs two numbers or two days, the smaller first")]
    BadRange {
        /// The column of the condition.
        column: String,
    },
    /// A prefix or an age band of no or absurd length, or a level the ATC has not.
    #[error(
        "the step of {column} is out of range: prefixes have 1 to 20 characters, age bands 1 to 50 \
         years, ATC levels are 1 to 5"
    )]
    BadStep {
        /// The column of the dimension.
        column: String,
    },
    /// An age is asked, but nothing says at which event.
    #[error("an age is the age in the year of the event; give the plan a period with its column")]
    AgeWithoutPeriod,
    /// A sum is asked of something about the person.
    #[error("{column} belongs to the person, not to the record, and cannot be summed")]
    SumOfPerson {
        /// The column.
        column: String,
    },
    /// The days that count are those of a column of the person.
    #[error("{column} belongs to the person and cannot tell when a record happened")]
    PeriodOfPerson {
        /// The column.
        column: String,
    },
    /// The plan is not the one that was approved.
    #[error(
        "approval {approval} covers the plan {approved} and no other; this plan is {asked}. Even a \
         coarser table of the same data needs its own approval, because it is a margin of the first"
    )]
    OtherPlan {
        /// The approval.
        approval: ApprovalId,
        /// The hash of the plan it annexes.
        approved: Sha256Digest,
        /// The hash of the plan that was asked.
        asked: Sha256Digest,
    },
    /// The approval starts later.
    #[error("approval {approval} is valid from {first}")]
    NotYetValid {
        /// The approval.
        approval: ApprovalId,
        /// Its first day.
        first: Date,
    },
    /// The approval has ended.
    #[error("approval {approval} was valid until {last}")]
    Expired {
        /// The approval.
        approval: ApprovalId,
        /// Its last day.
        last: Date,
    },
    /// The plan ran as often as it may.
    #[error("approval {approval} allows {runs} runs, and all of them were made")]
    RunsUsedUp {
        /// The approval.
        approval: ApprovalId,
        /// How many runs it allows.
        runs: u32,
    },
}
