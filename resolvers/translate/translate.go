// Package translate is what resolvers, written and generated ones, share to
// translate between GraphQL and core.
package translate

import (
	"context"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/web/subscription"
)

// Page reads a page: convert turns where into the filter that args lacks.
func Page[T, W any](
	ctx context.Context, page func(context.Context, core.PageArgs) (*core.Page[T], error),
	where *W, convert func(*Reader, string, *W) core.Filter, args core.PageArgs,
) (*core.Page[T], error) {
	var err error
	if args.Where, err = Where(where, convert); err != nil {
		return nil, err
	}
	return page(ctx, args)
}

// Changes subscribes to the changes that where finds.
func Changes[T, W any](
	ctx context.Context, changed func(context.Context, core.Filter) (<-chan *core.Change[T], error),
	where *W, convert func(*Reader, string, *W) core.Filter,
) (<-chan *core.Change[T], error) {
	filter, err := Where(where, convert)
	if err != nil {
		return nil, err
	}
	changes, err := changed(ctx, filter)
	if err != nil {
		return nil, err
	}
	return Stream(ctx, changes, func(c *core.Change[T]) error { return c.Err }), nil
}

// Stream hands on what a subscription is told; the error that ends it, which failure
// finds in the last value, reaches the client as an error message.
func Stream[T any](ctx context.Context, in <-chan T, failure func(T) error) <-chan T {
	out := make(chan T)
	go func() {
		defer close(out)
		for v := range in {
			if err := failure(v); err != nil {
				subscription.Fail(ctx, err)
				return
			}
			select {
			case out <- v:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// Null in an input is a value where the field may be null and has no default: it
// empties the field. Anywhere else it is as if the field was left out: the default
// counts, or what is stored stays.

// Opt is a field of an update that null empties.
func Opt[T any](in graphql.Omittable[T]) core.Opt[T] {
	v, set := in.ValueOK()
	return core.Opt[T]{Value: v, Set: set}
}

// Given is a field of an update that is never null.
func Given[T any](in graphql.Omittable[*T]) core.Opt[T] {
	v := in.Value()
	return core.Opt[T]{Value: Deref(v), Set: v != nil}
}

// GivenList is [Given] of a list.
func GivenList[T any](in graphql.Omittable[[]T]) core.Opt[[]T] {
	v := in.Value()
	return core.Opt[[]T]{Value: v, Set: v != nil}
}

// Or is the value of an input, or its default.
func Or[T any](in graphql.Omittable[*T], otherwise T) T {
	if v := in.Value(); v != nil {
		return *v
	}
	return otherwise
}

// Version is an expectedVersion; nil when none was given.
func Version(in graphql.Omittable[*int32]) *int64 {
	v := in.Value()
	if v == nil {
		return nil
	}
	n := int64(*v)
	return &n
}

// Size is a first or last argument.
func Size(n *int32) *int {
	if n == nil {
		return nil
	}
	i := int(*n)
	return &i
}

// Maybe makes of a link that leads nowhere, as far as the caller may see, a null.
func Maybe[T any](v *T, err error) (*T, error) {
	if core.Is(err, core.NotFound) {
		return nil, nil
	}
	return v, err
}

// Deref is the value behind p; the zero value when there is none.
func Deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// Order sorts by a stored field.
func Order(d graphql.Omittable[*model.OrderDirection], field string) []core.Order {
	return []core.Order{{Field: field, Desc: Or(d, model.OrderDirectionDesc) == model.OrderDirectionDesc}}
}

// Relevance sorts by how well documents fit the search, and those that fit alike
// in the order alike, which direction can turn round.
func Relevance(d graphql.Omittable[*model.OrderDirection], alike core.Order) []core.Order {
	best := Or(d, model.OrderDirectionDesc) == model.OrderDirectionDesc
	alike.Desc = alike.Desc == best
	return []core.Order{{Field: core.Relevance, Desc: best}, alike}
}

// OrCaller is an id that was given, null for nobody's; the caller's when it was
// left out.
func OrCaller(ctx context.Context, in graphql.Omittable[*string]) *string {
	v, set := in.ValueOK()
	if p := core.PrincipalOf(ctx); !set && p.SignedIn() {
		v = &p.UserID
	}
	return v
}

// OrCallers is a list of ids that was given, or the caller's alone.
func OrCallers(ctx context.Context, in graphql.Omittable[[]string]) []string {
	v := in.Value()
	if p := core.PrincipalOf(ctx); v == nil && p.SignedIn() {
		v = []string{p.UserID}
	}
	return v
}

// Set takes over a value that was given; null empties the field.
func Set[T any](to *T, in graphql.Omittable[T]) {
	if v, set := in.ValueOK(); set {
		*to = v
	}
}

// Replace takes over a value that was given, for a field that is never null.
func Replace[T any](to *T, in graphql.Omittable[*T]) {
	if v := in.Value(); v != nil {
		*to = *v
	}
}

// ReplaceList is [Replace] of a list.
func ReplaceList[T any](to *[]T, in graphql.Omittable[[]T]) {
	if v := in.Value(); v != nil {
		*to = v
	}
}

// ReplaceDocument is [Replace] of what stands inside a document.
func ReplaceDocument[T any](to **T, in graphql.Omittable[*T]) {
	if v := in.Value(); v != nil {
		*to = v
	}
}

// Values are what the pointers in a list lead to: gqlgen hands lists of moments
// and decimals over as pointers, which are never nil.
func Values[T any](list []*T) []T {
	if list == nil {
		return nil
	}
	out := make([]T, len(list))
	for i, v := range list {
		out[i] = *v
	}
	return out
}

// OptValues is [Values] of a list that may be left out.
func OptValues[T any](in graphql.Omittable[[]*T]) graphql.Omittable[[]T] {
	v, set := in.ValueOK()
	if !set {
		return graphql.Omittable[[]T]{}
	}
	return graphql.OmittableOf(Values(v))
}

// Asks reports whether the field in ctx is asked for fields of these names, at
// any depth: it may say yes too often, and never no in vain.
func Asks(ctx context.Context, names ...string) bool {
	return mentions(graphql.GetFieldContext(ctx).Field.Selections, names)
}

// mentions reports whether a field of one of the names stands in set.
func mentions(set ast.SelectionSet, names []string) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return slices.Contains(names, s.Name) || mentions(s.SelectionSet, names)
		case *ast.InlineFragment:
			return mentions(s.SelectionSet, names)
		case *ast.FragmentSpread:
			return mentions(s.Definition.SelectionSet, names)
		}
		return true
	})
}

// HTML is a Markdown text as HTML, by [core.App.HTML]; null where there is none.
func HTML(ctx context.Context, app *core.App, owner string, text *string) (*string, error) {
	if text == nil {
		return nil, nil
	}
	html, err := app.HTML(ctx, owner, *text)
	if err != nil {
		return nil, err
	}
	return &html, nil
}

// Document is the stored object in which what is being resolved stands; nil when it
// stands in none.
func Document(ctx context.Context) core.Node {
	doc, _ := document(ctx)
	return doc
}

// Place names where in its document what is being resolved stands: the id, and the
// fields and indices that lead there, "page_1-sections-2".
func Place(ctx context.Context) string {
	doc, path := document(ctx)
	if doc != nil {
		path = append(path, core.IDOf(doc))
	}
	slices.Reverse(path)
	return strings.Join(path, "-")
}

// document finds the document around the field that is being resolved, and the way back
// to it from the object that has the field.
func document(ctx context.Context) (doc core.Node, path []string) {
	for f := graphql.GetFieldContext(ctx).Parent; f != nil; f = f.Parent {
		result := f.Result
		if v := reflect.ValueOf(result); v.Kind() == reflect.Pointer && (v.Elem().Kind() == reflect.Pointer || v.Elem().Kind() == reflect.Interface) {
			result = v.Elem().Interface() // an entry of a list
		}
		if doc, ok := result.(core.Node); ok {
			return doc, path
		}
		switch {
		case f.Index != nil:
			path = append(path, strconv.Itoa(*f.Index))
		case f.Field.Field != nil:
			path = append(path, f.Field.Name)
		}
	}
	return nil, path
}
