package resolvers

import (
	"context"
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/graph/model"
	"github.com/grapnel/grapnel/internal/web/subscription"
)

// opt tells a field that was left out from an explicit null.
func opt[T any](in graphql.Omittable[T]) core.Opt[T] {
	v, set := in.ValueOK()
	return core.Opt[T]{Value: v, Set: set}
}

// version is an expectedVersion; nil when none was given.
func version(in graphql.Omittable[*int32]) *int64 {
	v := in.Value()
	if v == nil {
		return nil
	}
	n := int64(*v)
	return &n
}

// size is a first or last argument.
func size(n *int32) *int {
	if n == nil {
		return nil
	}
	i := int(*n)
	return &i
}

// maybe makes of a link that leads nowhere, as far as the caller may see, a null.
func maybe[T any](v *T, err error) (*T, error) {
	if core.Is(err, core.NotFound) {
		return nil, nil
	}
	return v, err
}

// stream hands on the changes of a subscription; the error that ends it
// reaches the client as an error message.
func stream[T any](ctx context.Context, in <-chan *core.Change[T]) <-chan *core.Change[T] {
	out := make(chan *core.Change[T])
	go func() {
		defer close(out)
		for c := range in {
			if c.Err != nil {
				subscription.Fail(ctx, c.Err)
				return
			}
			select {
			case out <- c:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out
}

// session gives the client its tokens the way it asked for: in the reply, or
// in cookies.
func session(ctx context.Context, t model.SessionTransport, tokens core.Tokens) *core.Tokens {
	if t == model.SessionTransportCookie {
		core.ClientOf(ctx).Cookies.Set(tokens)
		return nil
	}
	return &tokens
}

// canHold refuses cookies where none can be set.
func canHold(ctx context.Context, t model.SessionTransport) error {
	if t == model.SessionTransportCookie && core.ClientOf(ctx).Cookies == nil {
		return core.Errorf(core.Invalid, "Cookies cannot be set on this connection; use a POST request or the transport TOKENS.")
	}
	return nil
}

// heldSession is the refresh token of a request and how its client holds it.
func heldSession(ctx context.Context, given *string) (model.SessionTransport, string) {
	if given != nil {
		return model.SessionTransportTokens, *given
	}
	if cookies := core.ClientOf(ctx).Cookies; cookies != nil {
		return model.SessionTransportCookie, cookies.RefreshToken()
	}
	return model.SessionTransportTokens, ""
}

func userOrder(by *model.UserOrder) []core.Order {
	if by == nil {
		return newestFirst("createdAt")
	}
	return order(by.Direction, map[model.UserOrderField]string{
		model.UserOrderFieldCreatedAt: "createdAt",
		model.UserOrderFieldUsername:  "username",
	}[by.Field])
}

func postOrder(by *model.PostOrder) []core.Order {
	if by == nil {
		return newestFirst("date")
	}
	return order(by.Direction, map[model.PostOrderField]string{
		model.PostOrderFieldDate:      "date",
		model.PostOrderFieldCreatedAt: "createdAt",
		model.PostOrderFieldUpdatedAt: "updatedAt",
		model.PostOrderFieldTitle:     "title",
	}[by.Field])
}

func assetOrder(by *model.AssetOrder) []core.Order {
	if by == nil {
		return newestFirst("createdAt")
	}
	return order(by.Direction, map[model.AssetOrderField]string{
		model.AssetOrderFieldCreatedAt: "createdAt",
		model.AssetOrderFieldFilename:  "filename",
		model.AssetOrderFieldSize:      "size",
	}[by.Field])
}

// order sorts by a stored field; newestFirst is the order of a list that was
// asked for none.
func order(d model.OrderDirection, field string) []core.Order {
	return []core.Order{{Field: field, Desc: d == model.OrderDirectionDesc}}
}

func newestFirst(field string) []core.Order { return order(model.OrderDirectionDesc, field) }

// asksForText reports whether the field in ctx is asked for texts of posts, at
// any depth: it may say yes too often, and never no in vain.
func asksForText(ctx context.Context) bool {
	return mentions(graphql.GetFieldContext(ctx).Field.Selections, "body", "bodyHtml")
}

// mentions reports whether a field of one of two names stands in set.
func mentions(set ast.SelectionSet, name, other string) bool {
	return slices.ContainsFunc(set, func(s ast.Selection) bool {
		switch s := s.(type) {
		case *ast.Field:
			return s.Name == name || s.Name == other || mentions(s.SelectionSet, name, other)
		case *ast.InlineFragment:
			return mentions(s.SelectionSet, name, other)
		case *ast.FragmentSpread:
			return mentions(s.Definition.SelectionSet, name, other)
		}
		return true
	})
}
