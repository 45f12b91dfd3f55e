package web

import (
	"context"
	"errors"
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
	"github.com/grapnel/grapnel/internal/web/subscription"
)

// complexityExceeded is the code of operations that cost too much, besides those of
// [errcode].
const complexityExceeded = "COMPLEXITY_LIMIT_EXCEEDED"

// engine is gqlgen's executor with the limits around it. Every transport runs
// its operations through it, so that all have the same limits.
type engine struct {
	exec      *executor.Executor
	schema    *ast.Schema
	scalars   Scalars
	limits    Limits
	anonymous []string
	hidden    bool // no introspection
	documents *cache[*ast.QueryDocument]
	persisted *cache[string]
	trusted   *trusted // nil: any document runs
	meter     *meter
}

var _ graphql.GraphExecutor = (*engine)(nil)

func newEngine(c Config) *engine {
	l := c.Limits
	e := &engine{
		exec:      executor.New(c.Schema),
		schema:    c.Schema.Schema(),
		scalars:   c.Scalars,
		limits:    l,
		anonymous: c.Anonymous,
		hidden:    c.Production,
		documents: newCache[*ast.QueryDocument](l.CachedQueries, l.CachedQueryBytes),
		persisted: newCache[string](l.CachedQueries, l.CachedQueryBytes),
		trusted:   newTrusted(c.Trusted, c.Untrusted),
		meter:     newMeter(l),
	}
	e.exec.SetQueryCache(e.documents)
	e.exec.SetParserTokenLimit(l.Tokens)
	e.exec.SetDisableSuggestion(c.Production)
	e.exec.SetDefaultRulesFn(func() *rules.Rules {
		r := rules.NewDefaultRules()
		r.ReplaceRule(rules.OverlappingFieldsCanBeMergedRule.Name, mergeRule(l.Merge))
		r.RemoveRule(rules.MaxIntrospectionDepth.Name)
		values := rules.ValuesOfCorrectTypeRule.RuleFunc
		if c.Production { // of fields the executor takes care itself
			r.ReplaceRule(rules.KnownArgumentNamesRule.Name, rules.KnownArgumentNamesRuleWithoutSuggestions.RuleFunc)
			r.ReplaceRule(rules.KnownTypeNamesRule.Name, rules.KnownTypeNamesRuleWithoutSuggestions.RuleFunc)
			values = rules.ValuesOfCorrectTypeRuleWithoutSuggestions.RuleFunc
		}
		r.ReplaceRule(rules.ValuesOfCorrectTypeRule.Name, literalRule(values, c.Scalars))
		r.AddRule("Limits", shapeRule(l, c.Once, c.Production))
		return r
	})
	e.exec.SetErrorPresenter(presenter(c))
	e.exec.SetRecoverFunc(recoverPanic)
	return e
}

// CreateOperationContext parses, validates and measures an operation, and charges
// for it. Its errors are request errors: nothing was executed.
func (e *engine) CreateOperationContext(ctx context.Context, params *graphql.RawParams) (*graphql.OperationContext, gqlerror.List) {
	note(ctx).operation = params.OperationName
	doc, err := e.admit(ctx, params)
	if err != nil {
		return &graphql.OperationContext{}, gqlerror.List{err}
	}
	unfit := coerceVariables(e.schema, e.scalars, doc, params)
	op, errs := e.exec.CreateOperationContext(ctx, params)
	if unfit != nil && op.Operation != nil { // the document itself is valid
		errs = gqlerror.List{unfit}
	}
	if len(errs) > 0 {
		return op, graphqlhttp.Trim(explain(op, errs))
	}
	note(ctx).operation = op.Operation.Name
	op.DisableIntrospection = e.hidden
	introspect(op)
	if err := expired(ctx); err != nil && !onlyRootFields(op.Operation, e.anonymous) {
		return op, gqlerror.List{err}
	}
	c := coster{schema: e.schema, variables: op.Variables, page: e.limits.PageSize, list: e.limits.ListSize}
	cost := c.operation(op.Operation)
	if cost > e.limits.Cost {
		err := graphqlhttp.NewError(complexityExceeded, fmt.Sprintf(
			"The operation may cost %d; %d is allowed. Ask for smaller pages or fewer fields.", cost, e.limits.Cost))
		err.Extensions["cost"], err.Extensions["limit"] = cost, e.limits.Cost
		return op, gqlerror.List{err}
	}
	if err := e.meter.charge(ctx, operationCost+cost); err != nil {
		return op, gqlerror.List{graphqlhttp.Present(err)}
	}
	op.Stats.SetExtension(costKey, cost)
	return op, nil
}

// ChargeBytes charges for a request before it is decoded; RATE_LIMITED when nothing
// is left.
func (e *engine) ChargeBytes(ctx context.Context, n int) error {
	return e.meter.charge(ctx, n/bytesPerCost)
}

// costKey is where the statistics of an operation have its cost.
const costKey = "cost"

// cost is what an operation was measured to cost.
func cost(op *graphql.OperationContext) int {
	n, _ := op.Stats.GetExtension(costKey).(int)
	return n
}

// explain completes the errors of a refused operation: a code for each, and
// messages that name what is at fault.
func explain(op *graphql.OperationContext, errs gqlerror.List) gqlerror.List {
	if op.Doc != nil && op.Operation == nil {
		message := "The document has several operations: say by operationName which one to run."
		if op.OperationName != "" {
			message = fmt.Sprintf("The document has no operation %q.", op.OperationName)
		}
		return gqlerror.List{graphqlhttp.NewError(errcode.ValidationFailed, message)}
	}
	for _, err := range errs {
		if err.Extensions["code"] == nil {
			errcode.Set(err, errcode.ValidationFailed)
		}
		if len(err.Path) > 1 && err.Path[0] == ast.PathName("variable") {
			err.Message = fmt.Sprintf("Variable $%s: %s", err.Path[1:], err.Message)
			err.Path = nil // which is for fields of an answer
		}
	}
	return errs
}

// admit looks at a request before its document is validated, and charges for the
// parsing. It hands on the document, which may be one that does not fit the schema;
// nil when it is no GraphQL at all.
func (e *engine) admit(ctx context.Context, params *graphql.RawParams) (*ast.QueryDocument, *gqlerror.Error) {
	if err := checkVariables(params.Variables, e.limits); err != nil {
		return nil, err
	}
	id, err := e.find(ctx, params)
	if err != nil {
		return nil, err
	}
	if len(params.Query) > e.limits.Query {
		return nil, graphqlhttp.NewError(errcode.ParseFailed, fmt.Sprintf("The document has more than %d bytes.", e.limits.Query))
	}
	doc, known := e.documents.Get(ctx, params.Query)
	if !known {
		if err := e.meter.charge(ctx, len(params.Query)/documentBytesPerCost); err != nil {
			return nil, graphqlhttp.Present(err)
		}
		if doc, err = e.outline(params.Query); err != nil {
			return nil, err
		}
	}
	e.keep(id, params.Query)
	return doc, nil
}

// outline bounds what the validation of a document that is not yet known has to do.
// A parse error is left to the executor to report.
func (e *engine) outline(query string) (*ast.QueryDocument, *gqlerror.Error) {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: query}, e.limits.Tokens)
	if err != nil {
		return nil, nil
	}
	return doc, checkOutline(doc, e.limits)
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
		kept := &withheld{limit: e.limits.Withheld}
		ctx = core.OnWithheld(core.WithReport(ctx, graphql.AddError), kept.add)
		ctx, reading := core.WithReading(ctx, e.limits.Read, e.limits.ReadTime) // of each event, too
		resp := next(ctx)
		// What a store looks through was not known before. Whoever has used up more than
		// is left waits until it is made up for.
		e.meter.owe(ctx, int(reading.Spent()/timePerCost)-cost(op))
		if resp == nil {
			return nil
		}
		kept.report(resp)
		_ = e.meter.charge(ctx, (len(resp.Data)+kept.bytes)/bytesPerCost) // if so much is left: it is sent all the same
		if op.Extensions["cost"] == true {
			extend(resp, "cost", e.meter.report(ctx, cost(op), e.limits.Cost))
		}
		if len(resp.Errors) > e.limits.Errors {
			more := len(resp.Errors) - e.limits.Errors
			resp.Errors = append(resp.Errors[:e.limits.Errors:e.limits.Errors],
				graphqlhttp.NewError(core.Internal, fmt.Sprintf("%d more errors are not shown.", more)))
		}
		return resp
	}, ctx
}

// results runs an operation and hands each of its results to next, until there are
// no more or next wants none. Events whose cost is more than is left wait; a
// subscriber for whom too many wait is ended by its feed. The errors are why it broke off: a client that gets
// them can do it again.
func (e *engine) results(ctx context.Context, op *graphql.OperationContext, next func(*graphql.Response) bool) gqlerror.List {
	subscribes := op.Operation.Operation == ast.Subscription
	if !subscribes {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, e.limits.Deadline)
		defer cancel()
	}
	ctx, failure := subscription.Watch(ctx)
	responses, ctx := e.DispatchOperation(ctx, op)
	for {
		resp := responses(ctx)
		if resp == nil {
			break
		}
		if len(resp.Data) == 0 && len(resp.Errors) > 0 {
			return resp.Errors
		}
		if subscribes {
			if e.meter.wait(ctx, cost(op)) != nil {
				return nil
			}
		}
		if !next(resp) || !subscribes {
			return nil
		}
	}
	err := failure()
	if err == nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = core.Errorf(core.Unavailable, "The operation took too long.")
	}
	if err == nil {
		return nil
	}
	return e.DispatchError(graphql.WithOperationContext(ctx, op), gqlerror.List{gqlerror.Wrap(err)}).Errors
}

// DispatchError makes the answer to a request that was refused.
func (e *engine) DispatchError(ctx context.Context, errs gqlerror.List) *graphql.Response {
	return e.exec.DispatchError(ctx, errs)
}
