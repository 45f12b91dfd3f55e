package core

import (
	"bytes"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

// markdown turns GitHub flavoured Markdown into sanitised HTML. Both parts are
// safe for concurrent use.
type markdown struct {
	engine goldmark.Markdown
	policy *bluemonday.Policy
}

func newMarkdown() *markdown {
	policy := bluemonday.UGCPolicy()
	policy.AllowAttrs("class").Matching(bluemonday.SpaceSeparatedTokens).OnElements("code") // language of a code block
	return &markdown{engine: goldmark.New(goldmark.WithExtensions(extension.GFM)), policy: policy}
}

// html renders text; what could run scripts or reach into the page is gone.
func (m *markdown) html(text string) (string, error) {
	var b bytes.Buffer
	if err := m.engine.Convert([]byte(text), &b); err != nil {
		return "", err
	}
	return m.policy.SanitizeReader(&b).String(), nil
}
