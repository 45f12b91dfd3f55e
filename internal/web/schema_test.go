package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync/atomic"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/web/subscription"
)

// sdl is a small schema with one of everything that the limits look at.
const sdl = `
directive @cost(weight: String!) on FIELD_DEFINITION | ARGUMENT_DEFINITION
directive @listSize(assumedSize: Int, slicingArguments: [String!]) on FIELD_DEFINITION

type Query {
  hello(name: String = "world"): String!
  viewer: String
  address: String
  devices: String
  operation: String
  number(n: Int): Int
  posts(first: Int, last: Int, where: Where): PostConnection!
  pets: [Pet!]!
  few: [Post!]! @listSize(assumedSize: 2)
  dear: Int @cost(weight: "9999")
  named(like: String @cost(weight: "10000")): String
  day(of: Day, among: [Day!], where: Days): String
  items(limit: Int): [Item!] @listSize(slicingArguments: ["limit"])
  byId(ids: [Int!]): [Item!] @listSize(slicingArguments: ["ids"])
  deep: Deep
  fail: String
  secret: String
  panic: String
  many: [Int]
  slow: String
  count: Int
}
type Item { name: String items(limit: Int): [Item!] @listSize(slicingArguments: ["limit"]) few: [Post!]! @listSize(assumedSize: 2) }
scalar Day
input Days { day: Day! or: [Days!] }
input Where { and: [Where!] title: String n: Int list: [Int!] }
interface Node { id: ID! }
type PostConnection { edges: [PostEdge!]! nodes: [Post!]! totalCount: Int! }
type PostEdge { node: Post! }
type Post implements Node { id: ID! title: String author: User! }
type User implements Node { id: ID! name: String! posts(first: Int, last: Int): PostConnection! }
type Deep { deep: Deep list: [Deep!]! name: String }
interface Pet { name: String! kin(n: Int): Pet }
type Dog implements Pet { name: String! kin(n: Int): Pet size: Int same: String! count: Int! }
type Cat implements Pet { name: String! kin(n: Int): Pet size: String same: String! count: Int lives: Int! }

type Mutation {
  signIn(email: String!): String
  refreshSession: String
  signOut: String
  touch: String
}

type Subscription {
  ticks(n: Int!): Int!
  forever: String
  broken: String
  flawed: String
  refused: String
  flood: String
  who: String
  role: String
}
`

// fake executes operations of sdl without generated code.
type fake struct {
	schema *ast.Schema
	ran    atomic.Int64 // operations executed
	open   atomic.Int64 // subscriptions running
}

func newFake() *fake {
	return &fake{schema: gqlparser.MustLoadSchema(&ast.Source{Name: "test", Input: sdl})}
}

func (f *fake) Schema() *ast.Schema { return f.schema }

func (f *fake) Complexity(context.Context, string, string, int, map[string]any) (int, bool) {
	return 0, false
}

func (f *fake) Exec(ctx context.Context) graphql.ResponseHandler {
	f.ran.Add(1)
	op := graphql.GetOperationContext(ctx)
	fields := graphql.CollectFields(op, op.Operation.SelectionSet, nil)
	if op.Operation.Operation == ast.Subscription {
		return f.subscribe(ctx, op, fields[0])
	}
	first := true
	return func(ctx context.Context) *graphql.Response {
		if !first {
			return nil
		}
		first = false
		data := map[string]any{}
		for _, field := range fields {
			ctx := graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Query", Field: field})
			data[field.Alias] = f.resolve(ctx, op, field)
		}
		b, err := json.Marshal(data)
		if err != nil {
			panic(err)
		}
		return &graphql.Response{Data: b}
	}
}

func (f *fake) resolve(ctx context.Context, op *graphql.OperationContext, field graphql.CollectedField) (v any) {
	defer func() {
		if p := recover(); p != nil {
			graphql.AddError(ctx, op.Recover(ctx, p))
			v = nil
		}
	}()
	args := field.ArgumentMap(op.Variables)
	switch field.Name {
	case "__typename":
		return field.ObjectDefinition.Name
	case "hello":
		return "hello " + args["name"].(string)
	case "viewer":
		if p := core.PrincipalOf(ctx); p.SignedIn() {
			return p.UserID
		}
		return nil
	case "count": // takes a store more time than there is
		err := core.ReadingOf(ctx).Do(ctx, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() })
		graphql.AddError(ctx, err)
		return nil
	case "devices":
		return strings.Join(core.ClientOf(ctx).Cookies.DeviceTokens(), " ")
	case "address":
		return core.ClientOf(ctx).Address
	case "number":
		return args["n"]
	case "posts", "pets", "few", "deep", "dear", "__schema", "__type":
		if op.DisableIntrospection && field.Name[0] == '_' {
			graphql.AddErrorf(ctx, "introspection disabled")
		}
		return nil
	case "fail":
		graphql.AddError(ctx, &core.Error{Code: core.Conflict, Message: "Taken.", CurrentVersion: 7})
	case "secret":
		graphql.AddError(ctx, errors.New("password of the database is swordfish"))
	case "panic":
		panic("swordfish")
	case "many":
		for range 500 {
			graphql.AddError(ctx, core.Errorf(core.NotFound, "%5000d", 1))
		}
	case "slow":
		<-ctx.Done()
		graphql.AddError(ctx, core.Wrap(core.Unavailable, ctx.Err(), "The store did not answer."))
	case "signIn", "refreshSession":
		core.ClientOf(ctx).Cookies.Set(core.Tokens{
			AccessToken: "good", AccessTokenExpiresAt: time.Now().Add(time.Hour),
			RefreshToken: "fresh", RefreshTokenExpiresAt: time.Now().Add(24 * time.Hour),
			DeviceToken: "d.2.new",
		})
		return core.ClientOf(ctx).Cookies.RefreshToken()
	case "signOut":
		core.ClientOf(ctx).Cookies.Clear()
	case "touch":
		return "touched"
	}
	return nil
}

func (f *fake) subscribe(ctx context.Context, op *graphql.OperationContext, field graphql.CollectedField) graphql.ResponseHandler {
	event := func(v any) *graphql.Response {
		b, err := json.Marshal(map[string]any{field.Alias: v})
		if err != nil {
			panic(err)
		}
		return &graphql.Response{Data: b}
	}
	if field.Name == "refused" {
		graphql.AddError(ctx, core.Errorf(core.Forbidden, "Not for you."))
		return nil
	}
	f.open.Add(1)
	context.AfterFunc(ctx, func() { f.open.Add(-1) })
	i := int64(0)
	outer := ctx
	return func(ctx context.Context) *graphql.Response {
		i++
		switch field.Name {
		case "ticks":
			if n := field.ArgumentMap(op.Variables)["n"].(int64); i <= n {
				return event(i)
			}
			return nil
		case "who":
			if i == 1 {
				return event(core.PrincipalOf(ctx).UserID)
			}
			<-ctx.Done()
			return nil
		case "role":
			if i == 1 {
				return event(string(core.PrincipalOf(ctx).Role))
			}
			<-ctx.Done()
			return nil
		case "broken":
			if i == 1 {
				return event("fine")
			}
			subscription.Fail(outer, core.Errorf(core.Unavailable, "The changes are lost."))
			return nil
		case "flawed":
			if i > 1 {
				return nil
			}
			graphql.AddError(ctx, core.Errorf(core.Forbidden, "Not for you."))
			return event(nil)
		case "flood":
			return event(flood)
		}
		<-ctx.Done()
		return nil
	}
}

var flood = string(make([]byte, 64<<10))
