package trusted

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// Collect makes the manifest of the operations in files, and in all files below
// folders. With typename every selection asks for __typename, but those that
// operations begin with. A [gqlerror.List] has all that is wrong with the
// operations, in the order of the files.
func Collect(schema *ast.Schema, paths []string, typename bool) (Manifest, error) {
	files, err := filesOf(paths)
	if err != nil {
		return nil, err
	}
	c := newCollector(schema)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		c.read(file, string(text))
	}
	c.validate()
	if err := c.err(); err != nil {
		return nil, err
	}
	if len(c.operations) == 0 {
		return nil, fmt.Errorf("there are no operations in %s", strings.Join(paths, ", "))
	}
	return c.manifest(typename), nil
}

// filesOf lists the files to read, sorted.
func filesOf(paths []string) (files []string, err error) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			if _, known := kinds[filepath.Ext(path)]; !known {
				return nil, fmt.Errorf("%s is not a file in which operations are looked for: those end in %s",
					path, strings.Join(slices.Sorted(maps.Keys(kinds)), " "))
			}
			files = append(files, filepath.Clean(path))
			continue
		}
		err = fs.WalkDir(os.DirFS(path), ".", func(name string, d fs.DirEntry, err error) error {
			_, known := kinds[filepath.Ext(name)]
			switch {
			case err != nil:
				return err
			case d.IsDir() && name != "." && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")):
				return fs.SkipDir
			case d.Type().IsRegular() && known:
				files = append(files, filepath.Join(path, filepath.FromSlash(name)))
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// collector holds what was found, by name, and what is wrong with it.
type collector struct {
	schema     *ast.Schema
	operations map[string]*ast.OperationDefinition
	fragments  map[string]*ast.FragmentDefinition
	problems   gqlerror.List
	unread     bool // some definitions could not be read
}

func newCollector(schema *ast.Schema) *collector {
	return &collector{
		schema:     schema,
		operations: map[string]*ast.OperationDefinition{},
		fragments:  map[string]*ast.FragmentDefinition{},
	}
}

func (c *collector) problem(at *ast.Position, format string, args ...any) {
	c.problems = append(c.problems, gqlerror.ErrorPosf(at, format, args...))
}

// read adds the definitions in a file. GraphQL that is a schema is none of our
// business: frontends keep the server's, and that of their local state.
func (c *collector) read(name, text string) {
	sources, problems := sourcesOf(name, text)
	for _, source := range sources {
		doc, err := parser.ParseQuery(source)
		if err != nil {
			if _, notSchema := parser.ParseSchema(source); notSchema != nil {
				problems = append(problems, gqlerror.WrapIfUnwrapped(err))
			}
			continue
		}
		for _, op := range doc.Operations {
			c.addOperation(op)
		}
		for _, f := range doc.Fragments {
			c.addFragment(f)
		}
	}
	c.unread = c.unread || len(problems) > 0
	c.problems = append(c.problems, problems...)
}

// addOperation adds an operation. Generated code repeats what it was generated
// from, so one that is there twice counts once.
func (c *collector) addOperation(op *ast.OperationDefinition) {
	key := op.Name
	switch old := c.operations[key]; {
	case key == "":
		c.problem(op.Position, "An operation needs a name: clients find its id by it.")
		key = at(op.Position) // it is validated all the same
	case old == nil:
	case same(&ast.QueryDocument{Operations: ast.OperationList{old}}, &ast.QueryDocument{Operations: ast.OperationList{op}}):
		return
	default:
		c.problem(op.Position, "Another operation is named %s, too: the one at %s.", op.Name, at(old.Position))
		key = at(op.Position)
	}
	c.operations[key] = op
}

func (c *collector) addFragment(f *ast.FragmentDefinition) {
	switch old := c.fragments[f.Name]; {
	case old == nil:
		c.fragments[f.Name] = f
	case !same(&ast.QueryDocument{Fragments: ast.FragmentDefinitionList{old}}, &ast.QueryDocument{Fragments: ast.FragmentDefinitionList{f}}):
		c.problem(f.Position, "Another fragment is named %s, too: the one at %s.", f.Name, at(old.Position))
	}
}

func at(p *ast.Position) string { return fmt.Sprintf("%s:%d:%d", p.Src.Name, p.Line, p.Column) }

func same(a, b *ast.QueryDocument) bool { return printed(a) == printed(b) }

func printed(doc *ast.QueryDocument) string {
	var b strings.Builder
	formatter.NewFormatter(&b, formatter.WithIndent("  ")).FormatQueryDocument(doc)
	return strings.TrimSpace(b.String())
}

// document is an operation with every fragment that it needs, in the order of
// their names. Not all of them may be known.
func (c *collector) document(op *ast.OperationDefinition) (doc *ast.QueryDocument, complete bool) {
	needed := map[string]*ast.FragmentDefinition{}
	complete = c.need(needed, op.SelectionSet)
	doc = &ast.QueryDocument{Operations: ast.OperationList{op}}
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		doc.Fragments = append(doc.Fragments, needed[name])
	}
	return doc, complete
}

// need adds the fragments that a selection needs, and reports whether all are known.
func (c *collector) need(needed map[string]*ast.FragmentDefinition, set ast.SelectionSet) bool {
	complete := true
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			complete = c.need(needed, s.SelectionSet) && complete
		case *ast.InlineFragment:
			complete = c.need(needed, s.SelectionSet) && complete
		case *ast.FragmentSpread:
			f := c.fragments[s.Name]
			if f == nil {
				complete = false
			} else if needed[s.Name] == nil {
				needed[s.Name] = f
				complete = c.need(needed, f.SelectionSet) && complete
			}
		}
	}
	return complete
}

// validate holds every operation to the schema, and the fragments that none uses.
func (c *collector) validate() {
	used := map[string]bool{}
	for _, op := range c.operations {
		doc, complete := c.document(op)
		for _, f := range doc.Fragments {
			used[f.Name] = true
		}
		if complete || !c.unread { // the fragment that is missing may be among the unread
			c.validateDocument(doc, rules.NewDefaultRules())
		}
	}
	alone := rules.NewDefaultRules()
	alone.RemoveRule(rules.NoUnusedFragmentsRule.Name)
	for name, f := range c.fragments {
		if used[name] {
			continue
		}
		doc, complete := c.document(&ast.OperationDefinition{SelectionSet: f.SelectionSet})
		if complete || !c.unread {
			doc.Operations = nil
			if doc.Fragments.ForName(name) == nil {
				doc.Fragments = append(doc.Fragments, f)
			}
			c.validateDocument(doc, alone)
		}
	}
}

func (c *collector) validateDocument(doc *ast.QueryDocument, r *rules.Rules) {
	for _, e := range validator.ValidateWithRulesWithSources(c.schema, doc, r) {
		if name, ok := strings.CutPrefix(e.Message, `Unknown directive "@`); ok {
			name = strings.TrimSuffix(name, `".`)
			if who := clientDirectives[name]; who != "" {
				e.Message = fmt.Sprintf("@%s is for %s", name, who)
			}
		}
		place := e.Locations[0] // each rule of these tells one
		c.problems = append(c.problems, gqlerror.ErrorLocf(place.Source.Name, place.Line, place.Column, "%s", e.Message))
	}
}

// What clients take out of an operation before they send it only they know.
const (
	relay  = "Relay's compiler: let it write the manifest, to the file of its persistConfig."
	apollo = "Apollo Client: let generate-persisted-query-manifest write the manifest."
)

var clientDirectives = map[string]string{
	"connection": "Relay or Apollo Client: let relay-compiler (persistConfig) or Apollo's generate-persisted-query-manifest write the manifest.",
	"client":     apollo, "export": apollo, "nonreactive": apollo, "unmask": apollo,
	"alias": relay, "appendEdge": relay, "appendNode": relay, "argumentDefinitions": relay, "arguments": relay,
	"assignable": relay, "catch": relay, "deleteEdge": relay, "deleteRecord": relay, "inline": relay,
	"live_query": relay, "match": relay, "module": relay, "no_inline": relay, "preloadable": relay,
	"prependEdge": relay, "prependNode": relay, "raw_response_type": relay, "refetchable": relay, "relay": relay,
	"relay_test_operation": relay, "required": relay, "stream_connection": relay,
	"throwOnFieldError": relay, "updatable": relay, "waterfall": relay,
}

// err is all that is wrong, each once: a fragment is validated with every
// operation that uses it.
func (c *collector) err() error {
	if len(c.problems) == 0 {
		return nil
	}
	file := func(e *gqlerror.Error) string { name, _ := e.Extensions["file"].(string); return name }
	slices.SortFunc(c.problems, func(a, b *gqlerror.Error) int {
		p, q := a.Locations[0], b.Locations[0]
		return cmp.Or(strings.Compare(file(a), file(b)), p.Line-q.Line, p.Column-q.Column, strings.Compare(a.Message, b.Message))
	})
	c.problems = slices.CompactFunc(c.problems, func(a, b *gqlerror.Error) bool { return a.Error() == b.Error() })
	return c.problems
}

// manifest prints what was collected and found right.
func (c *collector) manifest(typename bool) (m Manifest) {
	if typename {
		for _, op := range c.operations {
			addTypename(op.SelectionSet, true)
		}
		for _, f := range c.fragments {
			root := c.schema.Types[f.TypeCondition]
			f.SelectionSet = addTypename(f.SelectionSet, root == c.schema.Query || root == c.schema.Mutation || root == c.schema.Subscription)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.operations)) {
		op := c.operations[name]
		doc, _ := c.document(op)
		quoteStrings(c.schema, doc)
		body := printed(doc)
		sum := sha256.Sum256([]byte(body))
		m = append(m, Operation{hex.EncodeToString(sum[:]), name, string(op.Operation), body})
	}
	return m
}

// addTypename adds __typename to a selection and those in it, as caches of
// clients do: not to what an operation begins with, and not where something of
// introspection is selected already.
func addTypename(set ast.SelectionSet, root bool) ast.SelectionSet {
	add := len(set) > 0 && !root
	for _, selection := range set {
		switch s := selection.(type) {
		case *ast.Field:
			add = add && !strings.HasPrefix(s.Name, "__")
			s.SelectionSet = addTypename(s.SelectionSet, false)
		case *ast.InlineFragment:
			s.SelectionSet = addTypename(s.SelectionSet, root)
		}
	}
	if add {
		set = append(set, &ast.Field{Alias: "__typename", Name: "__typename"})
	}
	return set
}

// quoteStrings writes strings as JSON does, which GraphQL can read. The printer
// quotes them as Go does, and Go has escapes of its own.
func quoteStrings(schema *ast.Schema, doc *ast.QueryDocument) {
	var events validator.Events
	events.OnValue(func(_ *validator.Walker, v *ast.Value) {
		if v.Kind == ast.StringValue || v.Kind == ast.BlockValue {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			_ = e.Encode(v.Raw)                                                 // a string cannot fail
			v.Kind, v.Raw = ast.EnumValue, strings.TrimSuffix(b.String(), "\n") // printed as it is
		}
	})
	validator.Walk(schema, doc, &events)
}

// Check reports what a schema has against a document, in one line, and the name
// of its first operation.
func Check(schema *ast.Schema, text string) (name string, err error) {
	doc, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return "", errors.New(gqlerror.WrapIfUnwrapped(err).Message)
	}
	if len(doc.Operations) == 0 {
		return "", errors.New("it holds no operation")
	}
	var messages []string
	for _, e := range validator.ValidateWithRules(schema, doc, nil) {
		messages = append(messages, e.Message)
	}
	if len(messages) > 0 {
		err = errors.New(strings.Join(messages, " "))
	}
	return doc.Operations[0].Name, err
}
