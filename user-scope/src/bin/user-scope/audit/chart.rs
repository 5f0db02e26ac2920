//! A picture of the days, as wide as a terminal.

use user_scope::audit::DayTotal;

/// How long the longest bar is.
const WIDTH: u64 = 50;
/// The eighths of a cell.
const PARTS: [char; 8] = [' ', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/// A bar a day, the oldest first, with the accesses, and the denials if there are any.
pub(crate) fn chart(days: &[DayTotal]) -> String {
    let most = days.iter().map(|day| day.accesses).max().unwrap_or(0).max(1);
    let lines = days.iter().rev().map(|day| {
        let denials = match day.denials {
            0 => String::new(),
            denials => format!(", {denials} denied"),
        };
        let (bar, users) = (bar(day.accesses, most), day.users);
        format!("{} {bar} {} by {users} {}{denials}", day.day, day.accesses, if users == 1 { "user" } else { "users" })
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn bar(figure: u64, most: u64) -> String {
    let eighths = u128::from(figure) * u128::from(WIDTH) * 8 / u128::from(most);
    let (whole, part) = (usize::try_from(eighths / 8).unwrap_or(0), usize::try_from(eighths % 8).unwrap_or(0));
    let mut bar = "█".repeat(whole);
    match PARTS.get(part) {
        Some(part) if eighths % 8 > 0 => bar.push(*part),
        // What is not nothing is to be seen.
        _ if whole == 0 && figure > 0 => bar.push('▏'),
        _ => {}
    }
    bar
}

#[cfg(test)]
mod tests {
    use super::bar;

    #[test]
    fn a_bar_is_as_long_as_its_figure() {
        assert_eq!(bar(100, 100).chars().count(), 50);
        assert_eq!(bar(50, 100), "█".repeat(25));
        assert_eq!(bar(1, 1_000_000), "▏");
        assert_eq!(bar(0, 100), "");
        assert_eq!(bar(3, 400), "▍");
    }
}
