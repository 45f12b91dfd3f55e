package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/grapnel/grapnel/e2e/child"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   []float64
		want float64
	}{{[]float64{7}, 7}, {[]float64{3, 1, 2}, 2}, {[]float64{4, 1, 3, 2}, 3}} {
		if got := median(c.in); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.in, got, c.want)
		}
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	var asked, fail atomic.Int64
	fail.Store(1 << 40)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if n := asked.Add(1); n > fail.Load() || !bytes.Equal(body, []byte(`{"query":"{ __typename }","variables":null}`)) {
			io.WriteString(w, `{"errors":[{"message":"no"}],"data":null}`)
			return
		}
		io.WriteString(w, `{"data":{"__typename":"Query"}}`)
	}))
	defer srv.Close()
	c := newClient(&child.Server{URL: srv.URL}, 3)
	defer c.close()
	body := func(int) []byte { return operation(`{ __typename }`, nil) }
	typical, all, err := c.load(t.Context(), 100, 3, body)
	if err != nil || asked.Load() != 100 || typical <= 0 || all < typical {
		t.Errorf("%d requests, %s and %s, %v", asked.Load(), typical, all, err)
	}
	fail.Store(150)
	if _, _, err := c.load(t.Context(), 100, 3, body); err == nil {
		t.Error("an answer with errors was counted")
	}
}

func TestFilmIsRepeatable(t *testing.T) {
	t.Parallel()
	const n = 3<<20 + 17
	a, err := io.ReadAll(film(n))
	if err != nil || len(a) != n {
		t.Fatalf("%d bytes, %v", len(a), err)
	}
	b, _ := io.ReadAll(film(n))
	if !bytes.Equal(a, b) || string(a[4:12]) != "ftypmp42" {
		t.Error("two films differ, or begin wrongly")
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	b := &bench{progress: io.Discard}
	b.judge("a", "work", "1.5 ×", true, "%.2f ×", 1.234)
	b.judge("b", "more work", "1.8 ×", false, "%.2f ×", 2.0)
	b.note("said of %d rows", 2)
	var out strings.Builder
	if err := b.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a   | work      | 1.23 × | 1.5 × | pass", "b   | more work | 2.00 × | 1.8 × | MISS", "- said of 2 rows"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

func TestFlagsAreChecked(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-rows", "a,z"}, {"-rounds", "0"}, {"-creates", "3"}, {"-unknown"}, {child.Prefix + "nothing"}} {
		if err := run(t.Context(), args); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
