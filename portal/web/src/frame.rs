//! What every page has around it: the language, who is signed in, and the way to other pages.

#![expect(clippy::trivially_copy_pass_by_ref, reason = "templates pass references")]

use std::sync::Arc;

use axum::{
    extract::FromRequestParts,
    http::{Method, request::Parts},
};
use fluent_templates::fluent_bundle::FluentValue;
use pipeline_domain::{Language, ReleaseId, Timestamp};
use portal_store::Account;
use portal_workflow::{AccountName, Role};
use tower_sessions::Session;

use crate::{
    assets,
    csrf::Token,
    error::PortalError,
    numbers,
    router::App,
    routes, sessions,
    text::{self, Arguments},
};

/// Which part of the site a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Section {
    Home,
    Datasets,
    Releases,
    OptOut,
    MyWork,
    SignIn,
    Other,
}

/// The frame around a page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) language: Language,
    pub(crate) account: Option<Account>,
    pub(crate) authority: String,
    pub(crate) is_demo: bool,
    token: Option<Token>,
    /// The address without its language, `/datasets?q=x`.
    place: String,
}

/// Words in one of the languages, for the `lang` attribute beside them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Words {
    pub(crate) text: String,
    pub(crate) tag: &'static str,
}

impl Frame {
    /// A frame without anybody signed in, for error pages.
    pub(crate) fn bare(app: &App, path: &str, otherwise: Language) -> Self {
        let (language, place) = split(path).unwrap_or((otherwise, "/"));
        Self {
            language,
            account: None,
            authority: authority(app, language),
            is_demo: app.demo_accounts.is_some(),
            token: None,
            place: place.to_owned(),
        }
    }

    /// The person who is signed in, or the way to the sign-in page.
    pub(crate) fn person(&self) -> Result<&Account, PortalError> {
        let needed = || PortalError::SignInNeeded {
            language: self.language,
            next: format!("/{}{}", self.language, self.place),
        };
        self.account.as_ref().ok_or_else(needed)
    }

    /// The same frame, at another address of the same page.
    pub(crate) fn at(mut self, address: &str) -> Self {
        if let Some((_, place)) = split(address) {
            place.clone_into(&mut self.place);
        }
        self
    }

    /// The same frame with the token forms of this page carry.
    pub(crate) fn with_token(self, token: Token) -> Self {
        Self { token: Some(token), ..self }
    }

    /// The sentence with this key.
    pub(crate) fn t(&self, key: &str) -> String {
        text::text(self.language, key)
    }

    /// The sentence with this key and one place filled.
    pub(crate) fn t1(&self, key: &str, name: &'static str, value: &str) -> String {
        let arguments = Arguments::from([(name.into(), FluentValue::from(value.to_owned()))]);
        text::text_with(self.language, key, &arguments)
    }

    /// The sentence with this key about so many of something, in the right grammatical number.
    pub(crate) fn count(&self, key: &str, count: &u64) -> String {
        let arguments = Arguments::from([
            ("count".into(), FluentValue::from(*count)),
            ("shown".into(), FluentValue::from(self.number(count))),
        ]);
        text::text_with(self.language, key, &arguments)
    }

    /// A whole number as the language writes it.
    pub(crate) fn number(&self, count: &u64) -> String {
        numbers::number(self.language, &count.to_string())
    }

    /// A day in words.
    pub(crate) fn day(&self, at: &Timestamp) -> String {
        self.date(&at.date())
    }

    /// A day in words.
    pub(crate) fn date(&self, day: &time::Date) -> String {
        let month = self.t(&format!("month-{}", u8::from(day.month())));
        let arguments = Arguments::from([
            ("day".into(), FluentValue::from(day.day().to_string())),
            ("month".into(), FluentValue::from(month)),
            ("year".into(), FluentValue::from(day.year().to_string())),
        ]);
        text::text_with(self.language, "date", &arguments)
    }

    /// A day and a time in words.
    pub(crate) fn moment(&self, at: &Timestamp) -> String {
        let arguments = Arguments::from([
            ("day".into(), FluentValue::from(self.day(at))),
            ("time".into(), FluentValue::from(numbers::time_of_day(*at))),
        ]);
        text::text_with(self.language, "moment", &arguments)
    }

    /// What a role is called.
    pub(crate) fn role(&self, role: &Role) -> String {
        self.t(&format!("role-{}", role.name()))
    }

    /// The words in this page's language, or else in English, or else in any.
    pub(crate) fn words(&self, map: &std::collections::BTreeMap<Language, String>) -> Words {
        let own = map.get_key_value(&self.language);
        let found = own.or_else(|| map.get_key_value(&Language::En)).or_else(|| map.iter().next());
        match found {
            Some((language, text)) => Words { text: text.clone(), tag: language.tag() },
            None => Words { text: String::new(), tag: self.language.tag() },
        }
    }

    /// The token a form carries, masked afresh each time: pages are compressed, and a token that
    /// always looked the same could be guessed from their lengths.
    pub(crate) fn csrf(&self) -> String {
        self.token.as_ref().map(Token::masked).unwrap_or_default()
    }

    /// The address of a static file.
    #[expect(clippy::unused_self, reason = "templates reach it through their page")]
    pub(crate) fn asset(&self, name: &str) -> String {
        assets::address(name)
    }

    /// The address of a page in this page's language.
    pub(crate) fn to(&self, place: &str) -> String {
        format!("/{}{place}", self.language)
    }

    pub(crate) fn to_release(&self, release: &ReleaseId) -> String {
        routes::release(self.language, *release)
    }

    pub(crate) fn to_pending(&self, release: &ReleaseId) -> String {
        routes::pending_release(self.language, *release)
    }

    /// This very page in every language.
    pub(crate) fn translations(&self) -> Vec<(&'static str, &'static str, String)> {
        let name = |language| match language {
            Language::Nl => "Nederlands",
            Language::Fr => "Français",
            Language::De => "Deutsch",
            Language::En => "English",
        };
        let link = |language: Language| {
            (language.tag(), name(language), format!("/{language}{}", self.place))
        };
        Language::ALL.into_iter().map(link).collect()
    }

    /// Which link of the menu is lit.
    pub(crate) fn section(&self) -> Section {
        let first = self.place.trim_start_matches('/').split(['/', '?']).next();
        match first {
            Some("") | None => Section::Home,
            Some("datasets") => Section::Datasets,
            Some("releases") => Section::Releases,
            Some("opt-out") => Section::OptOut,
            Some("my-work") => Section::MyWork,
            Some("sign-in") => Section::SignIn,
            Some(_) => Section::Other,
        }
    }

    pub(crate) fn is_in(&self, section: &Section) -> bool {
        self.section() == *section
    }
}

impl FromRequestParts<App> for Frame {
    type Rejection = PortalError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, PortalError> {
        let (language, _) = split(parts.uri.path()).ok_or(PortalError::NotFound)?;
        let whole = match (&parts.method, parts.uri.path_and_query()) {
            (&Method::GET, Some(whole)) => whole.as_str().to_owned(),
            _ => parts.uri.path().to_owned(),
        };
        let session = Session::from_request_parts(parts, app).await;
        let session = session.map_err(|_| PortalError::Forbidden)?;
        let frame = Self::bare(app, &whole, language);
        let account = signed_in(app, &session).await?;
        Ok(Self { account, token: sessions::token(&session).await?, ..frame })
    }
}

async fn signed_in(app: &App, session: &Session) -> Result<Option<Account>, PortalError> {
    let name: Option<AccountName> = session.get(sessions::ACCOUNT).await?;
    match name {
        // The account is read again each time, so a changed role counts at once.
        Some(name) => Ok(app.store.account(&name).await?),
        None => Ok(None),
    }
}

fn split(path: &str) -> Option<(Language, &str)> {
    let rest = path.strip_prefix('/')?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (tag, place) = rest.split_at(end);
    let language = tag.parse().ok()?;
    Some((language, if place.is_empty() { "/" } else { place }))
}

fn authority(app: &Arc<crate::Portal>, language: Language) -> String {
    let name = app.authority_name.get(&language).cloned();
    name.unwrap_or_else(|| text::text(language, "authority"))
}
