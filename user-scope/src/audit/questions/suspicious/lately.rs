//! What was seen lately, in bounded memory.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};

/// What belongs to each of the texts that were seen last. Of the texts themselves it keeps nothing but a hash.
///
/// When it has seen as many as it holds, it begins anew and keeps those of before once more: what is seen again meanwhile is
/// taken over, and what is not is forgotten with the next beginning. So at least the last `most` different texts are known, and
/// never more than twice as many.
#[derive(Debug)]
pub(super) struct Lately<V> {
    hashes: RandomState,
    most: usize,
    seen: HashMap<u64, V>,
    before: HashMap<u64, V>,
}

impl<V: Default> Lately<V> {
    pub(super) fn holding(most: usize) -> Self {
        Self { hashes: RandomState::new(), most, seen: HashMap::new(), before: HashMap::new() }
    }

    pub(super) fn get(&self, text: &str) -> Option<&V> {
        let hash = self.hashes.hash_one(text);
        self.seen.get(&hash).or_else(|| self.before.get(&hash))
    }

    /// What belongs to a text that is seen now.
    pub(super) fn see(&mut self, text: &str) -> &mut V {
        let hash = self.hashes.hash_one(text);
        let known = self.before.remove(&hash);
        if self.seen.len() >= self.most && !self.seen.contains_key(&hash) {
            self.before = std::mem::take(&mut self.seen);
        }
        self.seen.entry(hash).or_insert_with(|| known.unwrap_or_default())
    }

    pub(super) fn len(&self) -> usize {
        self.seen.len() + self.before.len()
    }
}

#[cfg(test)]
mod tests {
    use super::Lately;

    #[test]
    fn what_is_seen_again_is_kept_and_what_is_not_is_forgotten_in_the_end() {
        let mut lately = Lately::<u32>::holding(10);
        *lately.see("once") += 1;
        for number in 0..1_000 {
            *lately.see("often") += 1;
            lately.see(&number.to_string());
            assert!(lately.len() <= 20, "{}", lately.len());
            assert_eq!(lately.get("often"), Some(&(number + 1)));
            for last in number.saturating_sub(8)..=number {
                assert!(lately.get(&last.to_string()).is_some());
            }
        }
        assert_eq!(lately.get("once"), None);
        assert_eq!(lately.get("never"), None);
    }
}
