package resolvers_test

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/grapnel/grapnel/core"
)

// fill imports posts by twenty authors, all published.
func (a *api) fill(posts int) (ids []string) {
	a.t.Helper()
	ctx := core.AsSystem(a.t.Context())
	var authors []string
	for i := range 20 {
		name := fmt.Sprintf("writer%d", i)
		a.register(name)
		authors = append(authors, a.ids[name])
	}
	text := strings.Repeat("Some **words** about the news of the day. ", 40)
	for len(ids) < posts {
		batch := make([]core.PostImport, min(500, posts-len(ids)))
		for i := range batch {
			n := len(ids) + i
			at := time.Now().Add(-time.Duration(n+1) * time.Minute)
			excerpt := "What happened."
			batch[i] = core.PostImport{PublishedAt: &at, PostDraft: core.PostDraft{
				Title: fmt.Sprintf("News item number %d", n), Body: text, Excerpt: &excerpt,
				Tags: []string{"news", fmt.Sprintf("tag%d", n%50)}, AuthorID: &authors[n%len(authors)], CreatedAt: &at,
			}}
		}
		made, err := a.app.Posts.Import(ctx, batch)
		if err != nil {
			a.t.Fatal(err)
		}
		for _, p := range made {
			ids = append(ids, p.ID)
		}
	}
	return ids
}

// Whole requests through the HTTP handler, without the network.
func BenchmarkRequests(b *testing.B) {
	a := newAPI(b)
	ids := a.fill(10_000)
	const fields = `id title slug excerpt tags publishedAt status version createdAt author { id username displayName }`
	for name, query := range map[string]string{
		"typename":      `{ __typename }`,
		"newest20":      `{ posts(first: 20) { nodes { ` + fields + ` } } }`,
		"newest20plain": `{ posts(first: 20) { nodes { id title slug } } }`,
		"byID":          `{ post(id: "` + ids[len(ids)/2] + `") { ` + fields + ` } }`,
	} {
		body, _ := json.Marshal(map[string]string{"query": query})
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("POST", "/graphql", strings.NewReader(string(body)))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				a.http.ServeHTTP(w, r)
				if w.Code != 200 || strings.Contains(w.Body.String(), "errors") {
					b.Fatal(w.Body.String())
				}
			}
		})
	}
}
