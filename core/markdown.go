package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"html"
	"regexp"
	"runtime"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/sync/singleflight"
)

// Bounds on what one text may cost. Parsers of Markdown take time that grows
// with the square of a paragraph's marks, and with the depth of its nesting:
// beyond these, which no honest text reaches, a text is shown as it stands.
const (
	maxMarks = 1_000 // of emphasis, links and tags in one paragraph
	maxDepth = 50    // characters of quotes and lists before one line
)

// Bounds on the rendered texts that are kept.
const (
	keptTexts    = 256
	keptTextSize = 256 << 10
)

// renderRead is how many times more work a text is to render than to read, for the
// bound of what an operation reads.
const renderRead = 16

// markdown turns GitHub flavoured Markdown into sanitised HTML, in a bounded
// number of workers, once for each text that is asked for often.
type markdown struct {
	engine  goldmark.Markdown
	policy  *bluemonday.Policy
	workers chan struct{}
	flights singleflight.Group
	kept    *lru.Cache[string, string] // by SHA-256 of the text
}

func newMarkdown() *markdown {
	policy := bluemonday.UGCPolicy()
	policy.AllowAttrs("class").Matching(bluemonday.SpaceSeparatedTokens).OnElements("code")  // language of a code block
	policy.AllowAttrs("type").Matching(regexp.MustCompile("^checkbox$")).OnElements("input") // task lists
	policy.AllowAttrs("checked", "disabled").OnElements("input")
	return &markdown{
		engine:  goldmark.New(goldmark.WithExtensions(extension.GFM)),
		policy:  policy,
		workers: make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		kept:    newCache[string](keptTexts),
	}
}

// html renders text; what could run scripts or reach into the page is gone.
func (m *markdown) html(ctx context.Context, text string) (string, error) {
	sum := sha256.Sum256([]byte(text))
	key := string(sum[:])
	if out, ok := m.kept.Get(key); ok {
		return out, nil
	}
	if err := readLimitOf(ctx).charge(renderRead * len(text)); err != nil {
		return "", err
	}
	done := m.flights.DoChan(key, func() (any, error) {
		m.workers <- struct{}{}
		defer func() { <-m.workers }()
		out, err := m.render(text)
		if err == nil && len(out) <= keptTextSize {
			m.kept.Add(key, out)
		}
		return out, err
	})
	select {
	case r := <-done:
		out, _ := r.Val.(string)
		return out, r.Err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (m *markdown) render(text string) (string, error) {
	if costly(text) {
		return "<pre>" + html.EscapeString(text) + "</pre>\n", nil
	}
	var b bytes.Buffer
	if err := m.engine.Convert([]byte(text), &b); err != nil {
		return "", err
	}
	return m.policy.SanitizeReader(&b).String(), nil
}

// costly reports whether a text exceeds the bounds.
func costly(text string) bool {
	marks := 0
	for line := range strings.Lines(text) {
		if strings.Trim(line, "-*_ \t\r\n") == "" { // blank, or a rule
			marks = 0
			continue
		}
		before := strings.TrimLeft(line, ">*+-.) \t0123456789")
		if nested := line[:len(line)-len(before)]; len(nested)-strings.Count(nested, " ") > maxDepth && strings.ContainsAny(nested, ">*+-.)") {
			return true
		}
		for _, r := range line {
			switch r {
			case '*', '_', '~', '[', ']', '<', '`', '!', '&', '\\', ':', '@':
				marks++
			}
		}
		if marks > maxMarks {
			return true
		}
	}
	return false
}
