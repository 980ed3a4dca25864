//! Holds the figures against the rules: pass, warn or stop, each finding with its reason.

use pipeline_domain::{
    DatasetId, Language,
    quality::{Ceiling, ColumnRules, Judged, QualityRules, Verdict, ViewRules},
};
use serde::{Deserialize, Serialize};
use time::Date;

use crate::{
    batch::BatchQuality,
    dqv::Dimension,
    drift::{Drift, DriftKind},
    months::{Fall, Falls},
    page::{advice, sentence},
    view::{ColumnQuality, MonthCheck, PairCheck, Repeats, Tally, ViewQuality, share},
};

/// What the rules say of a batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Judgement {
    /// The worst of its findings; pass where there is none.
    pub verdict: Verdict,
    /// The version of the rules.
    pub rules: String,
    /// What a person should look at, the worst first.
    pub findings: Vec<Finding>,
}

/// A figure that crosses its threshold.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Warn or stop.
    pub verdict: Verdict,
    /// What was checked.
    pub check: Check,
    /// What kind of quality it is about.
    pub dimension: Dimension,
    /// The view; none where it is the whole batch.
    pub view: Option<DatasetId>,
    /// The column, where it is one.
    pub column: Option<String>,
    /// What the column was held against, where it was.
    pub against: Option<String>,
    /// The figure.
    pub value: f64,
    /// The threshold it crosses.
    pub limit: f64,
    /// The rows concerned, where it is a matter of rows.
    pub tally: Option<Tally>,
    /// Where the threshold comes from.
    pub source: String,
    /// The finding in a sentence, in English.
    pub sentence: String,
}

impl Finding {
    /// The finding in a sentence.
    #[must_use]
    pub fn sentence(&self, language: Language) -> String {
        sentence(self, language)
    }

    /// What to do about it.
    #[must_use]
    pub fn advice(&self, language: Language) -> &'static str {
        advice(self.check, language)
    }
}

/// What can be found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Too many records were set aside.
    SetAside,
    /// A column has too few values.
    Filled,
    /// Values are not of their code system or list.
    Conforming,
    /// Numbers or dates cannot be.
    Plausible,
    /// A check between columns.
    Pair(PairCheck),
    /// Rows repeat others.
    Duplicates,
    /// A person has several rows where there should be one.
    OneRowAPerson,
    /// The events are old.
    Lag,
    /// A month is not like the months before it.
    Month(MonthCheck),
    /// A difference from the batch before.
    Drift(DriftKind),
}

impl Check {
    /// What kind of quality it is about.
    #[must_use]
    pub fn dimension(self) -> Dimension {
        match self {
            Self::SetAside | Self::Filled | Self::Month(_) | Self::Drift(DriftKind::Filled) => {
                Dimension::Completeness
            }
            Self::Conforming | Self::Pair(PairCheck::Unit) => Dimension::Conformance,
            Self::Plausible | Self::Pair(_) => Dimension::Plausibility,
            Self::Duplicates | Self::OneRowAPerson => Dimension::Uniqueness,
            Self::Lag => Dimension::Timeliness,
            Self::Drift(_) => Dimension::Consistency,
        }
    }
}

impl BatchQuality {
    /// Pass, warn or stop, by these rules. `drift` is what [`BatchQuality::compare`] found; empty
    /// where there is no batch before.
    #[must_use]
    pub fn judge(&self, rules: &QualityRules, drift: &[Drift]) -> Judgement {
        let mut judge = Judge { rules, findings: Vec::new() };
        judge.batch(self);
        for view in self.views.iter().filter(|view| view.rows > 0) {
            judge.view(view);
            judge.months(view, self.info.day);
        }
        for drift in drift {
            judge.drift(drift);
        }
        let mut findings = judge.findings;
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
        let verdict = findings.first().map_or(Verdict::Pass, |finding| finding.verdict);
        Judgement { verdict, rules: rules.version.clone(), findings }
    }
}

struct Judge<'a> {
    rules: &'a QualityRules,
    findings: Vec<Finding>,
}

/// What a figure is about.
#[derive(Clone, Copy)]
struct Subject<'a> {
    check: Check,
    view: Option<&'a DatasetId>,
    column: Option<&'a str>,
    against: Option<&'a str>,
    value: f64,
    tally: Option<Tally>,
    /// Too few rows to stop a batch for.
    is_small: bool,
}

impl Judge<'_> {
    fn batch(&mut self, batch: &BatchQuality) {
        let records = batch.info.records();
        let subject = Subject {
            check: Check::SetAside,
            view: None,
            column: None,
            against: None,
            value: records.failed_share(),
            tally: Some(records),
            is_small: false,
        };
        self.hold(subject, self.rules.batch.set_aside.judge(subject.value));
    }

    fn view(&mut self, view: &ViewQuality) {
        let rules = self.rules.view(&view.view);
        let subject = Subject {
            check: Check::Filled,
            view: Some(&view.view),
            column: None,
            against: None,
            value: 0.0,
            tally: None,
            is_small: view.rows < rules.smallest_rows.unwrap_or(0),
        };
        for column in &view.columns {
            self.column(subject, column, view.rows, &rules);
        }
        for pair in &view.pairs {
            let subject = Subject {
                check: Check::Pair(pair.check),
                column: Some(&pair.column),
                against: Some(&*pair.against).filter(|against| !against.is_empty()),
                ..subject
            };
            self.failed(subject, pair.tally, rules.implausible.as_ref());
        }
        let duplicates = Subject { check: Check::Duplicates, ..subject };
        self.repeated(duplicates, view.duplicates, rules.duplicates.as_ref());
        if let Some(repeats) = view.repeated_persons {
            let persons = Subject { check: Check::OneRowAPerson, ..subject };
            self.repeated(persons, repeats, rules.one_row_a_person.as_ref());
        }
    }

    fn column(
        &mut self,
        subject: Subject<'_>,
        column: &ColumnQuality,
        rows: u64,
        rules: &ViewRules,
    ) {
        let subject = Subject { column: Some(&column.name), ..subject };
        let none = ColumnRules::default();
        let own = rules.columns.get(&column.name).unwrap_or(&none);
        let filled = own.filled.as_ref().or(rules.filled.as_ref().filter(|_| own.required));
        if let Some(floor) = filled {
            let value = share(column.filled, rows);
            let tally = Some(Tally { checked: rows, failed: rows - column.filled.min(rows) });
            self.hold(Subject { value, tally, ..subject }, floor.judge(value));
        }
        let conforms = own.conforms.as_ref().or(rules.conforms.as_ref());
        if let (Some(floor), Some(tally)) = (conforms, column.conforming) {
            let value = tally.passed_share();
            let subject =
                Subject { check: Check::Conforming, value, tally: Some(tally), ..subject };
            self.hold(subject, floor.judge(value));
        }
        if let Some(tally) = column.plausible {
            let subject = Subject { check: Check::Plausible, ..subject };
            self.failed(subject, tally, rules.implausible.as_ref());
        }
        let is_event = rules.event_date.as_deref() == Some(&*column.name);
        if let (true, Some(ceiling), Some(dates)) = (is_event, &rules.lag_days, &column.dates) {
            #[expect(clippy::cast_precision_loss, reason = "a lag is some thousands of days")]
            let value = dates.lag_days[0] as f64;
            self.hold(Subject { check: Check::Lag, value, ..subject }, ceiling.judge(value));
        }
    }

    fn failed(&mut self, subject: Subject<'_>, tally: Tally, ceiling: Option<&Ceiling>) {
        let value = tally.failed_share();
        if let Some(ceiling) = ceiling {
            self.hold(Subject { value, tally: Some(tally), ..subject }, ceiling.judge(value));
        }
    }

    fn repeated(&mut self, subject: Subject<'_>, repeats: Repeats, ceiling: Option<&Ceiling>) {
        self.failed(
            subject,
            Tally { checked: repeats.examined, failed: repeats.repeated },
            ceiling,
        );
    }

    fn months(&mut self, view: &ViewQuality, today: Date) {
        let rules = &self.rules.months;
        let Some(months) = &view.months else { return };
        let (gaps, fewer) = months.rows_falls(rules, today).split();
        self.fall(view, MonthCheck::Gap, &months.column, &gaps);
        self.fall(view, MonthCheck::Fewer, &months.column, &fewer);
        for column in months.filled.keys() {
            self.fall(view, MonthCheck::Filled, column, &months.filled_falls(column, rules, today));
        }
    }

    /// One finding for all months of a kind, at the one that fell the most.
    fn fall(&mut self, view: &ViewQuality, check: MonthCheck, column: &str, falls: &Falls) {
        let rules = &self.rules.months;
        let ceiling =
            if check == MonthCheck::Filled { &rules.filled_drop } else { &rules.rows_drop };
        let Some(Fall { month, size }) = falls.deepest() else { return };
        let beyond = |fall: &&Fall| ceiling.judge(fall.size).verdict != Verdict::Pass;
        let failed = falls.months.iter().filter(beyond).count() as u64;
        let judged = ceiling.judge(*size);
        let subject = Subject {
            check: Check::Month(check),
            view: Some(&view.view),
            column: Some(column),
            against: Some(month),
            value: *size,
            tally: Some(Tally { checked: falls.judged, failed }),
            is_small: false,
        };
        self.hold(subject, judged);
    }

    fn drift(&mut self, drift: &Drift) {
        let rules = &self.rules.drift;
        if drift.rows < rules.smallest_rows {
            return;
        }
        let ceiling = match drift.kind {
            // A view of that size does not vanish by chance.
            DriftKind::ViewGone => None,
            DriftKind::Volume => Some(&rules.volume),
            DriftKind::Filled => Some(&rules.filled_drop),
            DriftKind::Codes => Some(&rules.codes_shift),
            DriftKind::Mean => Some(&rules.mean_shift),
            DriftKind::NewCodes => Some(&rules.new_codes),
            DriftKind::GoneCodes => Some(&rules.gone_codes),
        };
        let gone = Judged { verdict: Verdict::Stop, limit: 0.0, source: rules.volume.source() };
        let judged = ceiling.map_or(gone, |ceiling| ceiling.judge(drift.size));
        let codes = some_codes(&drift.codes);
        let subject = Subject {
            check: Check::Drift(drift.kind),
            view: Some(&drift.view),
            column: drift.column.as_deref(),
            against: codes.as_deref(),
            value: drift.size,
            tally: None,
            is_small: false,
        };
        self.hold(subject, judged);
    }

    /// Keeps a finding if there is one.
    fn hold(&mut self, subject: Subject<'_>, judged: Judged<'_>) {
        let verdict = match judged.verdict {
            Verdict::Pass => return,
            Verdict::Stop if subject.is_small => Verdict::Warn,
            verdict => verdict,
        };
        let source = self.rules.sources.get(judged.source);
        let mut finding = Finding {
            verdict,
            check: subject.check,
            dimension: subject.check.dimension(),
            view: subject.view.cloned(),
            column: subject.column.map(str::to_owned),
            against: subject.against.map(str::to_owned),
            value: subject.value,
            limit: judged.limit,
            tally: subject.tally,
            source: source.map_or(judged.source, String::as_str).to_owned(),
            sentence: String::new(),
        };
        finding.sentence = sentence(&finding, Language::En);
        self.findings.push(finding);
    }
}

/// The first codes, for a sentence.
fn some_codes(codes: &[String]) -> Option<String> {
    const NAMED: usize = 5;
    let (named, rest) = codes.split_at(codes.len().min(NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" … (+{})", rest.len()) };
    (!named.is_empty()).then(|| named.join(", ") + &more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        testing::{batch, rules, worse},
        view::MonthsQuality,
    };

    #[test]
    fn every_finding_is_a_sentence() {
        let (now, before) = (worse(), batch());
        let judgement = now.judge(&rules(), &now.compare(&before));
        let lines: Vec<String> = judgement
            .findings
            .iter()
            .map(|finding| {
                format!("{:?} {:?}: {}", finding.verdict, finding.dimension, finding.sentence)
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
        assert_eq!(judgement.verdict, Verdict::Stop);
    }

    #[test]
    fn a_good_batch_passes() {
        let judgement = batch().judge(&rules(), &batch().compare(&batch()));
        assert_eq!(judgement.findings, []);
        assert_eq!(judgement.verdict, Verdict::Pass);
    }

    #[test]
    fn a_handful_of_rows_stops_nothing() {
        let mut rules = rules();
        rules.default.smallest_rows = Some(1_000_000);
        let judgement = worse().judge(&rules, &[]);
        let stops = judgement.findings.iter().filter(|finding| finding.verdict == Verdict::Stop);
        assert!(
            stops.clone().all(|finding| finding.view.is_none()),
            "{:?}",
            stops.collect::<Vec<_>>()
        );
    }

    /// A good batch of twelve months, of which one went wrong.
    fn with_months(rows: [u64; 12], notes: [u64; 12]) -> BatchQuality {
        let mut batch = batch();
        batch.views.truncate(1);
        batch.views[0].months = Some(MonthsQuality {
            column: "effective".to_owned(),
            first: "2025-12".to_owned(),
            rows: rows.to_vec(),
            filled: [("note".to_owned(), notes.to_vec())].into(),
        });
        batch
    }

    #[test]
    fn a_month_that_is_missing_half_there_or_less_filled_is_found() {
        let even = [20; 12];
        let mut gap = even;
        (gap[5], gap[6]) = (0, 0);
        let mut half = even;
        (half[5], half[6]) = (3, 7);
        let mut unfilled = even;
        (unfilled[5], unfilled[6]) = (12, 4);
        let cases = [
            (with_months(even, even), vec![]),
            (with_months(gap, gap), vec![(MonthCheck::Gap, Verdict::Stop, "2026-05", 2)]),
            (with_months(half, half), vec![(MonthCheck::Fewer, Verdict::Warn, "2026-05", 2)]),
            (with_months(even, unfilled), vec![(MonthCheck::Filled, Verdict::Warn, "2026-06", 2)]),
        ];
        for (batch, want) in cases {
            let findings = batch.judge(&rules(), &[]).findings;
            let found: Vec<_> = findings
                .iter()
                .map(|finding| {
                    let Check::Month(check) = finding.check else { panic!("{finding:?}") };
                    let failed = finding.tally.unwrap().failed;
                    (check, finding.verdict, finding.against.as_deref().unwrap(), failed)
                })
                .collect();
            assert_eq!(found, want);
        }
    }

    #[test]
    fn a_finding_on_months_is_a_sentence_in_every_language() {
        let mut rows = [20; 12];
        (rows[5], rows[8]) = (0, 4);
        let mut notes = rows;
        notes[10] = 3;
        let findings = with_months(rows, notes).judge(&rules(), &[]).findings;
        let lines: Vec<String> = findings
            .iter()
            .flat_map(|finding| {
                Language::ALL.map(|language| {
                    format!("{} {}", finding.sentence(language), finding.advice(language))
                })
            })
            .collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
