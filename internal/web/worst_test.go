package web_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/internal/web"
)

// BenchmarkWorst is what the costliest documents within the limits take.
func BenchmarkWorst(b *testing.B) {
	many := func(head, each, tail string, n int) string { return head + strings.Repeat(each, n) + tail }
	var chain strings.Builder
	chain.WriteString("{deep{...F0}}")
	for i := range 300 {
		fmt.Fprintf(&chain, " fragment F%d on Deep{...F%d ...F%d}", i, i+1, i+1)
	}
	chain.WriteString(" fragment F300 on Deep{name}")
	for name, document := range map[string]string{
		"introspection":    introspection,
		"typenames":        many("{", "__typename ", "}", 4_900),
		"connections":      many("{", "posts{edges{node{id}}} ", "}", 440),
		"arguments":        many("{", "hello(name:\"x\") ", "}", 700),
		"operations":       many("", "{...F}", "", 20) + many(" fragment F on Query{", "posts{nodes{id}} ", "}", 600),
		"more operations":  many("", "{...F}", "", 600) + many(" fragment F on Query{", "hello ", "}", 1_800),
		"fragment chain":   chain.String(),
		"unknown fields":   many("{", "nope ", "}", 4_900),
		"cycles":           many("{...A} fragment A on Query{", "...A ", "}", 2_000),
		"variables":        "query(" + many("", "$a:Int ", "", 1_200) + "){hello}",
		"inline":           many("{", "...on Query{hello} ", "}", 800),
		"unused fragments": many("{hello}", " fragment A on Query{hello}", "", 600),
	} {
		b.Run(name, func(b *testing.B) {
			h, err := web.New(web.Config{Schema: newFake()})
			if err != nil {
				b.Fatal(err)
			}
			for i := 0; b.Loop(); i++ {
				// Never the same text twice: the cache must not answer.
				body, _ := json.Marshal(map[string]string{"query": fmt.Sprint(document, "#", i)})
				r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
				r.Header.Set("Content-Type", "application/json")
				h.ServeHTTP(httptest.NewRecorder(), r)
			}
		})
	}
}
