package seed

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// article is what a post says.
type article struct {
	title, body string
	excerpt     *string
	tags        []string
}

// minWords and maxWords bound the length of a text when the plan does not.
const minWords, maxWords = 200, 1500

// writeArticle makes an article of at most longest words, or little more.
func writeArticle(r *rand.Rand, g *grammar, longest int) article {
	w := newWriter(r, g)
	a := article{title: w.expand("title"), tags: w.tags()}
	if r.IntN(10) > 0 {
		e := w.expand("excerpt")
		a.excerpt = &e
	}
	a.body = w.body(length(r, longest))
	return a
}

// newWriter casts an article.
func newWriter(r *rand.Rand, g *grammar) *writer {
	w := &writer{grammar: g, rand: r, used: map[*rule]map[int]bool{}}
	set := func(name, value string) { w.cast[slices.Index(cast[:], name)] = value }
	set("place", place(r))
	set("town", place(r))
	for _, role := range []string{"lead", "expert"} {
		first, last := fullName(r)
		set(role, w.pick(role)+" "+first+" "+last)
		set(role+"name", last)
	}
	for _, name := range []string{"org", "topic", "project"} {
		set(name, w.pick(name))
	}
	return w
}

// length is a number of words: short texts are more frequent than long ones.
func length(r *rand.Rand, longest int) int {
	if longest <= 0 {
		longest = maxWords
	}
	shortest := min(minWords, longest/2)
	return int(float64(shortest) * math.Pow(float64(longest)/float64(max(1, shortest)), r.Float64()))
}

// tags are the section and up to four of its subjects.
func (w *writer) tags() []string {
	tags := []string{w.section}
	for range w.rand.IntN(5) {
		if t := w.grammar.tags[w.rand.IntN(len(w.grammar.tags))]; !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
	}
	return tags
}

// body writes about n words of Markdown.
func (w *writer) body(n int) string {
	var b strings.Builder
	words := 0
	put := func(text string) {
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(text)
		words += len(strings.Fields(text))
	}
	put(w.expand("lead sentence") + " " + w.paragraph(2))
	for words < n {
		if n > 150 {
			put("## " + w.fresh("heading"))
		}
		for range 1 + w.rand.IntN(3) {
			put(w.paragraph(2 + w.rand.IntN(4)))
			if words >= n {
				break
			}
		}
		if words < n {
			w.special(put)
		}
	}
	if w.rand.IntN(4) == 0 {
		put("---")
		put(w.expand("aside"))
	}
	b.WriteByte('\n')
	return b.String()
}

// special puts what is no plain paragraph: a list, a quotation, a table, code.
func (w *writer) special(put func(string)) {
	switch w.rand.IntN(9) {
	case 0, 1:
		put(w.oneOf("The proposal has these parts:", "A few things stand out:", "What is on the table:"))
		put(w.list("item", func(int) string { return "- " }))
	case 2:
		put(w.oneOf("How to go about it:", "In this order:", "Those who want to act can do this:"))
		put(w.list("step", func(i int) string { return fmt.Sprintf("%d. ", i+1) }))
	case 3:
		put(w.list("item", func(int) string { return "- [" + []string{" ", "x"}[w.rand.IntN(2)] + "] " }))
	case 4, 5:
		put("> " + w.fresh("quote") + ".\n>\n> " + "— " + w.cast[slices.Index(cast[:], []string{"lead", "expert"}[w.rand.IntN(2)])])
	case 6:
		put(w.table())
	case 7:
		put("### " + w.fresh("heading"))
	default:
		if len(w.code) == 0 || w.rand.IntN(3) > 0 {
			put("**" + w.fresh("sentence") + "**")
			return
		}
		put(w.code[w.rand.IntN(len(w.code))])
	}
}

// paragraph is n sentences, now and then with a link.
func (w *writer) paragraph(n int) string {
	text := make([]string, 0, n+1)
	for range n {
		text = append(text, w.fresh("sentence"))
	}
	if w.rand.IntN(6) == 0 {
		text = append(text, w.fresh("link sentence"))
	}
	return strings.Join(text, " ")
}

func (w *writer) oneOf(choices ...string) string { return choices[w.rand.IntN(len(choices))] }

func (w *writer) list(rule string, mark func(i int) string) string {
	lines := make([]string, 3+w.rand.IntN(3))
	for i := range lines {
		lines[i] = mark(i) + w.fresh(rule)
	}
	return strings.Join(lines, "\n")
}

// table compares towns.
func (w *writer) table() string {
	var b strings.Builder
	b.WriteString("| " + strings.Join(w.columns, " | ") + " |\n| --- | ---: | ---: | ---: |")
	for range 3 + w.rand.IntN(5) {
		fmt.Fprintf(&b, "\n| %s | %d | %s | %d |", place(w.rand), 1990+w.rand.IntN(36), w.pick("share"), 10*(1+w.rand.IntN(900)))
	}
	return b.String()
}
