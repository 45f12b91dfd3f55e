package web

import (
	"cmp"
	"context"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// withheld is which fields of one answer are null because the caller may not read
// them. The answer lists their paths once, in its extensions: errors would make
// many clients drop all of it.
type withheld struct {
	limit int // bytes of paths

	mu    sync.Mutex
	paths []ast.Path
	bytes int
	more  int // paths beyond the limit
}

// add is told of a field by its context.
func (w *withheld) add(ctx context.Context) {
	path := graphql.GetPath(ctx)
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := pathBytes(path); w.more == 0 && w.bytes+n <= w.limit {
		w.bytes += n
		w.paths = append(w.paths, path)
	} else {
		w.more++
	}
}

// report completes an answer.
func (w *withheld) report(resp *graphql.Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.paths) > 0 {
		slices.SortFunc(w.paths, comparePaths) // siblings are resolved in any order
		extend(resp, "withheld", w.paths)
	}
	if w.more > 0 {
		extend(resp, "withheldMore", w.more)
	}
}

// pathBytes is about what a path takes in an answer.
func pathBytes(p ast.Path) int {
	n := 2
	for _, step := range p {
		if name, ok := step.(ast.PathName); ok {
			n += len(name)
		}
		n += 3
	}
	return n
}

func comparePaths(a, b ast.Path) int {
	return slices.CompareFunc(a, b, func(a, b ast.PathElement) int {
		i, _ := a.(ast.PathIndex)
		j, _ := b.(ast.PathIndex)
		m, _ := a.(ast.PathName)
		n, _ := b.(ast.PathName)
		return cmp.Or(cmp.Compare(i, j), cmp.Compare(m, n))
	})
}

// extend adds to the extensions of an answer.
func extend(resp *graphql.Response, key string, value any) {
	if resp.Extensions == nil {
		resp.Extensions = map[string]any{}
	}
	resp.Extensions[key] = value
}
