use std::collections::BTreeMap;

/// The messages that were accepted and could not be handled, each an `L` of the caller's.
///
/// The store is bounded in count and in bytes: the oldest are pushed out to make room for new
/// ones. Letters are numbered in the order in which they came, from 1.
///
/// ```
/// # use airssys_wasm_broker::DeadLetters;
/// let mut letters = DeadLetters::new(2, 1024);
/// for letter in ["first", "second", "third"] {
///     letters.push(letter, letter.len());
/// }
/// assert!(letters.iter().eq([(2, &"second"), (3, &"third")]));
/// assert_eq!(letters.pushed_out(), 1);
///
/// // To send one again: out of the store, and back to its place if that fails.
/// let letter = letters.take(2).expect("it is there");
/// letters.restore(2, letter, letter.len());
/// assert_eq!(letters.get(2), Some(&"second"));
/// ```
#[derive(Debug)]
pub struct DeadLetters<L> {
    max_count: usize,
    max_bytes: usize,
    kept: BTreeMap<u64, Kept<L>>,
    bytes: usize,
    /// The number of the newest letter, whether or not it is kept.
    last: u64,
    pushed_out: u64,
}

#[derive(Debug)]
struct Kept<L> {
    letter: L,
    bytes: usize,
}

impl<L> DeadLetters<L> {
    /// A store for so many letters, of so many bytes in all.
    pub fn new(max_count: usize, max_bytes: usize) -> Self {
        Self { max_count, max_bytes, kept: BTreeMap::new(), bytes: 0, last: 0, pushed_out: 0 }
    }

    /// Puts a letter of so many bytes in, and returns its number. One that is larger than the
    /// whole store has a number too, and is pushed out itself.
    pub fn push(&mut self, letter: L, bytes: usize) -> u64 {
        let number = self.last + 1;
        self.restore(number, letter, bytes);
        number
    }

    /// Puts a letter back that was [taken](Self::take), at its place. Room is made as for a new
    /// one: by pushing out the oldest, which may be this one.
    ///
    /// A letter from elsewhere may come in like this too, as from an earlier run: new ones are
    /// numbered behind it. A letter that is here under the same number makes way for it.
    pub fn restore(&mut self, number: u64, letter: L, bytes: usize) {
        self.last = self.last.max(number);
        self.take(number);
        if self.max_count == 0 || bytes > self.max_bytes {
            self.pushed_out += 1;
            return;
        }
        while self.kept.len() >= self.max_count || self.bytes > self.max_bytes - bytes {
            let Some(oldest) = self.kept.first_entry().filter(|oldest| *oldest.key() < number)
            else {
                self.pushed_out += 1;
                return;
            };
            self.bytes -= oldest.remove().bytes;
            self.pushed_out += 1;
        }
        self.kept.insert(number, Kept { letter, bytes });
        self.bytes += bytes;
    }

    /// Takes a letter out of the store; it does not count as pushed out.
    pub fn take(&mut self, number: u64) -> Option<L> {
        let kept = self.kept.remove(&number)?;
        self.bytes -= kept.bytes;
        Some(kept.letter)
    }

    /// The letter with this number, if it is here.
    pub fn get(&self, number: u64) -> Option<&L> {
        self.kept.get(&number).map(|kept| &kept.letter)
    }

    /// The letters and their numbers, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &L)> {
        self.kept.iter().map(|(&number, kept)| (number, &kept.letter))
    }

    /// How many letters there are.
    pub fn len(&self) -> usize {
        self.kept.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.kept.is_empty()
    }

    /// How many bytes they have in all.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// How many letters there was no room for, or no longer.
    pub fn pushed_out(&self) -> u64 {
        self.pushed_out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn numbers<L>(letters: &DeadLetters<L>) -> Vec<u64> {
        letters.iter().map(|(number, _)| number).collect()
    }

    #[test]
    fn a_letter_larger_than_the_store_pushes_nothing_out_but_itself() {
        let mut letters = DeadLetters::new(8, 10);
        letters.push('a', 10);
        assert_eq!(letters.push('b', 11), 2);
        assert_eq!((numbers(&letters), letters.pushed_out()), (vec![1], 1));
        assert_eq!(letters.push('c', usize::MAX), 3);
        assert_eq!((letters.bytes(), letters.pushed_out()), (10, 2));
    }

    #[test]
    fn a_store_without_room_keeps_nothing_and_counts_all() {
        for mut letters in [DeadLetters::new(0, 10), DeadLetters::new(10, 0)] {
            assert_eq!((letters.push('a', 1), letters.push('b', 1)), (1, 2));
            assert_eq!((letters.len(), letters.pushed_out()), (0, 2));
        }
        let mut of_empty_letters = DeadLetters::new(1, 0);
        of_empty_letters.push('a', 0);
        assert_eq!(of_empty_letters.len(), 1);
    }

    #[test]
    fn a_letter_is_restored_unless_it_would_be_the_first_to_go() {
        let mut letters = DeadLetters::new(3, 100);
        for letter in ['a', 'b', 'c'] {
            letters.push(letter, 10);
        }
        let second = letters.take(2).unwrap();
        letters.push('d', 10);
        letters.restore(2, second, 10);
        assert_eq!((numbers(&letters), letters.pushed_out()), (vec![2, 3, 4], 1));

        let second = letters.take(2).unwrap();
        letters.push('e', 10);
        letters.restore(2, second, 10);
        assert_eq!((numbers(&letters), letters.pushed_out()), (vec![3, 4, 5], 2));
    }

    #[test]
    fn new_letters_are_numbered_behind_those_of_an_earlier_run() {
        let mut letters = DeadLetters::new(3, 100);
        letters.restore(7, 'a', 1);
        letters.restore(5, 'b', 1);
        assert_eq!(letters.push('c', 1), 8);
        assert_eq!(numbers(&letters), [5, 7, 8]);
    }

    #[test]
    fn a_number_is_never_there_twice() {
        let mut letters = DeadLetters::new(3, 100);
        letters.push('a', 60);
        letters.restore(1, 'b', 70);
        assert!(letters.iter().eq([(1, &'b')]));
        assert_eq!((letters.bytes(), letters.pushed_out()), (70, 0));
    }

    #[derive(Debug, Clone)]
    enum Step {
        Push { bytes: usize },
        Take { number: u64 },
        RestoreTaken { which: prop::sample::Index },
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            5 => (0..25usize).prop_map(|bytes| Step::Push { bytes }),
            3 => (1..40u64).prop_map(|number| Step::Take { number }),
            2 => any::<prop::sample::Index>().prop_map(|which| Step::RestoreTaken { which }),
        ]
    }

    /// A list of numbers and bytes in order. What is over the bounds goes from its front.
    struct Model {
        max_count: usize,
        max_bytes: usize,
        kept: Vec<(u64, usize)>,
        pushed_out: u64,
    }

    impl Model {
        fn put(&mut self, number: u64, bytes: usize) {
            if self.max_count == 0 || bytes > self.max_bytes {
                self.pushed_out += 1;
                return;
            }
            self.kept.push((number, bytes));
            self.kept.sort_unstable();
            while self.kept.len() > self.max_count || self.bytes() > self.max_bytes {
                self.kept.remove(0);
                self.pushed_out += 1;
            }
        }

        fn bytes(&self) -> usize {
            self.kept.iter().map(|&(_, bytes)| bytes).sum()
        }
    }

    proptest! {
        #[test]
        fn dead_letters_agree_with_a_list_that_is_searched(
            max_count in 0..6usize,
            max_bytes in 0..60usize,
            steps in prop::collection::vec(step(), 0..80),
        ) {
            let mut letters = DeadLetters::new(max_count, max_bytes);
            let mut model = Model { max_count, max_bytes, kept: Vec::new(), pushed_out: 0 };
            let mut taken = Vec::new();
            let mut pushed = 0;
            for step in steps {
                match step {
                    Step::Push { bytes } => {
                        pushed += 1;
                        prop_assert_eq!(letters.push((pushed, bytes), bytes), pushed);
                        model.put(pushed, bytes);
                    }
                    Step::Take { number } => {
                        let at = model.kept.iter().position(|&(kept, _)| kept == number);
                        let expected = at.map(|at| model.kept.remove(at));
                        prop_assert_eq!(letters.take(number), expected);
                        taken.extend(expected);
                    }
                    Step::RestoreTaken { which } if !taken.is_empty() => {
                        let (number, bytes) = taken.swap_remove(which.index(taken.len()));
                        letters.restore(number, (number, bytes), bytes);
                        model.put(number, bytes);
                    }
                    Step::RestoreTaken { .. } => {}
                }
                prop_assert!(letters.iter().map(|(_, &letter)| letter).eq(model.kept.clone()));
                prop_assert!(letters.iter().all(|(number, &(of, _))| number == of));
                prop_assert_eq!(letters.len(), model.kept.len());
                prop_assert_eq!(letters.bytes(), model.bytes());
                prop_assert_eq!(letters.pushed_out(), model.pushed_out);
                prop_assert_eq!(letters.get(pushed).is_some(), model.kept.iter().any(|&(n, _)| n == pushed));
            }
        }
    }
}
