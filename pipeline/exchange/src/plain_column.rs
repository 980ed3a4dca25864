//! Columns of bytes of one width without gaps: tokens, tags, pseudonyms, keys. They stand for people,
//! and a national file has ten million of each.
//!
//! Such a column lies in a Parquet file as it lies in memory (encoding PLAIN, no levels, not
//! compressed). So its pages are copied, where the library would take up each value by itself.

use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType, Field},
};
use bytes::Bytes;
use parquet::{
    basic::{Encoding, PageType},
    column::{
        page::{CompressedPage, Page, PageWriter},
        writer::ColumnCloseResult,
    },
    errors::ParquetError,
    file::{
        metadata::{ColumnChunkMetaData, PageEncodingStats},
        writer::{SerializedPageWriter, TrackedWrite},
    },
    schema::types::ColumnDescPtr,
};

/// Rows a page: where one ends depends on the rows alone, however they come.
const PAGE_ROWS: usize = 32_768;

/// Is a column one of these?
pub(crate) fn is_plain(field: &Field) -> bool {
    matches!(field.data_type(), DataType::FixedSizeBinary(1..)) && !field.is_nullable()
}

/// A column of one row group while it is written.
pub(crate) struct PlainColumn {
    of: ColumnDescPtr,
    width: usize,
    page: Vec<u8>,
    pages: TrackedWrite<Vec<u8>>,
    count: i32,
    rows: u64,
}

impl PlainColumn {
    /// A column with this place in its file.
    pub(crate) fn new(of: ColumnDescPtr) -> Self {
        let width = usize::try_from(of.type_length()).unwrap_or_default();
        let (page, pages) = (Vec::new(), TrackedWrite::new(Vec::new()));
        Self { of, width, page, pages, count: 0, rows: 0 }
    }

    /// Adds values.
    pub(crate) fn write(&mut self, values: &dyn Array) -> Result<(), ParquetError> {
        let values = values
            .as_fixed_size_binary_opt()
            .filter(|values| values.value_size() == self.width && values.null_count() == 0)
            .ok_or_else(|| ParquetError::General("values of another width".to_owned()))?;
        let (full, mut rest) = (PAGE_ROWS * self.width, values.value_data());
        while !rest.is_empty() {
            let (next, others) = rest.split_at(rest.len().min(full - self.page.len()));
            self.page.extend_from_slice(next);
            rest = others;
            if self.page.len() == full {
                self.end_page()?;
            }
        }
        Ok(())
    }

    fn end_page(&mut self) -> Result<(), ParquetError> {
        let (bytes, rows) = (self.page.len(), self.page.len() / self.width);
        // The room of a page serves the next one.
        let buf = Bytes::from(std::mem::take(&mut self.page));
        let page = Page::DataPage {
            buf: buf.clone(),
            num_values: u32::try_from(rows).unwrap_or_default(),
            encoding: Encoding::PLAIN,
            def_level_encoding: Encoding::RLE,
            rep_level_encoding: Encoding::RLE,
            statistics: None,
        };
        let mut writer = SerializedPageWriter::new(&mut self.pages);
        writer.write_page(CompressedPage::new(page, bytes))?;
        self.page = buf.try_into_mut().map(Vec::from).unwrap_or_default();
        self.page.clear();
        self.count += 1;
        self.rows += rows as u64;
        Ok(())
    }

    /// The pages and what the footer tells of them.
    pub(crate) fn close(mut self) -> Result<(Bytes, ColumnCloseResult), ParquetError> {
        if !self.page.is_empty() {
            self.end_page()?;
        }
        let pages = self.pages.into_inner()?;
        let (bytes, rows) = (i64::try_from(pages.len()), i64::try_from(self.rows));
        let (bytes, rows) = (bytes.unwrap_or_default(), rows.unwrap_or_default());
        let metadata = ColumnChunkMetaData::builder(self.of)
            .set_encodings(vec![Encoding::PLAIN, Encoding::RLE])
            .set_page_encoding_stats(vec![PageEncodingStats {
                page_type: PageType::DATA_PAGE,
                encoding: Encoding::PLAIN,
                count: self.count,
            }])
            .set_num_values(rows)
            .set_total_compressed_size(bytes)
            .set_total_uncompressed_size(bytes)
            .set_data_page_offset(0)
            .build()?;
        let closed = ColumnCloseResult {
            bytes_written: pages.len() as u64,
            rows_written: self.rows,
            metadata,
            bloom_filter: None,
            column_index: None,
            offset_index: None,
        };
        Ok((pages.into(), closed))
    }
}
