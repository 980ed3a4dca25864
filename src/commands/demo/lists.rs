//! The shipped reference rows in the lake of the demonstration, so that its analysts can group by
//! arrondissement, primary-care zone and ATC level.

use pipeline_exchange::Store;
use pipeline_reference::{
    Entry, Import, Provenance, import_atc, import_medicines, import_places, publish, sample,
};

use super::house::House;
use crate::{clock, config::SOFTWARE};

/// Publishes every list once; the same rows under the same label make no second version.
pub(super) fn import(house: &House) -> anyhow::Result<()> {
    let lake = Store::open(&house.hda().join("lake").to_string_lossy().parse()?)?;
    let on = house.settings.today;
    publish_sample(house, &lake, &import_places(sample::places(), on)?)?;
    publish_sample(house, &lake, &import_atc(sample::atc())?)?;
    publish_sample(house, &lake, &import_medicines(sample::medicines(), on)?)
}

fn publish_sample<T: Entry>(house: &House, lake: &Store, list: &Import<T>) -> anyhow::Result<()> {
    let on = house.settings.today;
    let source = Provenance {
        name: sample::SOURCE.to_owned(),
        date: on,
        licence: sample::LICENCE.to_owned(),
        files: Vec::new(),
    };
    let label = format!("{:04}-{:02}", on.year(), u8::from(on.month()));
    publish(lake, list, &label, source, clock::now(), SOFTWARE)?;
    Ok(())
}
