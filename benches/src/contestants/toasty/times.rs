//! chrono's days and times as fields of a model of Toasty's. It has jiff's, by a feature that cannot be asked for beside sqlx (the
//! manifest says why). Its driver for PostgreSQL hands them over all the same: what makes fields of them is here.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};
use jiff::Timestamp;
use jiff::civil::Date;
use toasty::schema::{Field, Load};
use toasty::stmt::{Assign, Assignment, Expr, IntoExpr, List, Path, Projection, Type, Value, set};
use toasty_core::stmt::Assignments;
use toasty_core::{Error, Result};

#[derive(Debug, Clone, Copy)]
pub(super) struct Stored<T>(pub(super) T);

/// What there is a value of jiff's for.
pub(super) trait Time: Copy {
    const TYPE: Type;

    fn value(self) -> Value;

    fn read(value: &Value) -> Option<Self>;
}

impl Time for DateTime<Utc> {
    const TYPE: Type = Type::Timestamp;

    fn value(self) -> Value {
        Value::Timestamp(Timestamp::from_microsecond(self.timestamp_micros()).expect("a time of this millennium"))
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Timestamp(time) => Self::from_timestamp_micros(time.as_microsecond()),
            _ => None,
        }
    }
}

impl Time for NaiveDate {
    const TYPE: Type = Type::Date;

    fn value(self) -> Value {
        let (month, day) = (self.month() as i8, self.day() as i8);
        Value::Date(Date::new(self.year() as i16, month, day).expect("a day of this millennium"))
    }

    fn read(value: &Value) -> Option<Self> {
        match value {
            Value::Date(day) => Self::from_ymd_opt(day.year().into(), day.month() as u32, day.day() as u32),
            _ => None,
        }
    }
}

impl<T: Time> Load for Stored<T> {
    type Output = Self;

    fn ty() -> Type {
        T::TYPE
    }

    fn load(value: Value) -> Result<Self> {
        T::read(&value).map(Self).ok_or_else(|| Error::type_conversion(value, "a day or time"))
    }

    fn reload(target: &mut Self, value: Value) -> Result<()> {
        *target = Self::load(value)?;
        Ok(())
    }
}

impl<T: Time> Field for Stored<T> {
    type ExprTarget = Self;
    type Path<Origin> = Path<Origin, Self>;
    type ListPath<Origin> = Path<Origin, List<Self>>;
    type Update<'a> = ();
    type Inner = Self;

    fn new_path<Origin>(path: Path<Origin, Self>) -> Self::Path<Origin> {
        path
    }

    fn new_list_path<Origin>(path: Path<Origin, List<Self>>) -> Self::ListPath<Origin> {
        path
    }

    fn new_update(_: &mut Assignments, _: Projection) {}

    fn key_constraint<Origin>(&self, target: Path<Origin, Self>) -> Expr<bool> {
        target.eq(*self)
    }
}

impl<T: Time> IntoExpr<Self> for Stored<T> {
    fn into_expr(self) -> Expr<Self> {
        Expr::from_untyped(self.0.value())
    }

    fn by_ref(&self) -> Expr<Self> {
        (*self).into_expr()
    }
}

impl<T: Time> Assign<Self> for Stored<T> {
    fn into_assignment(self) -> Assignment<Self> {
        set(self)
    }
}
