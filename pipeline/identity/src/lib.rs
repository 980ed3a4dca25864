//! Words that name a person: parsed here, never printed.
