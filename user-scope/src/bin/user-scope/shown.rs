//! What stands in a log and is shown: ids and reasons are what users have made them. A terminal would obey some characters, and an
//! eye does not see others, or sees what follows in another order.

/// Whether a terminal obeys it, or it is not seen: controls, what turns the direction, and what has no width.
fn is_not_shown(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}'
        )
}

/// A text as a person reads it, in one line.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|character| if is_not_shown(character) { '·' } else { character }).collect()
}

/// The same of words that are ours and have lines.
pub(crate) fn plain_lines(text: &str) -> String {
    text.split('\n').map(plain).collect::<Vec<_>>().join("\n")
}

/// A JSON document that says the same, with nothing in it that a terminal obeys. What is below a blank is escaped already where it
/// is in a text.
pub(crate) fn escaped(json: &str) -> String {
    let mut told = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() && character != '\u{7f}' || !is_not_shown(character) {
            told.push(character);
            continue;
        }
        let mut units = [0; 2];
        for unit in character.encode_utf16(&mut units) {
            told.push_str(&format!("\\u{unit:04x}"));
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::{escaped, plain, plain_lines};

    #[test]
    fn what_a_terminal_would_obey_or_an_eye_not_see_is_a_dot() {
        assert_eq!(plain("a\u{1b}[2J\nb\u{9b}c\u{202e}d\u{200b}e\u{feff}f"), "a·[2J·b·c·d·e·f");
        assert_eq!(plain("Zoë – 木, é"), "Zoë – 木, é");
        assert_eq!(plain_lines("a\nb\r"), "a\nb·");
    }

    #[test]
    fn a_document_says_the_same_with_escapes() {
        assert_eq!(escaped("{\n\"a\": \"\u{9b}é\u{e0041}\u{7f}\"}"), "{\n\"a\": \"\\u009bé\\udb40\\udc41\\u007f\"}");
    }
}
