//! Drawing values from a seed: a seed and a scope → a stream of numbers and the texts made of them.
//!
//! Must not know the clock, the machine or the order in which names are drawn: the same seed and scope
//! give the same values on every platform and in every later version, so that a printed seed repeats a
//! run. The generator is SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
//! generators", 2014), started from the FNV-1a hash of the seed and the scope.

use std::net::Ipv4Addr;

/// A stream of drawn values.
#[derive(Clone, Debug)]
pub struct Draw {
    state: u64,
}

/// Letters, digits and the space: what `random.text` is made of. Nothing in it changes when a program
/// prints it quoted, in JSON or in a shell.
const TEXT: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789    ";
/// What `random.line` is made of: as above and the punctuation that no language escapes.
const LINE: &[u8] =
    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789      .,;:!?-+()=/";
/// How many bytes at the beginning of both alphabets are letters and digits.
const LETTERS: u64 = 62;
const CONSONANTS: &[u8] = b"bdfgklmnprstvz";
const VOWELS: &[u8] = b"aeiou";
/// Characters of two, three and four bytes in UTF-8, none of them combining, right-to-left or wide.
const MULTIBYTE: &[char] = &[
    'é', 'ü', 'ñ', 'ø', 'ß', 'ç', 'Å', 'λ', 'π', 'Ω', 'ж', 'я', 'Ш', '€', '→', '√', '≤', '𝄞', '𝛼',
    '𝔸',
];

impl Draw {
    /// Begins the stream that belongs to a seed and a scope (a check's id and a name).
    pub fn new(seed: u64, scope: &str) -> Self {
        // FNV-1a with its 64-bit offset basis and prime.
        let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
        for byte in seed.to_le_bytes().into_iter().chain(scope.bytes()) {
            hash ^= u64::from(byte);
            hash = hash.wrapping_mul(0x0000_0100_0000_01b3);
        }
        let mut draw = Draw { state: hash };
        // One step apart from the bare hash, so that scopes with similar hashes do not overlap.
        draw.state = draw.next_u64();
        draw
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from 0 to `bound` − 1; 0 when `bound` is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from 0.0 up to, but not including, 1.0.
    pub fn unit(&mut self) -> f64 {
        // 53 bits: as many as an f64 holds exactly.
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A whole number from `low` to `high`, both included.
    pub fn int(&mut self, low: i64, high: i64) -> i64 {
        let width = high.wrapping_sub(low) as u64;
        if width == u64::MAX {
            return self.next_u64() as i64;
        }
        low.wrapping_add(self.below(width + 1) as i64)
    }

    /// A number between `low` and `high` that a 32-bit float holds exactly and that is no whole number.
    pub fn float(&mut self, low: f64, high: f64) -> f64 {
        // Odd eighths of a whole have three decimals at most; narrow ranges need finer steps.
        let parts = if high - low >= 4.0 { 8.0 } else { 1024.0 };
        let first = (low * parts).ceil() as i64;
        let last = (high * parts).floor() as i64;
        let mut step = self.int(first, last.max(first));
        if step % 2 == 0 {
            step += if step < last { 1 } else { -1 };
        }
        step as f64 / parts
    }

    /// Random bytes.
    pub fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(length + 8);
        while out.len() < length {
            out.extend_from_slice(&self.next_u64().to_le_bytes());
        }
        out.truncate(length);
        out
    }

    /// Letters, digits and spaces; no space at either end.
    pub fn text(&mut self, length: usize) -> String {
        self.letters_of(TEXT, length)
    }

    /// Letters, digits, spaces and plain punctuation; no space at either end.
    pub fn line(&mut self, shortest: usize, longest: usize) -> String {
        let extra = self.below((longest.saturating_sub(shortest) as u64) + 1) as usize;
        self.letters_of(LINE, shortest + extra)
    }

    fn letters_of(&mut self, alphabet: &[u8], length: usize) -> String {
        let mut out = Vec::with_capacity(length);
        for position in 0..length {
            let mut byte = alphabet[self.below(alphabet.len() as u64) as usize];
            let at_end = position == 0 || position + 1 == length;
            if byte == b' ' && (at_end || out.last() == Some(&b' ')) {
                byte = alphabet[self.below(LETTERS) as usize];
            }
            out.push(byte);
        }
        String::from_utf8(out).expect("both alphabets are ASCII")
    }

    /// A made-up lower-case word of six or eight letters; syllables of a consonant and a vowel, so that
    /// it can never be a word with a meaning in a protocol (`close`, `bye`, `end`).
    pub fn word(&mut self) -> String {
        let mut out = String::new();
        for _ in 0..3 + self.below(2) {
            for letters in [CONSONANTS, VOWELS] {
                out.push(letters[self.below(letters.len() as u64) as usize] as char);
            }
        }
        out
    }

    /// A made-up name: a word with a capital letter.
    pub fn name(&mut self) -> String {
        let mut word = self.word();
        word[..1].make_ascii_uppercase();
        word
    }

    /// Hexadecimal digits in lower case.
    pub fn hex(&mut self, digits: usize) -> String {
        (0..digits)
            .map(|_| b"0123456789abcdef"[self.below(16) as usize] as char)
            .collect()
    }

    /// As many characters (not bytes); every third or so takes more than one byte in UTF-8, the first
    /// one always.
    pub fn utf8(&mut self, characters: usize) -> String {
        (0..characters)
            .map(|position| {
                if position == 0 || self.below(3) == 0 {
                    MULTIBYTE[self.below(MULTIBYTE.len() as u64) as usize]
                } else {
                    TEXT[self.below(LETTERS) as usize] as char
                }
            })
            .collect()
    }

    /// An IPv4 address from the ranges set aside for documentation (RFC 5737).
    pub fn ipv4(&mut self) -> Ipv4Addr {
        let [a, b, c] = [[192, 0, 2], [198, 51, 100], [203, 0, 113]][self.below(3) as usize];
        Ipv4Addr::new(a, b, c, 1 + self.below(254) as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_a_scope_give_the_same_values_for_ever() {
        let mut draw = Draw::new(42, "echoes/line");
        // Fixed here on purpose: a change of these values changes what a printed seed repeats.
        assert_eq!(draw.next_u64(), FIRST);
        assert_ne!(Draw::new(42, "echoes/lime").next_u64(), FIRST);
        assert_ne!(Draw::new(43, "echoes/line").next_u64(), FIRST);
    }

    // Worked out by an independent program.
    const FIRST: u64 = 11_076_508_799_261_681_940;

    #[test]
    fn text_has_its_length_and_no_space_at_its_ends() {
        for seed in 0..200 {
            let text = Draw::new(seed, "t").text(40);
            assert_eq!(text.len(), 40);
            assert_eq!(text.trim(), text);
            assert!(!text.contains("  "));
        }
    }

    #[test]
    fn numbers_stay_within_their_bounds() {
        for seed in 0..500 {
            let mut draw = Draw::new(seed, "n");
            assert!((-3..=4).contains(&draw.int(-3, 4)));
            let float = draw.float(0.0, 100.0);
            assert!((0.0..=100.0).contains(&float) && float.fract() != 0.0);
            assert_eq!(f64::from(float as f32), float);
            let narrow = draw.float(0.0, 1.0);
            assert!((0.0..=1.0).contains(&narrow) && f64::from(narrow as f32) == narrow);
        }
        assert_eq!(Draw::new(0, "n").int(7, 7), 7);
        Draw::new(0, "n").int(i64::MIN, i64::MAX);
        Draw::new(0, "n").int(9, -9);
    }

    #[test]
    fn utf8_counts_characters_and_has_some_of_several_bytes() {
        let text = Draw::new(1, "u").utf8(20);
        assert_eq!(text.chars().count(), 20);
        assert!(text.len() > 20);
    }
}
