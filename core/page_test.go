package core_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/grapnel/grapnel/core"
)

// relay is the pagination algorithm of the Relay Cursor Connections Specification,
// section 4.4, over the places of n edges: after and before are places, -1 and n for
// none. A page that says no size holds 20 from the start, or from the end if before
// stands alone.
func relay(n, after, before int, first, last *int) (places []int, next, previous bool) {
	for i := after + 1; i < before; i++ {
		places = append(places, i)
	}
	if first == nil && last == nil {
		if before < n && after < 0 {
			last = ptr(core.DefaultPage)
		} else {
			first = ptr(core.DefaultPage)
		}
	}
	if first != nil {
		next, previous = len(places) > *first, after >= 0
		places = places[:min(*first, len(places))]
	} else {
		next, previous = before < n, len(places) > *last
		places = places[max(0, len(places)-*last):]
	}
	return places, next, previous
}

// Every page between any two cursors is that of the Relay algorithm, in a list and in
// the lists below documents.
func TestRelayPages(t *testing.T) {
	t.Parallel()
	const n = 6
	w, _ := newFamily(t, n+1)
	ctx := t.Context()
	users := w.users(t, ctx)
	author := users[n]
	for name, read := range map[string]func(context.Context, core.PageArgs) (*core.Page[core.Post], error){
		"a list": func(ctx context.Context, args core.PageArgs) (*core.Page[core.Post], error) {
			args.Where = core.Eq("authorId", author.ID)
			return w.Posts.Page(ctx, args)
		},
		"a list below each document": func(ctx context.Context, args core.PageArgs) (*core.Page[core.Post], error) {
			return w.postsOf(ctx, author, args)
		},
	} {
		for _, order := range [][]core.Order{{{Field: "title"}}, {{Field: "date", Desc: true}}} {
			whole, err := read(ctx, core.PageArgs{OrderBy: order})
			if err != nil {
				t.Fatal(err)
			}
			all, edges := titles(whole), whole.Edges()
			if len(all) != n {
				t.Fatalf("%s: %d posts", name, len(all))
			}
			for after := -1; after < n; after++ {
				for before := 0; before <= n; before++ {
					for size := -1; size <= n; size++ { // -1: of no size
						for _, forward := range []bool{true, false} {
							args := core.PageArgs{OrderBy: order, After: ptr(""), Before: ptr("")}
							if after >= 0 {
								args.After = ptr(edges[after].Cursor())
							}
							if before < n {
								args.Before = ptr(edges[before].Cursor())
							}
							if size >= 0 && forward {
								args.First = &size
							} else if size >= 0 {
								args.Last = &size
							}
							page, err := read(ctx, args)
							if err != nil {
								t.Fatalf("%s: after %d, before %d, first %t, size %d: %v", name, after, before, forward, size, err)
							}
							places, next, previous := relay(n, after, before, args.First, args.Last)
							var want []string
							for _, i := range places {
								want = append(want, all[i])
							}
							info := page.PageInfo()
							if !slices.Equal(titles(page), want) || info.HasNextPage != next || info.HasPreviousPage != previous {
								t.Errorf("%s: after %d, before %d, first %t, size %d: %v, next %t, previous %t; want %v, %t, %t",
									name, after, before, forward, size, titles(page), info.HasNextPage, info.HasPreviousPage, want, next, previous)
							}
							if count, err := page.TotalCount(ctx, nil); count != n || err != nil {
								t.Errorf("%s: %d in all, %v", name, count, err)
							}
						}
					}
				}
			}
		}
	}
}

// A cursor that the server made leads on, however long the text is that it stands at.
func TestLongCursor(t *testing.T) {
	t.Parallel()
	spec := core.Spec{Name: "offers", Fields: []core.Field{{Name: "name"}}}
	for _, name := range []string{strings.Repeat("a", 5_000), strings.Repeat("\x01\u2028<", 5_000)} {
		cursor := core.EncodeCursor(spec, by("name"), &offer{Head: core.Head{ID: "offer_1"}, Name: name})
		values, again, err := core.DecodeCursor(spec, by("name"), cursor)
		if err != nil || again != cursor || values[0] != name {
			t.Errorf("%d bytes: %v", len(cursor), err)
		}
	}
}
