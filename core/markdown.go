package core

import (
	"bytes"
	"context"
	"crypto/sha256"
	"runtime"
	"strings"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
	"golang.org/x/sync/singleflight"
)

// Bounds on the rendered texts that are kept: their number, and their bytes together.
const (
	keptTexts     = 256
	keptTextBytes = 64 << 20
)

// renderRead and writeRead are how many times more work it is to render a byte of a
// text, and to write one of its HTML, than to read one, for the bound of what an
// operation reads.
const (
	renderRead = 16
	writeRead  = 8
)

// markdown turns CommonMark with the extensions of GitHub (tables, task lists,
// strikethrough, autolinks, footnotes) and raw HTML into sanitised HTML, in a
// bounded number of workers, once for each text that is asked for often.
type markdown struct {
	engine    goldmark.Markdown
	sanitiser *sanitiser
	files     *strings.Replacer // leads links to files from this server to where clients reach it
	workers   chan struct{}
	flights   singleflight.Group
	kept      *lru.Cache[string, string] // by SHA-256 of the text
	keptBytes atomic.Int64
}

// newMarkdown renders texts for clients that reach this server at base, wherever they show them.
func newMarkdown(base string) *markdown {
	m := &markdown{
		files: strings.NewReplacer(` src="/files/`, ` src="`+base+`/files/`, ` href="/files/`, ` href="`+base+`/files/`),
		engine: goldmark.New(
			goldmark.WithParser(newBoundedParser()),
			goldmark.WithExtensions(extension.Linkify, extension.Strikethrough, extension.TaskList, boundedTable{}, boundedFootnote{}),
			goldmark.WithRendererOptions(html.WithUnsafe()), // the sanitiser decides
		),
		sanitiser: newSanitiser(),
		workers:   make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
	}
	var err error
	m.kept, err = lru.NewWithEvict(keptTexts, func(_, out string) { m.keptBytes.Add(-int64(len(out))) })
	if err != nil {
		panic(err) // only for a size below 1
	}
	return m
}

// HTML is a Markdown text as sanitised HTML: what could run scripts or reach into the
// page is gone. Names within the text (of footnotes, of anchors) begin with owner, which
// names the object and field that hold it, so that two texts on one page do not clash.
func (a *App) HTML(ctx context.Context, owner, source string) (string, error) {
	return a.text.html(ctx, owner, source)
}

// html renders source, with the names in it under that of its owner.
func (m *markdown) html(ctx context.Context, owner, source string) (string, error) {
	sum := sha256.Sum256([]byte(source))
	key := string(sum[:])
	if out, ok := m.kept.Get(key); ok {
		return ownNames(out, owner), nil
	}
	if err := ReadingOf(ctx).charge(renderRead * len(source)); err != nil {
		return "", err
	}
	done := m.flights.DoChan(key, func() (out any, err error) {
		m.workers <- struct{}{}
		defer func() { <-m.workers }()
		defer recovered(&err)
		text, err := m.render(source, workAllowed(source))
		if text = m.files.Replace(text); err == nil {
			m.keep(key, text)
		}
		return text, err
	})
	select {
	case r := <-done:
		out, _ := r.Val.(string)
		if r.Err == nil {
			r.Err = ReadingOf(ctx).charge(writeRead * len(out))
		}
		return ownNames(out, owner), r.Err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// keep remembers a rendered text, and forgets others for it.
func (m *markdown) keep(key, out string) {
	m.keptBytes.Add(int64(len(out)))
	if had, _ := m.kept.ContainsOrAdd(key, out); had {
		m.keptBytes.Add(-int64(len(out)))
	}
	for m.keptBytes.Load() > keptTextBytes {
		m.kept.RemoveOldest()
	}
}

func (m *markdown) render(source string, budget int) (string, error) {
	src := []byte(source)
	doc := m.engine.Parser().Parse(text.NewReader(src), parser.WithContext(newBudget(budget)))
	var out bytes.Buffer
	if err := m.engine.Renderer().Render(&out, src, doc); err != nil {
		return "", err
	}
	return m.sanitiser.clean(&out, hasHTML(doc)), nil
}

// hasHTML reports whether a text holds raw HTML: all other output is well formed.
func hasHTML(doc ast.Node) bool {
	found := false
	_ = ast.Walk(doc, func(n ast.Node, _ bool) (ast.WalkStatus, error) {
		if k := n.Kind(); k == ast.KindRawHTML || k == ast.KindHTMLBlock {
			found = true
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	})
	return found
}
