//! What the model knows of each entity of the shelf: said once more, and not read from the derive, which is under test.

/// An entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Album,
    Track,
    Take,
    Review,
    Loan,
    Folder,
    Page,
    Setting,
    Badge,
}

/// What holds for all rows of an entity.
pub struct Facts {
    pub table: &'static str,
    /// What the application writes, in the order of the struct.
    pub columns: &'static [Column],
    pub soft: bool,
    pub versioned: bool,
    /// Whether the audit records values.
    pub values: bool,
    /// Whether the first column is unique for an owner.
    pub unique: bool,
    pub keyed_by_owner: bool,
}

pub struct Column {
    pub name: &'static str,
    pub holds: Holds,
    pub nullable: bool,
    pub redacted: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    Text,
    Number,
    /// The id of a parent, and what becomes of the row when it is deleted.
    Parent(Kind, End),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Cascade,
    SetNull,
    Restrict,
}

const fn column(name: &'static str, holds: Holds) -> Column {
    Column { name, holds, nullable: false, redacted: false }
}

const fn nullable(name: &'static str, holds: Holds) -> Column {
    Column { nullable: true, ..column(name, holds) }
}

const fn plain(table: &'static str, columns: &'static [Column]) -> Facts {
    Facts { table, columns, soft: false, versioned: false, values: false, unique: false, keyed_by_owner: false }
}

use End::{Cascade, Restrict, SetNull};
use Holds::{Number, Parent, Text};

static ALBUMS: Facts = Facts {
    versioned: true,
    values: true,
    unique: true,
    ..plain(
        "albums",
        &[column("title", Text), nullable("year", Number), Column { redacted: true, ..nullable("price", Number) }],
    )
};
static TRACKS: Facts = plain("tracks", &[column("album_id", Parent(Kind::Album, Cascade)), column("title", Text)]);
static TAKES: Facts = plain("takes", &[column("track_id", Parent(Kind::Track, Cascade)), column("seconds", Number)]);
static REVIEWS: Facts = plain("reviews", &[nullable("album_id", Parent(Kind::Album, SetNull)), column("text", Text)]);
static LOANS: Facts = plain("loans", &[column("album_id", Parent(Kind::Album, Restrict)), column("to_whom", Text)]);
static FOLDERS: Facts = Facts {
    soft: true,
    ..plain("folders", &[nullable("inside", Parent(Kind::Folder, Cascade)), column("name", Text)])
};
static PAGES: Facts = Facts {
    soft: true,
    versioned: true,
    ..plain("pages", &[column("folder_id", Parent(Kind::Folder, Cascade)), column("text", Text)])
};
static SETTINGS: Facts = Facts { keyed_by_owner: true, ..plain("settings", &[column("value", Text)]) };
static BADGES: Facts = plain("badges", &[nullable("under", Parent(Kind::Badge, Cascade)), column("name", Text)]);

impl Kind {
    pub const ALL: [Self; 9] = [
        Self::Album,
        Self::Track,
        Self::Take,
        Self::Review,
        Self::Loan,
        Self::Folder,
        Self::Page,
        Self::Setting,
        Self::Badge,
    ];

    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Album => &ALBUMS,
            Self::Track => &TRACKS,
            Self::Take => &TAKES,
            Self::Review => &REVIEWS,
            Self::Loan => &LOANS,
            Self::Folder => &FOLDERS,
            Self::Page => &PAGES,
            Self::Setting => &SETTINGS,
            Self::Badge => &BADGES,
        }
    }

    /// The position of the column that names the parent, the parent, and what its deletion means.
    pub fn parent(self) -> Option<(usize, Self, End)> {
        self.facts().columns.iter().enumerate().find_map(|(position, column)| match column.holds {
            Parent(parent, end) => Some((position, parent, end)),
            Text | Number => None,
        })
    }

    /// Those who name it as their parent, the entity itself left out.
    pub fn children(self) -> impl Iterator<Item = (Self, End)> {
        Self::ALL.into_iter().filter(move |child| *child != self).filter_map(move |child| {
            let (_, parent, end) = child.parent()?;
            (parent == self).then_some((child, end))
        })
    }

    pub fn is_tree(self) -> bool {
        self.parent().is_some_and(|(_, parent, _)| parent == self)
    }

    /// The entity and all below it.
    pub fn family(self) -> Vec<Self> {
        let mut family = vec![self];
        family.extend(self.children().flat_map(|(child, _)| child.family()));
        family
    }
}
