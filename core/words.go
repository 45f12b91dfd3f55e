package core

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Words splits text into the words that a search compares: runs of letters and
// digits, lower-cased, without accents. Every adapter searches these words, so
// that a search finds the same documents on each of them.
func Words(text string) []string {
	var words []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			words = append(words, b.String())
			b.Reset()
		}
	}
	for _, r := range norm.NFKD.String(text) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteRune(unicode.ToLower(r))
		default:
			flush()
		}
	}
	flush()
	return words
}

// searchMatch is OpSearch in memory.
func searchMatch(doc any, fields []string, text string) bool {
	have := map[string]bool{}
	for _, f := range fields {
		if s, ok := fieldOf(doc, f).(string); ok {
			for _, w := range Words(s) {
				have[w] = true
			}
		}
	}
	words := Words(text)
	for _, w := range words {
		if !have[w] {
			return false
		}
	}
	return len(words) > 0
}
