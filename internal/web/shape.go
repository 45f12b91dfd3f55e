package web

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"

	"github.com/99designs/gqlgen/graphql/errcode"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"

	"github.com/grapnel/grapnel/internal/graphqlhttp"
)

// shapeRule bounds the form of a document as far as it can be told without
// variables: depth, aliases, root fields, nesting of literals; no introspection
// at all when the schema is hidden. It runs with the validation, so a cached
// document is not measured again. Each fragment is measured once, however often
// it is spread.
//
// It stands in for gqlparser's MaxIntrospectionDepth too, which follows every
// spread anew: thirty fragments that each spread the next one twice keep that
// one busy for minutes.
func shapeRule(l Limits, once []string, hidden bool) core.RuleFunc {
	return func(observers *core.Events, addError core.AddErrFunc) {
		m := &measurer{fragments: map[*ast.FragmentDefinition]shape{}}
		observers.OnDirective(func(_ *core.Walker, d *ast.Directive) {
			if d.Name == notServed {
				addError(core.Message("@%s is not supported.", d.Name), core.At(d.Position))
			}
		})
		observers.OnOperation(func(_ *core.Walker, op *ast.OperationDefinition) {
			fail := func(format string, args ...any) {
				addError(core.Message(format, args...), core.At(op.Position))
			}
			s := m.set(op.SelectionSet)
			for _, v := range op.VariableDefinitions {
				if v.DefaultValue != nil {
					s.nesting = max(s.nesting, nesting(v.DefaultValue))
				}
			}
			if s.depth > l.Depth {
				fail("The operation is %d levels deep; %d are allowed.", s.depth, l.Depth)
			}
			if hidden && m.introspection.depth > 0 {
				fail("Introspection is turned off on this server.")
			}
			if m.introspection.depth > l.IntrospectionDepth || m.introspection.lists > l.IntrospectionLists {
				fail("The introspection is nested too deeply.")
			}
			if m.introspection.size > maxIntrospection {
				fail("The introspection asks for too much at once.")
			}
			if m.aliases > l.Aliases {
				fail("The document has %d aliases; %d are allowed.", m.aliases, l.Aliases)
			}
			if s.nesting > l.Nesting {
				fail("A value is nested %d levels deep; %d are allowed.", s.nesting, l.Nesting)
			}
			keys, names := rootFields(op.SelectionSet)
			if op.Operation == ast.Subscription && keys != 1 {
				fail("A subscription has exactly one root field.")
			}
			if keys > l.RootFields {
				fail("The operation has %d root fields; %d are allowed.", keys, l.RootFields)
			}
			for _, name := range once {
				if names[name] > 1 {
					fail("%s is allowed once in an operation.", name)
				}
			}
		})
	}
}

// shape is the size of a selection set with its fragments expanded.
type shape struct {
	depth   int // levels of fields
	lists   int // levels of fields that list types, in an introspection
	nesting int // levels of lists and objects in an argument
	size    int // fields of the answer to an introspection, by listSizes
}

func (s *shape) widen(t shape) {
	s.depth, s.lists, s.nesting = max(s.depth, t.depth), max(s.lists, t.lists), max(s.nesting, t.nesting)
	s.size = min(plus(s.size, t.size), math.MaxInt32)
}

// listSizes are about how long the lists of an introspection are. They are the same
// for every schema, so that what is allowed for a small one is for a large one.
var listSizes = map[string]int{
	"types": 100, "directives": 10, "fields": 10, "inputFields": 5, "enumValues": 3, "args": 2, "interfaces": 1, "possibleTypes": 1,
}

// maxIntrospection is the size allowed: what editors and code generators ask for is
// 130,000.
const maxIntrospection = 200_000

// measurer measures the selection sets of one document.
type measurer struct {
	fragments     map[*ast.FragmentDefinition]shape
	introspection shape // all of __schema and __type
	aliases       int
}

func (m *measurer) set(set ast.SelectionSet) shape {
	var s shape
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			s.widen(m.field(sel))
		case *ast.InlineFragment:
			s.widen(m.set(sel.SelectionSet))
		case *ast.FragmentSpread:
			if sel.Definition != nil {
				s.widen(m.fragment(sel.Definition))
			}
		}
	}
	return s
}

func (m *measurer) field(f *ast.Field) shape {
	if f.Alias != f.Name {
		m.aliases++
	}
	s := m.set(f.SelectionSet)
	s.size = min(plus(1, times(s.size, cmp.Or(listSizes[f.Name], 1))), math.MaxInt32)
	for _, a := range f.Arguments {
		s.nesting = max(s.nesting, nesting(a.Value))
	}
	switch f.Name {
	case "__schema", "__type":
		// Counted apart: the usual introspection query is deeper than any
		// honest query for data.
		m.introspection.widen(s)
		return shape{depth: 1, nesting: s.nesting}
	case "fields", "interfaces", "possibleTypes", "inputFields":
		s.lists++
	}
	s.depth++
	return s
}

func (m *measurer) fragment(f *ast.FragmentDefinition) shape {
	s, ok := m.fragments[f]
	if !ok {
		m.fragments[f] = shape{} // ends a cycle, which another rule refuses
		s = m.set(f.SelectionSet)
		m.fragments[f] = s
	}
	return s
}

// introspectionSize is about how many fields answer a __schema or __type.
func introspectionSize(f *ast.Field) int {
	m := &measurer{fragments: map[*ast.FragmentDefinition]shape{}}
	m.field(f)
	return m.introspection.size
}

// Bounds of what the validation has to do; see checkOutline.
const (
	maxWalk = 30_000 // nodes that it visits
	maxName = 255    // bytes of the name of an operation, which faults of its variables repeat
	maxType = 100    // bytes of the type of a fragment, which is compared with all that there are
)

// checkOutline bounds what the validation of a document has to do, before it
// begins: 600 small operations keep it busy a hundred times longer than the parser.
// The validation walks all that is within reach of an operation or a
// fragment, anew for each of them: of 200 fragments that each spread the next, it
// visits the last one's fields 200 times. It computes a literal anew for each list
// and object around it: 1,200 of them take a second. Both together took minutes.
func checkOutline(doc *ast.QueryDocument, l Limits) *gqlerror.Error {
	switch {
	case len(doc.Operations) > l.Operations:
		return graphqlhttp.NewError(errcode.ValidationFailed, fmt.Sprintf("The document has more than %d operations.", l.Operations))
	case len(doc.Fragments) > l.Fragments:
		return graphqlhttp.NewError(errcode.ValidationFailed, fmt.Sprintf("The document has more than %d fragments.", l.Fragments))
	}
	o := &outline{limits: l, parts: map[string]*part{}}
	roots := make([]*part, 0, len(doc.Operations)+len(doc.Fragments))
	for _, op := range doc.Operations {
		o.part = &part{weight: 1}
		roots = append(roots, o.part)
		if len(op.Name) > maxName {
			o.refuse(op.Position, "The name of an operation has more than %d bytes.", maxName)
		}
		for _, v := range op.VariableDefinitions {
			o.part.weight++
			o.typ(v.Type)
			o.value(v.DefaultValue)
			o.directives(v.Directives)
		}
		o.directives(op.Directives)
		o.set(op.SelectionSet)
	}
	for _, f := range doc.Fragments {
		o.part = &part{weight: 1}
		roots = append(roots, o.part)
		if o.parts[f.Name] == nil {
			o.parts[f.Name] = o.part
		}
		if len(f.TypeCondition) > maxType {
			o.refuse(f.Position, "The type of a fragment has more than %d bytes.", maxType)
		}
		o.directives(f.Directives)
		o.set(f.SelectionSet)
	}
	for _, f := range doc.Fragments {
		o.acyclic(f.Name)
	}
	left := maxWalk
	for _, root := range roots {
		if o.problem != nil {
			break
		}
		if left = o.walk(root, left); left < 0 {
			o.refuse(doc.Position, "The document spreads its fragments too often.")
		}
	}
	return o.problem
}

// outline is what checkOutline finds.
type outline struct {
	limits  Limits
	part    *part            // that is looked at
	parts   map[string]*part // the fragments
	problem *gqlerror.Error  // the first
}

// part is an operation or a fragment.
type part struct {
	weight  int // nodes that are visited for its own sake
	spreads []*ast.FragmentSpread
	walked  *part // the last root from which it was reached
	state   int   // of the search for cycles
}

func (o *outline) refuse(at *ast.Position, format string, args ...any) {
	if o.problem != nil {
		return
	}
	o.problem = graphqlhttp.NewError(errcode.ValidationFailed, fmt.Sprintf(format, args...))
	if at != nil {
		o.problem.Locations = []gqlerror.Location{{Line: at.Line, Column: at.Column}}
	}
}

func (o *outline) set(set ast.SelectionSet) {
	for _, s := range set {
		o.part.weight++
		switch s := s.(type) {
		case *ast.Field:
			o.name(s.Name)
			o.arguments(s.Arguments)
			o.directives(s.Directives)
			o.set(s.SelectionSet)
		case *ast.InlineFragment:
			o.name(s.TypeCondition)
			o.directives(s.Directives)
			o.set(s.SelectionSet)
		case *ast.FragmentSpread:
			o.part.spreads = append(o.part.spreads, s)
			o.name(s.Name)
			o.directives(s.Directives)
		}
	}
}

func (o *outline) directives(list ast.DirectiveList) {
	for _, d := range list {
		o.part.weight++
		o.name(d.Name)
		o.arguments(d.Arguments)
	}
}

func (o *outline) arguments(list ast.ArgumentList) {
	for _, a := range list {
		o.part.weight++
		o.name(a.Name)
		o.value(a.Value)
	}
}

func (o *outline) value(v *ast.Value) {
	if v == nil {
		return
	}
	if n := nesting(v); n > o.limits.Nesting {
		o.refuse(v.Position, "A value is nested %d levels deep; %d are allowed.", n, o.limits.Nesting)
		return
	}
	var weigh func(v *ast.Value, level int)
	weigh = func(v *ast.Value, level int) {
		o.part.weight += level
		o.literal(v.Raw)
		for _, c := range v.Children {
			o.name(c.Name)
			weigh(c.Value, level+1)
		}
	}
	weigh(v, 1)
}

func (o *outline) typ(t *ast.Type) {
	n := 0
	for ; t.Elem != nil; t = t.Elem {
		n++
	}
	if n > o.limits.Nesting {
		o.refuse(t.Position, "A type is nested %d levels deep; %d are allowed.", n, o.limits.Nesting)
	}
}

// Names that are not known are compared with all that are, and errors repeat names
// and literals.
func (o *outline) name(s string)    { o.part.weight += len(s) / 8 }
func (o *outline) literal(s string) { o.part.weight += len(s) / 16 }

// walk takes from left what a walk from root visits. It is negative when that is
// too much.
func (o *outline) walk(root *part, left int) int {
	root.walked = root
	for todo := []*part{root}; len(todo) > 0 && left >= 0; {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		left -= p.weight
		for _, s := range p.spreads {
			if next := o.parts[s.Name]; next != nil && next.walked != root {
				next.walked = root
				todo = append(todo, next)
			}
		}
	}
	return left
}

// acyclic refuses fragments that spread themselves. Another rule would do so too,
// and list the whole way for each spread that closes a circle.
func (o *outline) acyclic(name string) {
	const open, done = 1, 2
	p := o.parts[name]
	if o.problem != nil || p == nil || p.state == done {
		return
	}
	p.state = open
	for _, s := range p.spreads {
		if next := o.parts[s.Name]; next != nil && next.state == open {
			o.refuse(s.Position, "Cannot spread fragment %q within itself.", s.Name)
			return
		}
		o.acyclic(s.Name)
	}
	p.state = done
}

// nesting is how many lists and objects stand around the innermost value.
func nesting(v *ast.Value) int {
	if v == nil || (v.Kind != ast.ListValue && v.Kind != ast.ObjectValue) {
		return 0
	}
	deepest := 0
	for _, c := range v.Children {
		deepest = max(deepest, nesting(c.Value))
	}
	return deepest + 1
}

// rootFields counts the fields that an operation begins with: all of them by
// response name, and how often each field is among them.
func rootFields(set ast.SelectionSet) (keys int, names map[string]int) {
	names = map[string]int{}
	seen := map[string]bool{}
	fragments := map[string]bool{}
	var walk func(ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				if !seen[s.Alias] {
					seen[s.Alias] = true
					names[s.Name]++
				}
			case *ast.InlineFragment:
				walk(s.SelectionSet)
			case *ast.FragmentSpread:
				if s.Definition != nil && !fragments[s.Name] {
					fragments[s.Name] = true
					walk(s.Definition.SelectionSet)
				}
			}
		}
	}
	walk(set)
	return len(seen), names
}

// onlyRootFields reports whether the root fields of op are among names. A __typename
// may stand beside them, and is none of them.
func onlyRootFields(op *ast.OperationDefinition, names []string) bool {
	_, have := rootFields(op.SelectionSet)
	delete(have, "__typename")
	for name := range have {
		if !slices.Contains(names, name) {
			return false
		}
	}
	return len(have) > 0
}

// valuesOfObject is for how many values an object counts: the engine looks for each
// field that its type has, so that 50,000 empty ones take 200 ms.
const valuesOfObject = 5

// checkVariables bounds the nesting and number of the values in variables,
// before anything walks through them.
func checkVariables(variables map[string]any, l Limits) *gqlerror.Error {
	left := l.VariableValues
	var walk func(v any, level int) string
	walk = func(v any, level int) string {
		if left--; left < 0 {
			return fmt.Sprintf("The variables hold more than %d values; an object counts as %d.", l.VariableValues, valuesOfObject)
		}
		var children iter.Seq[any]
		switch v := v.(type) {
		case map[string]any:
			left -= valuesOfObject - 1
			children = maps.Values(v)
		case []any:
			children = slices.Values(v)
		default:
			return ""
		}
		if level > l.Nesting {
			return fmt.Sprintf("The variables are nested more than %d levels deep.", l.Nesting)
		}
		for c := range children {
			if problem := walk(c, level+1); problem != "" {
				return problem
			}
		}
		return ""
	}
	if problem := walk(variables, 0); problem != "" {
		return graphqlhttp.NewError(errcode.ValidationFailed, problem)
	}
	return nil
}
