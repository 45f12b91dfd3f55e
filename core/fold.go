package core

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"golang.org/x/text/unicode/rangetable"
)

// foldText brings text to the form in which searches compare it, so that what
// readers type finds what writers wrote: compatibility forms are one (NFKC),
// case is folded in full (Unicode, section 3.13), and accents, invisible
// characters and the differences in letterOf are gone. What is left in marks
// tells words apart.
func foldText(text string) string {
	if folded, ok := foldLetters(text); ok {
		return folded
	}
	return foldAny(text)
}

// foldLetters is foldText for what most texts in Latin, Greek and Cyrillic letters are:
// characters that no other one beside them changes. English with an accent on every e takes a
// quarter of the time then.
func foldLetters(text string) (_ string, ok bool) {
	known := foldedLetters()
	b := make([]byte, 0, len(text)+8)
	for _, r := range text {
		switch s, ok := known[r]; {
		case 'A' <= r && r <= 'Z':
			b = append(b, byte(r)+'a'-'A')
		case r < utf8.RuneSelf:
			b = append(b, byte(r))
		case ok:
			b = append(b, s...)
		default:
			return "", false
		}
	}
	return string(b), true
}

// foldedLetters has what becomes of letters that hold their marks, and of punctuation.
var foldedLetters = sync.OnceValue(func() map[rune]string {
	known := map[rune]string{}
	for _, block := range [][2]rune{{'\u00a0', '\u052f'}, {'\u2010', '\u2027'}} {
		for r := block[0]; r <= block[1]; r++ {
			if !unicode.IsMark(r) && !unicode.Is(unicode.Lm, r) && !unicode.Is(unicode.Sk, r) {
				known[r] = foldAny(string(r))
			}
		}
	}
	return known
})

// foldAny is foldText for every text.
func foldAny(text string) string {
	text = strings.ToValidUTF8(text, "\ufffd") // else what stands behind a stray byte would not decompose
	text = norm.NFKD.String(caseFolder.String(norm.NFKD.String(text)))
	var b strings.Builder
	b.Grow(len(text))
	var base rune
	for _, r := range text {
		switch s, ok := letterOf[r]; {
		case r < utf8.RuneSelf:
			b.WriteByte(byte(r))
		case ok:
			b.WriteString(s)
		case unicode.Is(invisible, r), unicode.Is(accents, r) && !(r == breve && base == 'и'):
			continue
		case unicode.IsDigit(r):
			b.WriteByte(digitOf(r))
		default:
			b.WriteRune(r)
		}
		base = r
	}
	return norm.NFC.String(b.String())
}

var caseFolder = cases.Fold()

// breve makes of и the letter й, which alone of the accented letters of these
// scripts is one of its own for the Unicode Collation Algorithm too.
const breve = '\u0306'

// accents are the marks that readers leave out: those of Latin, Greek and
// Cyrillic letters, and the vowel points of Hebrew, Arabic and Syriac. The marks
// of other scripts are vowels and tones, and those of kana other consonants.
var accents = marks(func(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me) && r != '\u3099' && r != '\u309a' &&
		unicode.In(r, unicode.Inherited, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Syriac)
}, unicode.M)

// invisible are the characters that a program shows nothing of: soft hyphens,
// joiners, marks of direction, variation selectors.
var invisible = marks(func(r rune) bool {
	return !unicode.In(r, unicode.Prepended_Concatenation_Mark) && (r < '\ufff9' || r > '\ufffb')
}, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point)

// marks is the part of some tables that keep says yes to.
func marks(keep func(rune) bool, tables ...*unicode.RangeTable) *unicode.RangeTable {
	var list []rune
	rangetable.Visit(rangetable.Merge(tables...), func(r rune) {
		if keep(r) {
			list = append(list, r)
		}
	})
	return rangetable.New(list...)
}

// digitOf is the ASCII digit of the same value: decimal digits stand in tens,
// from nought on.
func digitOf(r rune) byte {
	for _, t := range unicode.Nd.R16 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	for _, t := range unicode.Nd.R32 {
		if rune(t.Lo) <= r && r <= rune(t.Hi) {
			return '0' + byte((r-rune(t.Lo))%10)
		}
	}
	return '0'
}

// letterOf has what readers type for letters that are one character without an
// accent that could be left out, in languages written today; what is one letter in
// Arabic script on different keyboards; and signs that count among the letters.
var letterOf = map[rune]string{
	'æ': "ae", 'œ': "oe", 'þ': "th",
	'ɑ': "a", 'ⱥ': "a", 'ƀ': "b", 'ɓ': "b", 'ƈ': "c", 'ȼ': "c", 'ð': "d", 'đ': "d", 'ɖ': "d", 'ɗ': "d",
	'ǝ': "e", 'ə': "e", 'ɇ': "e", 'ɛ': "e", 'ƒ': "f", 'ǥ': "g", 'ɠ': "g", 'ɣ': "g", 'ħ': "h", 'ⱨ': "h",
	'ı': "i", 'ɨ': "i", 'ɩ': "i", 'ȷ': "j", 'ɉ': "j", 'ĸ': "k", 'ƙ': "k", 'ⱪ': "k", 'ł': "l", 'ƚ': "l", 'ⱡ': "l",
	'ŋ': "n", 'ɲ': "n", 'ƞ': "n", 'ø': "o", 'ɔ': "o", 'ɵ': "o", 'ƥ': "p", 'ɍ': "r", 'ɽ': "r", 'ʃ': "s",
	'ŧ': "t", 'ƭ': "t", 'ʈ': "t", 'ⱦ': "t", 'ʉ': "u", 'ʊ': "u", 'ʋ': "v", 'ƴ': "y", 'ɏ': "y", 'ƶ': "z", 'ʒ': "z", 'ⱬ': "z",

	'ʻ': "'", 'ʼ': "'", // as most people type them
	'ʾ': "", 'ʿ': "", 'ʹ': "", 'ـ': "",
	'ى': "ي", 'ی': "ي", 'ک': "ك", 'ہ': "ه", 'ھ': "ه", 'ە': "ه", 'ة': "ه",
}
