package seed

import (
	"bytes"
	"image"
	"math/rand/v2"
	"path"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"

	"github.com/grapnel/grapnel/core"
)

func TestArticles(t *testing.T) {
	t.Parallel()
	grammars, err := readGrammars()
	if err != nil {
		t.Fatal(err)
	}
	if len(grammars) != 8 {
		t.Fatalf("%d sections, want 8", len(grammars))
	}
	markdown := goldmark.New(goldmark.WithExtensions(extension.GFM))
	r := rand.New(rand.NewPCG(1, 2))
	words, titles, html := map[string]bool{}, map[string]bool{}, map[string]int{}
	slot := regexp.MustCompile(`\{[a-z ]+\}`)
	const n = 1600
	for i := range n {
		a := writeArticle(r, grammars[i%len(grammars)], 0)
		text := a.title
		if a.excerpt != nil {
			text += "\n" + *a.excerpt
			if len(*a.excerpt) > 500 {
				t.Errorf("an excerpt of %d bytes: %s", len(*a.excerpt), *a.excerpt)
			}
		}
		if len(a.title) > 200 || strings.ToUpper(a.title[:1]) != a.title[:1] {
			t.Errorf("title %q", a.title)
		}
		if len(a.tags) < 1 || len(a.tags) > 5 || a.tags[0] != sections[i%len(sections)] {
			t.Errorf("tags %q", a.tags)
		}
		text += "\n" + a.body
		if s := slot.FindString(text); s != "" {
			t.Errorf("%s was not replaced in\n%s", s, text)
		}
		titles[a.title] = true
		for _, w := range strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) }) {
			words[w] = true
		}
		var b bytes.Buffer
		if err := markdown.Convert([]byte(a.body), &b); err != nil {
			t.Fatal(err)
		}
		for _, tag := range []string{"<h2>", "<h3>", "<ul>", "<ol>", "<table>", "<blockquote>", "<pre>", "<strong>", "<em>", "<a ", `type="checkbox"`} {
			if strings.Contains(b.String(), tag) {
				html[tag]++
			}
		}
	}
	if len(titles) < n*99/100 {
		t.Errorf("%d different titles among %d", len(titles), n)
	}
	if len(words) < 2500 {
		t.Errorf("%d different words", len(words))
	}
	for tag, least := range map[string]int{"<h2>": n * 9 / 10, "<h3>": n / 20, "<ul>": n / 4, "<ol>": n / 10, "<table>": n / 10, "<blockquote>": n / 4,
		"<pre>": 5, "<strong>": n / 20, "<em>": n / 20, "<a ": n / 4, `type="checkbox"`: n / 20} {
		if html[tag] < least {
			t.Errorf("%d articles hold %s, want %d", html[tag], tag, least)
		}
	}
}

func TestPeopleAreUnique(t *testing.T) {
	t.Parallel()
	const n = 25_000 // names come round again
	form := regexp.MustCompile(`^[a-z0-9][a-z0-9_.-]{1,28}[a-z0-9]$`)
	source, seen, renamed := newPeople(rand.New(rand.NewPCG(1, 2))), map[string]bool{}, 0
	for range n {
		u := source.draw(core.Author)
		if !form.MatchString(u.Username) || seen[u.Username] || seen[u.Email] || !strings.HasSuffix(u.Email, "example.org") {
			t.Fatalf("%+v", u)
		}
		seen[u.Username], seen[u.Email] = true, true
		if strings.ContainsAny(u.Username, "0123456789") {
			renamed++
		}
	}
	if want := n - len(firstNames)*len(lastNames); renamed != want {
		t.Errorf("%d people have a number, want %d", renamed, want)
	}
}

func TestGrammarNamesMissingRules(t *testing.T) {
	t.Parallel()
	g := &grammar{rules: map[string]*rule{"known": {}}}
	for line, ok := range map[string]bool{"a {known} b": true, "{number} {place}": true, "plain": true, "{unknown}": false, "{known": false} {
		if _, err := g.compile(line); (err == nil) != ok {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func TestCapitalise(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"the end. a start":                "The end. A start",
		`"well," she said. "it is."`:      `"Well," she said. "It is."`,
		"it rose by 3.5 percent? yes":     "It rose by 3.5 percent? Yes",
		"see example.org: this is a line": "See example.org: this is a line",
		"**the price**: low":              "**The price**: low",
		"7 things":                        "7 things",
		"":                                "",
	} {
		if got := capitalise([]byte(in)); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}

func TestPictures(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	formats := map[string]int{}
	for i := range 8 {
		p, err := paint(rand.New(rand.NewPCG(1, uint64(i))), i)
		if err != nil {
			t.Fatal(err)
		}
		img, format, err := image.Decode(bytes.NewReader(p.data))
		if err != nil {
			t.Fatal(err)
		}
		if img.Bounds() != image.Rect(0, 0, pictureWidth, pictureHeight) {
			t.Errorf("%s is of %v", p.filename, img.Bounds())
		}
		colours := map[[3]uint32]bool{}
		for x := 0; x < pictureWidth; x += 40 {
			for y := 0; y < pictureHeight; y += 25 {
				r, g, b, _ := img.At(x, y).RGBA()
				colours[[3]uint32{r >> 12, g >> 12, b >> 12}] = true
			}
		}
		if len(colours) < 12 {
			t.Errorf("%s has %d colours", p.filename, len(colours))
		}
		if want := map[string]string{".jpg": "jpeg", ".png": "png"}[path.Ext(p.filename)]; format != want {
			t.Errorf("%s is a %s", p.filename, format)
		}
		formats[format]++
		if seen[string(p.data)] || seen[p.filename] || p.alt == "" || len(p.data) > 2<<20 {
			t.Errorf("%s: %d bytes, alt %q, or a twin", p.filename, len(p.data), p.alt)
		}
		seen[string(p.data)], seen[p.filename] = true, true
	}
	if formats["jpeg"] != 6 || formats["png"] != 2 {
		t.Errorf("formats %v", formats)
	}
}

func BenchmarkArticle(b *testing.B) {
	grammars, err := readGrammars()
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	b.ReportAllocs()
	bytes := 0
	for b.Loop() {
		bytes += len(writeArticle(r, grammars[0], 0).body)
	}
	b.ReportMetric(float64(bytes)/float64(b.N), "body-bytes/op")
}
