package core

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/rangetable"
)

// WordRules counts the changes of what [Words] makes of a text. A store that
// keeps words made by other rules makes them anew.
const WordRules = 2

// Words are the words of a text as searches compare them, each once.
// Every adapter keeps these words and no others, so that a search finds the same
// documents on each of them.
//
// A word is a run of letters, digits and marks, folded. Where a script writes no
// spaces, each character begins a word of three, and fewer where the run ends;
// so whatever stands in the text is the beginning of a word.
func Words(text string) []string {
	list, _ := runs(text)
	words, seen := make([]string, 0, len(list)), make(map[string]struct{}, len(list))
	add := func(word string) {
		n := len(seen)
		if seen[word] = struct{}{}; len(seen) > n {
			words = append(words, word)
		}
	}
	for _, r := range list {
		if !r.solid {
			add(r.text)
			continue
		}
		for i := range r.text {
			add(first(r.text[i:], gram))
		}
	}
	return words
}

// Sought is what a search asks for.
type Sought struct {
	Words      []string // that a text must hold; sorted, each once
	Beginnings []string // of words that it must hold; sorted, each once
}

// SoughtWords takes a search apart. Its last word may be the beginning of one,
// for somebody may still be typing; unless something stands behind it, be it a
// space. So is what is shorter than the words of a script without spaces.
func SoughtWords(text string) (s Sought) {
	list, open := runs(text)
	for i, r := range list {
		switch n := utf8.RuneCountInString(r.text); {
		case r.solid && n >= gram:
			for at := range r.text {
				if n >= gram {
					s.Words = append(s.Words, first(r.text[at:], gram))
				}
				n--
			}
		case r.solid, open && i == len(list)-1:
			s.Beginnings = append(s.Beginnings, r.text)
		default:
			s.Words = append(s.Words, r.text)
		}
	}
	slices.Sort(s.Words)
	slices.Sort(s.Beginnings)
	s.Words, s.Beginnings = slices.Compact(s.Words), slices.Compact(s.Beginnings)
	return s
}

// Empty reports whether the search has no word at all.
func (s Sought) Empty() bool { return len(s.Words) == 0 && len(s.Beginnings) == 0 }

// within reports whether some words, sorted, are what s asks for.
func (s Sought) within(words []string) bool {
	for _, w := range s.Words {
		if _, ok := slices.BinarySearch(words, w); !ok {
			return false
		}
	}
	for _, b := range s.Beginnings {
		if i, _ := slices.BinarySearch(words, b); i == len(words) || !strings.HasPrefix(words[i], b) {
			return false
		}
	}
	return true
}

// wordCount is the length of a search in words; where there are no spaces, three
// characters are one.
func wordCount(text string) (n int) {
	list, _ := runs(text)
	for _, r := range list {
		n++
		if r.solid {
			n += (utf8.RuneCountInString(r.text) - 1) / gram
		}
	}
	return n
}

// gram is how many characters a word has in scripts without spaces. With two, a
// search for 上海关 would find 上海海关; with four, short searches would read more
// of the index.
const gram = 3

// run is a piece of a text without separators, folded. It is solid in a script
// without spaces.
type run struct {
	text  string
	solid bool
}

// runs are the runs of a text in their sequence. The last one is open when it
// goes up to the end.
func runs(text string) (list []run, open bool) {
	start, lower := 0, lowerASCII(text)
	list = make([]run, 0, len(text)/8+1)
	cut := func(end int) {
		switch {
		case start >= end:
		case isASCII(lower[start:end]):
			list, open = append(list, run{text: lower[start:end]}), true
		default:
			list, open = appendRuns(list, text[start:end])
		}
	}
	// What is ASCII separates before it is folded and after: so the dear work is
	// done only where other characters are. Symbols (™, ㎏) are words by themselves.
	for i, r := range text {
		switch {
		case '0' <= r && r <= '9', 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z':
		case r < utf8.RuneSelf:
			cut(i)
			start, open = i+1, false
		case unicode.Is(unicode.So, r) && r != utf8.RuneError:
			cut(i)
			start, open = i, false
			cut(i + utf8.RuneLen(r))
			start = i + utf8.RuneLen(r)
		}
	}
	cut(len(text))
	return list, open
}

// appendRuns appends the runs of a piece of text that is not ASCII.
func appendRuns(list []run, piece string) (_ []run, open bool) {
	piece = foldText(piece)
	start, solid := -1, false
	for i, r := range piece {
		inside := unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r)
		is := inside && r >= utf8.RuneSelf && unicode.Is(unspaced, r)
		if start >= 0 && (!inside || is != solid) {
			list = append(list, run{piece[start:i], solid})
			start = -1
		}
		if inside && start < 0 {
			start, solid = i, is
		}
	}
	if start >= 0 {
		list = append(list, run{piece[start:], solid})
	}
	return list, start >= 0
}

// unspaced are the characters of scripts that do not tell words by spaces; and of
// Korean, which writes particles and compounds without.
var unspaced = rangetable.Merge(
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Bopomofo, unicode.Hangul,
	unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tai_Le, unicode.New_Tai_Lue, unicode.Tai_Tham, unicode.Tai_Viet,
	unicode.Javanese, unicode.Balinese,
	rangetable.New('ー', '\u3099', '\u309a'), // of both kana
)

// lowerASCII is text with its ASCII letters in lower case, in as many bytes.
func lowerASCII(text string) string {
	i := 0
	for i < len(text) && (text[i] < 'A' || text[i] > 'Z') {
		i++
	}
	if i == len(text) {
		return text
	}
	b := []byte(text)
	for ; i < len(b); i++ {
		if 'A' <= b[i] && b[i] <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// first is the first n characters of s.
func first(s string, n int) string {
	for i := range s {
		if n--; n < 0 {
			return s[:i]
		}
	}
	return s
}

// searchMatch is OpSearch in memory.
func searchMatch(doc any, fields []string, text string) bool {
	sought := SoughtWords(text)
	if sought.Empty() {
		return false
	}
	var have []string
	for _, f := range fields {
		if s, ok := fieldOf(doc, f).(string); ok {
			have = append(have, Words(s)...)
		}
	}
	slices.Sort(have)
	return sought.within(have)
}
