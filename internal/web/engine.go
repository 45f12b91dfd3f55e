package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/99designs/gqlgen/graphql/executor"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/grapnel/grapnel/core"
	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// The codes of requests that are refused before execution, besides those of
// [errcode].
const (
	complexityExceeded     = "COMPLEXITY_LIMIT_EXCEEDED"
	persistedQueryNotFound = "PERSISTED_QUERY_NOT_FOUND"
)

// engine is gqlgen's executor with the limits around it. Every transport runs
// its operations through it, so that all have the same limits.
type engine struct {
	exec      *executor.Executor
	schema    *ast.Schema
	limits    Limits
	anonymous []string
	hidden    bool // no introspection
	documents *cache[*ast.QueryDocument]
	persisted *cache[string]
}

var _ graphql.GraphExecutor = (*engine)(nil)

func newEngine(c Config) *engine {
	l := c.Limits
	e := &engine{
		exec:      executor.New(c.Schema),
		schema:    c.Schema.Schema(),
		limits:    l,
		anonymous: c.Anonymous,
		hidden:    c.Production,
		documents: newCache[*ast.QueryDocument](l.CachedQueries, l.CachedQueryBytes),
		persisted: newCache[string](l.CachedQueries, l.CachedQueryBytes),
	}
	e.exec.SetQueryCache(e.documents)
	e.exec.SetParserTokenLimit(l.Tokens)
	e.exec.SetDisableSuggestion(c.Production)
	e.exec.SetDefaultRulesFn(func() *rules.Rules {
		r := rules.NewDefaultRules()
		r.ReplaceRule(rules.OverlappingFieldsCanBeMergedRule.Name, mergeRule(l.Merge))
		r.RemoveRule(rules.MaxIntrospectionDepth.Name)
		r.AddRule("Ints", intRule)
		r.AddRule("Limits", shapeRule(l, c.Once, c.Production))
		return r
	})
	e.exec.SetErrorPresenter(presenter(c))
	e.exec.SetRecoverFunc(recoverPanic)
	return e
}

// CreateOperationContext parses, validates and measures an operation. Its
// errors are request errors: nothing was executed.
func (e *engine) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	note(ctx).operation = params.OperationName
	if err := e.admit(params); err != nil {
		return &graphql.OperationContext{}, gqlerror.List{err}
	}
	op, errs := e.exec.CreateOperationContext(ctx, params)
	if len(errs) > 0 {
		for _, err := range errs {
			if err.Extensions["code"] == nil {
				errcode.Set(err, errcode.ValidationFailed)
			}
		}
		return op, graphqlhttp.Trim(errs)
	}
	note(ctx).operation = op.Operation.Name
	op.DisableIntrospection = e.hidden
	if err := expired(ctx); err != nil && !onlyRootFields(op.Operation, e.anonymous) {
		return op, gqlerror.List{err}
	}
	if err := checkInts(e.schema, op.Operation, op.Variables); err != nil {
		return op, gqlerror.List{err}
	}
	c := coster{variables: op.Variables, page: e.limits.PageSize, list: e.limits.ListSize}
	if cost := c.set(op.Operation.SelectionSet); cost > e.limits.Cost {
		return op, gqlerror.List{graphqlhttp.NewError(complexityExceeded, fmt.Sprintf(
			"The operation may answer with %d fields; %d are allowed. Ask for smaller pages or fewer fields.", cost, e.limits.Cost))}
	}
	return op, nil
}

// admit looks at a request before its document is parsed, and finds a
// persisted document.
func (e *engine) admit(params *graphql.RawParams) *gqlerror.Error {
	if err := checkVariables(params.Variables, e.limits); err != nil {
		return err
	}
	if err := e.persist(params); err != nil {
		return err
	}
	if len(params.Query) > e.limits.Query {
		return graphqlhttp.NewError(errcode.ParseFailed, fmt.Sprintf("The document has more than %d bytes.", e.limits.Query))
	}
	return e.outline(params.Query)
}

// outline counts the definitions of a document that is not yet known. The
// validation walks all fragments anew for each of them: 600 small operations
// keep it busy a hundred times longer than the parser. A parse error is left
// to the executor to report.
func (e *engine) outline(query string) *gqlerror.Error {
	if _, known := e.documents.Get(context.Background(), query); known {
		return nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, e.limits.Tokens)
	switch {
	case err != nil:
	case len(doc.Operations) > e.limits.Operations:
		return graphqlhttp.NewError(errcode.ValidationFailed, fmt.Sprintf("The document has more than %d operations.", e.limits.Operations))
	case len(doc.Fragments) > e.limits.Fragments:
		return graphqlhttp.NewError(errcode.ValidationFailed, fmt.Sprintf("The document has more than %d fragments.", e.limits.Fragments))
	}
	return nil
}

// persist follows Apollo's automatic persisted queries: a hash alone finds the
// document that some client sent with it before.
func (e *engine) persist(params *graphql.RawParams) *gqlerror.Error {
	raw, ok := params.Extensions["persistedQuery"]
	if !ok || raw == nil {
		return nil
	}
	fields, _ := raw.(map[string]any)
	hash, _ := fields["sha256Hash"].(string)
	if n, ok := fields["version"].(json.Number); !ok || n != "1" || hash == "" {
		return graphqlhttp.NewError(errcode.ValidationFailed, "persistedQuery needs version 1 and a sha256Hash.")
	}
	if params.Query == "" {
		query, ok := e.persisted.Get(context.Background(), hash)
		if !ok {
			return graphqlhttp.NewError(persistedQueryNotFound, "PersistedQueryNotFound")
		}
		params.Query = query
		return nil
	}
	sum := sha256.Sum256([]byte(params.Query))
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(sum[:])), []byte(hash)) != 1 {
		return graphqlhttp.NewError(errcode.ValidationFailed, "sha256Hash is not the hash of the query.")
	}
	e.persisted.put(hash, params.Query, len(params.Query))
	return nil
}

// DispatchOperation executes an operation.
func (e *engine) DispatchOperation(ctx context.Context, op *graphql.OperationContext) (graphql.ResponseHandler, context.Context) {
	next, ctx := e.exec.DispatchOperation(ctx, op)
	var root []graphql.CollectedField
	if op.Operation.Operation == ast.Subscription {
		root = graphql.CollectFields(op, op.Operation.SelectionSet, []string{"Subscription"})
	}
	return func(ctx context.Context) *graphql.Response {
		if len(root) == 1 { // gqlgen leaves it out of the paths of errors in events
			ctx = graphql.WithFieldContext(ctx, &graphql.FieldContext{Object: "Subscription", Field: root[0]})
		}
		resp := next(core.WithReadLimit(ctx, e.limits.Read)) // of each event, too
		if resp != nil && len(resp.Errors) > e.limits.Errors {
			more := len(resp.Errors) - e.limits.Errors
			resp.Errors = append(resp.Errors[:e.limits.Errors:e.limits.Errors],
				graphqlhttp.NewError(core.Internal, fmt.Sprintf("%d more errors are not shown.", more)))
		}
		return resp
	}, ctx
}

// DispatchError makes the answer to a request that was refused.
func (e *engine) DispatchError(ctx context.Context, errs gqlerror.List) *graphql.Response {
	return e.exec.DispatchError(ctx, errs)
}
