//! Chance that depends on what happens and never on when: the same seed and the same words, the same draw.

use sha2::{Digest, Sha256};

/// A generator for one question, such as how the second write of event 17 fares.
pub fn random(seed: u64, what: &str, which: &[u32]) -> fastrand::Rng {
    let mut hash = Sha256::new();
    hash.update(seed.to_be_bytes());
    hash.update(what);
    // No question is the beginning of another.
    hash.update([0]);
    which.iter().for_each(|number| hash.update(number.to_be_bytes()));
    let bytes = hash.finalize().iter().take(8).fold(0, |word: u64, byte| word << 8 | u64::from(*byte));
    fastrand::Rng::with_seed(bytes)
}

#[cfg(test)]
mod tests {
    use super::random;

    #[test]
    fn a_question_has_one_answer_and_other_questions_have_others() {
        let first = |seed, what, which: &[u32]| random(seed, what, which).u64(..);
        assert_eq!(first(1, "put", &[2, 3]), first(1, "put", &[2, 3]));
        let others =
            [first(2, "put", &[2, 3]), first(1, "read", &[2, 3]), first(1, "put", &[3, 2]), first(1, "put", &[2])];
        assert!(!others.contains(&first(1, "put", &[2, 3])));
    }
}
