package seed

import (
	"embed"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// The texts of the site come from phrase-structure grammars: one file of rules
// for each section, and one that all of them share.
//
//go:embed grammar
var files embed.FS

// sections are the departments of the site; each is also a tag.
var sections = [...]string{"politics", "business", "science", "technology", "culture", "sport", "travel", "food"}

// cast are the names that stay the same throughout an article.
var cast = [...]string{"place", "town", "org", "lead", "leadname", "expert", "expertname", "topic", "project"}

// numbers are the slots that are made, not chosen.
var numbers = map[string]func([]byte, *rand.Rand) []byte{
	"number": func(b []byte, r *rand.Rand) []byte {
		if r.IntN(3) > 0 {
			return strconv.AppendInt(b, 2+r.Int64N(11), 10)
		}
		return strconv.AppendInt(b, 13+r.Int64N(80), 10)
	},
	"percent": func(b []byte, r *rand.Rand) []byte {
		return append(strconv.AppendInt(b, 2+r.Int64N(93), 10), '%')
	},
	"year": func(b []byte, r *rand.Rand) []byte {
		back := r.Int64N(12)
		if r.IntN(4) == 0 {
			back = r.Int64N(75)
		}
		return strconv.AppendInt(b, 2025-back, 10)
	},
	"future": func(b []byte, r *rand.Rand) []byte { return strconv.AppendInt(b, 2027+r.Int64N(14), 10) },
}

// grammar is the rules of one section.
type grammar struct {
	section string
	tags    []string
	columns []string // heads of tables
	code    []string // fenced blocks
	rules   map[string]*rule
}

// rule is a list of alternatives to choose from.
type rule struct{ alternatives [][]part }

// part is a piece of an alternative: a literal text, and then a made number, a
// name of the cast or another rule, or nothing.
type part struct {
	text   string
	number func([]byte, *rand.Rand) []byte
	cast   int // index in cast, from 1; 0 for none
	rule   *rule
}

// readGrammars compiles the grammars of all sections.
func readGrammars() ([]*grammar, error) {
	common, _, err := readRules("common")
	if err != nil {
		return nil, err
	}
	all := make([]*grammar, len(sections))
	for i, name := range sections {
		own, code, err := readRules(name)
		if err != nil {
			return nil, err
		}
		// The sentences of a section stand beside the shared ones, its other
		// rules in their place.
		for _, shared := range []string{"sentence", "heading"} {
			own[shared] = slices.Concat(own[shared], common[shared])
		}
		texts := maps.Clone(common)
		maps.Copy(texts, own)
		g := &grammar{section: name, tags: texts["tags"], columns: texts["column"], code: code, rules: map[string]*rule{}}
		for r, lines := range texts {
			g.rules[r] = &rule{alternatives: make([][]part, len(lines))}
		}
		for r, lines := range texts {
			for n, line := range lines {
				if g.rules[r].alternatives[n], err = g.compile(line); err != nil {
					return nil, fmt.Errorf("seed: grammar of %s, rule %s: %w", name, r, err)
				}
			}
		}
		all[i] = g
	}
	return all, nil
}

// compile splits an alternative into its parts.
func (g *grammar) compile(line string) ([]part, error) {
	var parts []part
	for line != "" {
		text, rest, slot := strings.Cut(line, "{")
		p := part{text: text}
		if slot {
			name, after, ok := strings.Cut(rest, "}")
			p.number, p.cast, p.rule = numbers[name], slices.Index(cast[:], name)+1, g.rules[name]
			if !ok || (p.number == nil && p.cast == 0 && p.rule == nil) {
				return nil, fmt.Errorf("{%s is no rule", rest)
			}
			rest = after
		}
		parts, line = append(parts, p), rest
	}
	return parts, nil
}

// readRules reads a file of rules: a name in brackets and its alternatives, one
// a line. The blocks of the rule code end with a line that names their language.
func readRules(name string) (rules map[string][]string, code []string, err error) {
	data, err := files.ReadFile("grammar/" + name + ".txt")
	if err != nil {
		return nil, nil, err
	}
	rules = map[string][]string{}
	var at string
	var block strings.Builder
	for line := range strings.Lines(string(data)) {
		text := strings.TrimRight(line, "\n")
		head, isHead := strings.CutPrefix(text, "[")
		head, ends := strings.CutSuffix(head, "]")
		lang, isLang := strings.CutPrefix(text, "|")
		switch {
		case isHead && ends:
			at = head
		case at == "code" && isLang:
			code = append(code, "```"+lang+"\n"+block.String()+"```")
			block.Reset()
		case at == "code":
			block.WriteString(line)
		case text != "" && at != "":
			rules[at] = append(rules[at], text)
		}
	}
	return rules, code, nil
}

// writer expands the rules of a grammar for one article.
type writer struct {
	*grammar
	rand *rand.Rand
	cast [len(cast)]string
	used map[*rule]map[int]bool // alternatives that fresh took
	buf  []byte
}

// fresh is an alternative of a rule that the article does not have yet, as long
// as there is one, with a capital at the start of each sentence.
func (w *writer) fresh(name string) string {
	r := w.rules[name]
	used := w.used[r]
	if len(used) == len(r.alternatives) || used == nil {
		used = map[int]bool{}
		w.used[r] = used
	}
	n := w.rand.IntN(len(r.alternatives))
	for used[n] {
		n = (n + 1) % len(r.alternatives)
	}
	used[n] = true
	w.buf = w.buf[:0]
	w.add(r.alternatives[n])
	return capitalise(w.buf)
}

// expand is any alternative of a rule, with a capital at the start of each
// sentence.
func (w *writer) expand(name string) string {
	w.buf = w.buf[:0]
	w.add(w.any(w.rules[name]))
	return capitalise(w.buf)
}

// pick is expand without the capital.
func (w *writer) pick(name string) string {
	w.buf = w.buf[:0]
	w.add(w.any(w.rules[name]))
	return string(w.buf)
}

func (w *writer) any(r *rule) []part { return r.alternatives[w.rand.IntN(len(r.alternatives))] }

func (w *writer) add(parts []part) {
	for _, p := range parts {
		w.buf = append(w.buf, p.text...)
		switch {
		case p.number != nil:
			w.buf = p.number(w.buf, w.rand)
		case p.cast > 0:
			w.buf = append(w.buf, w.cast[p.cast-1]...)
		case p.rule != nil:
			w.add(w.any(p.rule))
		}
	}
}

// capitalise makes the first letter of each sentence a capital.
func capitalise(text []byte) string {
	start := true
	for i, c := range text {
		switch {
		case c >= 'a' && c <= 'z':
			if start {
				text[i] = c - 'a' + 'A'
			}
			start = false
		case c == '.' || c == '?' || c == '!' || c == ':':
			// A sign inside a number or an address ends no sentence.
			start = c != ':' && i+1 < len(text) && (text[i+1] == ' ' || text[i+1] == '"')
		case c != ' ' && c != '"' && c != '*' && c != '[' && c != '(':
			start = false
		}
	}
	return string(text)
}
