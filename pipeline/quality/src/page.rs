//! The page for the steward: one file, no script, nothing from elsewhere.
//!
//! Verdicts come first, each with what to do; then what is filled, view by view what is in it, and
//! what changed. Every plot has its figures as text, and no colour means anything alone.

mod figures;
mod plots;
mod texts;

use askama::Template;
use pipeline_domain::{ColumnKind, DatasetId, Language};
use time::Date;

use self::{
    figures::{Figures, changes_of_filled, changes_of_volume, filled_by_month, heat, view_plots},
    plots::{Change, Heat, Months},
    texts::{Text, VerdictWords, Words},
};
use crate::{
    batch::BatchQuality,
    drift::Drift,
    judge::{Finding, Judgement},
    view::{ColumnQuality, PairQuality, ViewQuality, share},
};

pub(crate) use self::texts::{advice, sentence};

/// The style of the page, as it stands in it: a server with a content security policy can allow it
/// by its digest.
pub const STYLE: &str = include_str!("page/page.css");

/// At most this many codes of a column are written out.
const CODES_SHOWN: usize = 6;

/// The page of a batch in one language. `drift` is empty where there is no batch before.
#[must_use]
pub fn html(
    batch: &BatchQuality,
    judgement: &Judgement,
    drift: &[Drift],
    language: Language,
) -> String {
    let words = Words(language);
    let page = Page {
        words,
        batch,
        verdict: words.verdict(judgement.verdict),
        facts: facts(batch, judgement, words),
        findings: judgement
            .findings
            .iter()
            .map(|finding| line_of_finding(finding, words))
            .collect(),
        heat: heat(batch, words),
        views: batch.views.iter().map(|view| section(view, batch.info.day, words)).collect(),
        volume: changes_of_volume(drift, words),
        filled: changes_of_filled(drift, words),
        is_first: drift.is_empty(),
    };
    page.to_string()
}

#[derive(Template)]
#[template(path = "page.html")]
struct Page<'a> {
    words: Words,
    batch: &'a BatchQuality,
    verdict: VerdictWords,
    facts: Vec<(&'static str, String)>,
    findings: Vec<FindingLine>,
    heat: Heat,
    views: Vec<Section>,
    volume: Option<Change>,
    filled: Option<Change>,
    is_first: bool,
}

struct FindingLine {
    verdict: VerdictWords,
    place: String,
    sentence: String,
    advice: &'static str,
    dimension: &'static str,
    source: String,
}

struct Section {
    view: DatasetId,
    rows: String,
    columns: Vec<ColumnLine>,
    pairs: Vec<PairLine>,
    notes: Vec<String>,
    months: Option<Months>,
    plots: Figures,
}

struct ColumnLine {
    name: String,
    kind: &'static str,
    filled: String,
    conforming: String,
    plausible: String,
    distinct: String,
    content: String,
}

struct PairLine {
    check: &'static str,
    column: String,
    against: String,
    checked: String,
    failed: String,
}

fn facts(batch: &BatchQuality, judgement: &Judgement, words: Words) -> Vec<(&'static str, String)> {
    let info = &batch.info;
    let reasons = info.set_aside.iter().filter(|(_, records)| **records > 0);
    let reasons: Vec<String> =
        reasons.map(|(reason, records)| format!("{reason} {}", words.count(*records))).collect();
    let set_aside = words.count(info.records().failed);
    let set_aside = if reasons.is_empty() {
        set_aside
    } else {
        format!("{set_aside} ({})", reasons.join(", "))
    };
    let facts = [
        (Text::Batch, info.batch.to_string()),
        (Text::Holder, info.holder.to_string()),
        (Text::Day, info.day.to_string()),
        (Text::Persons, words.count(info.persons)),
        (Text::Read, words.count(info.read)),
        (Text::SetAside, set_aside),
        (Text::RulesVersion, judgement.rules.clone()),
    ];
    facts.into_iter().map(|(term, value)| (words.say(term), value)).collect()
}

fn line_of_finding(finding: &Finding, words: Words) -> FindingLine {
    let view = finding.view.as_ref().map_or(words.say(Text::WholeBatch), DatasetId::as_str);
    let column = finding.column.as_ref().map(|column| format!(" · {column}"));
    FindingLine {
        verdict: words.verdict(finding.verdict),
        place: format!("{view}{}", column.unwrap_or_default()),
        sentence: finding.sentence(words.0),
        advice: finding.advice(words.0),
        dimension: words.dimension(finding.dimension),
        source: finding.source.clone(),
    }
}

fn section(view: &ViewQuality, today: Date, words: Words) -> Section {
    Section {
        view: view.view.clone(),
        rows: words.count(view.rows),
        columns: view
            .columns
            .iter()
            .map(|column| line_of_column(column, view.rows, words))
            .collect(),
        pairs: view.pairs.iter().map(|pair| line_of_pair(pair, words)).collect(),
        notes: notes(view, words),
        months: filled_by_month(view, words),
        plots: view_plots(view, today, words),
    }
}

fn line_of_column(column: &ColumnQuality, rows: u64, words: Words) -> ColumnLine {
    let passed = |tally: Option<crate::view::Tally>| match tally {
        Some(tally) if tally.checked > 0 => words.percent(tally.passed_share()),
        _ => "–".to_owned(),
    };
    let distinct = column.distinct.map(|distinct| {
        let more = if distinct.exact { "" } else { "> " };
        format!("{more}{}", words.count(distinct.values))
    });
    ColumnLine {
        name: column.name.clone(),
        kind: words.say(match column.kind {
            ColumnKind::Text => Text::KindCode,
            ColumnKind::Date => Text::KindDate,
            ColumnKind::Integer => Text::KindInteger,
            ColumnKind::Decimal => Text::KindDecimal,
            ColumnKind::Boolean => Text::KindBoolean,
            ColumnKind::Linked => Text::KindLinked,
        }),
        filled: words.percent(share(column.filled, rows)),
        conforming: passed(column.conforming),
        plausible: passed(column.plausible),
        distinct: distinct.unwrap_or_else(|| "–".to_owned()),
        content: content(column, words),
    }
}

/// What is in a column, in a line.
fn content(column: &ColumnQuality, words: Words) -> String {
    let mut parts = Vec::new();
    let codes = column.codes.iter().take(CODES_SHOWN);
    let codes: Vec<String> =
        codes.map(|code| format!("{} ({})", code.code, words.count(code.rows))).collect();
    if !codes.is_empty() {
        parts.push(codes.join(", "));
    }
    if let Some(numbers) = &column.numbers {
        let [_, low, _, middle, _, high, _] = numbers.quantiles.map(|value| words.decimal(value));
        let median = words.say(Text::Median);
        parts.push(format!("{median} {middle}; 5–95 %: {low} … {high}"));
    }
    if let Some(dates) = &column.dates {
        parts.push(format!("{} … {}", dates.first, dates.last));
    }
    if let Some(yes) = column.yes {
        let yes = words.percent(share(yes, column.filled));
        parts.push(format!("{} {yes}", words.say(Text::Yes)));
    }
    let looks: Vec<String> = column
        .looks
        .iter()
        .take(CODES_SHOWN)
        .map(|look| format!("“{}” ({})", look.look, words.count(look.rows)))
        .collect();
    if !looks.is_empty() {
        parts.push(format!("{} {}", words.say(Text::NotConforming), looks.join(", ")));
    }
    parts.join(". ")
}

fn line_of_pair(pair: &PairQuality, words: Words) -> PairLine {
    PairLine {
        check: words.check(pair.check),
        column: pair.column.clone(),
        against: pair.against.clone(),
        checked: words.count(pair.tally.checked),
        failed: words.count(pair.tally.failed),
    }
}

/// Where a figure rests on a part of the rows, the page says so.
fn notes(view: &ViewQuality, words: Words) -> Vec<String> {
    let repeats = view.duplicates;
    let share = words.percent(repeats.share());
    let mut notes = vec![words.say(Text::DuplicateRows).replace("{value}", &share)];
    if repeats.one_in > 1 {
        let one_in = words.count(repeats.one_in);
        notes.push(words.say(Text::Sampled).replace("{value}", &one_in));
    }
    notes
}

#[cfg(test)]
mod tests {
    use scraper::{Html, Selector};

    use super::*;
    use crate::testing::{batch, rules, worse};

    fn page(language: Language) -> String {
        let (now, before) = (worse(), batch());
        let drift = now.compare(&before);
        html(&now, &now.judge(&rules(), &drift), &drift, language)
    }

    fn select(page: &Html, selector: &str) -> Vec<String> {
        let selector = Selector::parse(selector).unwrap();
        page.select(&selector).map(|found| found.text().collect()).collect()
    }

    #[test]
    fn the_page_is_well_formed_and_complete_in_every_language() {
        for language in Language::ALL {
            let text = page(language);
            let parsed = Html::parse_document(&text);
            assert_eq!(select(&parsed, "h1").len(), 1);
            let tables = select(&parsed, "table").len();
            assert_eq!(select(&parsed, "table > caption").len(), tables, "{language}");
            let plots = select(&parsed, "svg").len();
            assert!(plots > 5, "{plots} plots");
            assert_eq!(select(&parsed, "svg[role=img] > title").len(), plots, "{language}");
            assert_eq!(select(&parsed, "figure > figcaption").len(), plots, "{language}");
            assert_eq!(select(&parsed, "script, link, img, iframe, [style], [onclick]").len(), 0);
            assert!(!text.contains("{value}") && !text.contains("{column}"), "{language}");
        }
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        let text = page(Language::En);
        for reference in ["src=", "url(", "@import", "href=\"http"] {
            assert!(!text.contains(reference), "{reference}");
        }
    }

    #[test]
    fn ids_on_the_page_are_unique_and_links_lead_somewhere() {
        let parsed = Html::parse_document(&page(Language::Nl));
        let all = Selector::parse("[id]").unwrap();
        let ids: Vec<&str> = parsed.select(&all).filter_map(|found| found.attr("id")).collect();
        let distinct: std::collections::BTreeSet<&&str> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
        let links = Selector::parse("a[href^='#']").unwrap();
        for link in parsed.select(&links) {
            let target = link.attr("href").unwrap().trim_start_matches('#');
            assert!(ids.contains(&target), "{target}");
        }
    }

    #[test]
    fn what_a_file_says_is_text_and_never_markup() {
        let mut batch = worse();
        batch.views[0].columns[0].name = "<script>alert('x')</script>&".to_owned();
        let text = html(&batch, &batch.judge(&rules(), &[]), &[], Language::Fr);
        assert!(!text.contains("<script"), "escaped");
    }

    #[test]
    fn the_page_reads_like_this() {
        let parsed = Html::parse_document(&page(Language::En));
        let body = select(&parsed, "main").concat();
        let lines: Vec<&str> =
            body.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
