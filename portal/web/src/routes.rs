//! Where every page lives, written once.

use pipeline_domain::{DatasetId, Language, ReleaseId};

pub(crate) fn home(language: Language) -> String {
    format!("/{language}/")
}

pub(crate) fn sign_in(language: Language, next: &str) -> String {
    if next.is_empty() {
        return format!("/{language}/sign-in");
    }
    format!("/{language}/sign-in?next={next}")
}

pub(crate) fn my_work(language: Language) -> String {
    format!("/{language}/my-work")
}

pub(crate) fn pending_release(language: Language, release: ReleaseId) -> String {
    format!("/{language}/my-work/{release}")
}

pub(crate) fn release(language: Language, release: ReleaseId) -> String {
    format!("/{language}/releases/{release}")
}

pub(crate) fn release_file(release: ReleaseId, name: &str) -> String {
    format!("/files/releases/{release}/{name}")
}

pub(crate) fn record_file(dataset: &DatasetId, name: &str) -> String {
    format!("/files/datasets/{dataset}/{name}")
}
