//! How much of a table is shown, by which rules, for people and for programs.

use std::{
    collections::BTreeMap,
    fmt::{self, Write},
};

use pipeline_disclosure::{CubeReport, ProtectedCube};
use pipeline_domain::{Language, Sha256Digest};
use serde::Serialize;

use crate::{
    ReleaseOrder, TABLE_CSV,
    table::{HIDDEN, TextTable},
};

/// The page shows so many lines; the whole table is in the CSV.
const MOST_LINES: usize = 500;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;\
    padding:0 1rem;color:#1b1b1b}table{border-collapse:collapse}th,td{border-bottom:1px solid \
    #ccc;padding:.25rem .75rem;text-align:left}td.number{text-align:right}td.hidden{color:#595959;\
    font-style:italic}section{margin-bottom:2rem}code{overflow-wrap:anywhere}";

#[derive(Serialize)]
pub(crate) struct Report<'a> {
    release: String,
    title: &'a BTreeMap<Language, String>,
    asked: &'a BTreeMap<Language, String>,
    protected_by: BTreeMap<Language, String>,
    rules_version: &'a str,
    dataset: &'a str,
    version: &'a str,
    cube: Sha256Digest,
    #[serde(flatten)]
    counts: CubeReport,
}

/// The words of the page.
struct Words {
    asked: &'static str,
    rules: &'static str,
    shown: &'static str,
    of: &'static str,
    too_few: &'static str,
    dominance: &'static str,
}

impl<'a> Report<'a> {
    pub(crate) fn new(cube: &ProtectedCube, order: &'a ReleaseOrder) -> Self {
        let explained = |language| (language, order.rules.explain(language));
        Self {
            release: order.id.to_string(),
            title: &order.title,
            asked: &order.plan.text,
            protected_by: Language::ALL.into_iter().map(explained).collect(),
            rules_version: order.rules.version(),
            dataset: order.dataset.as_str(),
            version: order.version.as_str(),
            cube: cube.digest(),
            counts: cube.report(),
        }
    }

    /// A page of its own: no script, nothing from elsewhere.
    pub(crate) fn to_html(&self, table: &TextTable) -> String {
        let mut page = String::new();
        // Writing into a text cannot fail.
        let _ = self.write_html(table, &mut page);
        page
    }

    fn write_html(&self, table: &TextTable, page: &mut String) -> fmt::Result {
        let title = self.title.values().next().map_or("", String::as_str);
        writeln!(page, "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">")?;
        writeln!(page, "<meta name=\"viewport\" content=\"width=device-width\">")?;
        writeln!(page, "<title>{}</title>\n<style>{STYLE}</style>", Escaped(title))?;
        writeln!(page, "</head>\n<body>\n<main>")?;
        for language in Language::ALL {
            self.write_section(language, page)?;
        }
        write_table(table, page)?;
        writeln!(page, "<p><code>{} {} {}</code></p>", self.release, self.version, self.cube)?;
        writeln!(page, "</main>\n</body>\n</html>")
    }

    fn write_section(&self, language: Language, page: &mut String) -> fmt::Result {
        let words = words(language);
        let text = |texts: &'a BTreeMap<Language, String>| {
            let text = texts.get(&language).or_else(|| texts.values().next());
            Escaped(text.map_or("", String::as_str))
        };
        let rules = self.protected_by.get(&language).map_or("", String::as_str);
        let CubeReport { values, shown, too_few_persons, dominance, .. } = self.counts;
        writeln!(page, "<section lang=\"{language}\">\n<h1>{}</h1>", text(self.title))?;
        writeln!(page, "<h2>{}</h2>\n<p>{}</p>", words.asked, text(self.asked))?;
        writeln!(page, "<h2>{}</h2>\n<p>{}</p>", words.rules, Escaped(rules))?;
        writeln!(page, "<ul>\n<li>{} {shown} {} {values}</li>", words.shown, words.of)?;
        writeln!(page, "<li>{} {too_few_persons}</li>", words.too_few)?;
        writeln!(page, "<li>{} {dominance}</li>\n</ul>\n</section>", words.dominance)
    }
}

fn words(language: Language) -> Words {
    match language {
        Language::Nl => Words {
            asked: "Wat gevraagd werd",
            rules: "Hoe personen beschermd zijn",
            shown: "Getoonde getallen:",
            of: "van",
            too_few: "Verborgen wegens te weinig personen:",
            dominance: "Verborgen omdat één persoon overheerst:",
        },
        Language::Fr => Words {
            asked: "Ce qui a été demandé",
            rules: "Comment les personnes sont protégées",
            shown: "Nombres affichés :",
            of: "sur",
            too_few: "Masqués car trop peu de personnes :",
            dominance: "Masqués car une personne domine :",
        },
        Language::De => Words {
            asked: "Was gefragt wurde",
            rules: "Wie Personen geschützt sind",
            shown: "Gezeigte Zahlen:",
            of: "von",
            too_few: "Verborgen wegen zu weniger Personen:",
            dominance: "Verborgen, weil eine Person überwiegt:",
        },
        Language::En => Words {
            asked: "What was asked",
            rules: "How persons are protected",
            shown: "Numbers shown:",
            of: "of",
            too_few: "Hidden because of too few persons:",
            dominance: "Hidden because one person dominates:",
        },
    }
}

fn write_table(table: &TextTable, page: &mut String) -> fmt::Result {
    writeln!(page, "<table>\n<thead>\n<tr>")?;
    for name in &table.names {
        write!(page, "<th scope=\"col\">{}</th>", Escaped(name))?;
    }
    writeln!(page, "\n</tr>\n</thead>\n<tbody>")?;
    let measures: Vec<usize> = table.measures().map(|(number, _)| number).collect();
    for row in table.rows.iter().take(MOST_LINES) {
        write!(page, "<tr>")?;
        for (at, text) in row.iter().enumerate() {
            let class = match (measures.contains(&at), text.as_str()) {
                (true, HIDDEN) => " class=\"hidden\"",
                (true, _) => " class=\"number\"",
                _ => "",
            };
            write!(page, "<td{class}>{}</td>", Escaped(text))?;
        }
        writeln!(page, "</tr>")?;
    }
    writeln!(page, "</tbody>\n</table>")?;
    if table.rows.len() > MOST_LINES {
        writeln!(page, "<p>{MOST_LINES} / {} : {TABLE_CSV}</p>", table.rows.len())?;
    }
    Ok(())
}

/// A text inside HTML.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| match character {
            '&' => f.write_str("&amp;"),
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '"' => f.write_str("&quot;"),
            '\'' => f.write_str("&#39;"),
            other => f.write_char(other),
        })
    }
}
