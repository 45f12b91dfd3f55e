package core

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// AssetUse is a record that refers to a file.
type AssetUse struct {
	Record Node
	Type   string // of the record
	// Fields are where in the record, named as inputs do: "coverId", "body",
	// "gallery.0.imageId".
	Fields []string
}

// filesField is the hidden field with the files to which a document refers, so that
// those that refer to one are found by an index. It holds ids; one that stands in a
// guarded attribute stands there as [guardedFile].
const filesField = "_files"

// guardedFile is what finds a document by a file to which a guarded attribute refers:
// who may not read that must not learn of it by the document.
func guardedFile(id, attribute string) string { return id + " " + attribute }

// mentions tells to which files the documents of a type refer: by references, and by
// addresses and ids in texts of any kind, for what a text is to become only its
// reader knows.
type mentions struct {
	prefix string          // of the ids of files
	within map[string]bool // the embedded types that may hold some
}

func newMentions(s *Spec, prefix string) *mentions {
	m := &mentions{prefix: prefix + "_", within: s.containing(mayMention)}
	if !slices.ContainsFunc(s.Attributes, m.looks) {
		return nil
	}
	return m
}

// mayMention reports whether the values of an attribute themselves may refer to files.
func mayMention(a Attribute) bool {
	isText := a.Kind == String && a.Reference == "" && len(a.Values) == 0
	return isText || a.Kind == JSON || a.Reference == "assets"
}

// looks reports whether files may stand in an attribute or inside it.
func (m *mentions) looks(a Attribute) bool { return mayMention(a) || m.within[a.Type] }

// tracking is s with the hidden field of files, if its documents may refer to some.
// prefix is that of the ids of files.
func (s Spec) tracking(prefix string) Spec {
	if s.Type == "" || s.Personal != "" { // of core alone, or what core writes about somebody
		return s
	}
	s.mentions = newMentions(&s, prefix)
	if s.mentions != nil && !s.Singleton {
		s.Fields = append(slices.Clone(s.Fields), Field{Name: filesField, Kind: String, Array: true, Hidden: true, Sparse: true})
		s.Indexes = append(slices.Clone(s.Indexes), []string{filesField})
	}
	return s
}

// places lists what of the type is looked at, such that other texts stand for what may
// give other hidden fields. Behind a space stands what a place is; see [snapshot.known].
func (s *Spec) places() []string {
	list := []string{}
	if s.mentions == nil {
		return list
	}
	add := func(of string, attributes []Attribute) {
		for _, a := range attributes {
			if s.mentions.looks(a) {
				text := of + a.Name + " " + a.Type
				if len(a.Guard) > 0 {
					text += " guarded"
				}
				list = append(list, text)
			}
		}
	}
	add("", s.Attributes)
	for _, name := range slices.Sorted(maps.Keys(s.mentions.within)) {
		add(name+".", s.Embedded[name])
	}
	return list
}

// otherPlaces reports whether documents that were stored by old may lack files that they
// should have for s, or have some that they should not.
func (s *snapshot) otherPlaces(old *snapshot) bool {
	if old.Places == nil {
		return len(s.Places) > 0
	}
	gone := func(p string) bool { return !slices.Contains(s.Places, p) }
	found := func(p string) bool { return !slices.Contains(old.Places, p) && old.known(p) }
	return slices.ContainsFunc(old.Places, gone) || slices.ContainsFunc(s.Places, found)
}

// known reports whether documents may have a value in a place that was none for s: one
// inside the same embedded type as before is found by its own place.
func (s *snapshot) known(place string) bool {
	name, what, _ := strings.Cut(place, " ")
	typ, _, _ := strings.Cut(what, " ")
	f := s.field(name)
	if of, field, inside := strings.Cut(name, "."); inside {
		f = fieldIn(s.embedded(of), field)
	}
	return f != nil && (f.Removed || typ == "" || f.Type != typ)
}

// files calls found for each file to which a document refers: with its id, the attribute
// of the document, and the path.
func (s *Spec) files(doc any, found func(id string, in Attribute, path string)) {
	s.visit(doc, s.mentions.within, func(doc any, top, a Attribute, _, at string) {
		if !mayMention(a) {
			return
		}
		for i, v := range idsOf(doc, a.Name) {
			tell := func(id string) { found(id, top, at+placeOf(a, i)) }
			if a.Reference != "" {
				tell(v)
			} else {
				idsIn(v, s.mentions.prefix, tell)
			}
		}
	})
}

// hiddenFiles is the hidden field of a document.
func (s *Spec) hiddenFiles(doc any) Edit {
	var list []string
	s.files(doc, func(id string, in Attribute, _ string) {
		if len(in.Guard) > 0 {
			id = guardedFile(id, in.Name)
		}
		list = append(list, id)
	})
	if list == nil {
		return Set(filesField, nil)
	}
	return Set(filesField, distinct(list))
}

// idsIn calls found for each id that begins with prefix in a text.
func idsIn(text, prefix string, found func(id string)) {
	const length = len("00000000-0000-7000-8000-000000000000")
	for at := 0; ; {
		i := strings.Index(text[at:], prefix)
		if i < 0 {
			return
		}
		start := at + i
		at = start + len(prefix)
		end := at + length
		if end > len(text) {
			return
		}
		alone := (start == 0 || !isIDByte(text[start-1])) && (end == len(text) || !isIDByte(text[end]))
		if alone && uuid.Validate(text[at:end]) == nil {
			found(text[start:end])
		}
	}
}

// isIDByte reports whether a byte beside an id belongs to it, so that it is another one.
func isIDByte(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// UsedBy lists the records of any type that refer to a file, at most first of them, as
// far as the caller may read them and what refers. It costs a read for each type that
// may refer to files, for all assets that were read together.
func (a *Assets) UsedBy(ctx context.Context, asset *Asset, first *int) ([]*AssetUse, error) {
	limit, _, err := PageArgs{First: first}.bounds()
	if err != nil {
		return nil, err
	}
	all := a.app.types.all()
	slices.SortFunc(all, func(a, b anyCollection) int { return cmp.Compare(a.describe().Type, b.describe().Type) })
	uses := []*AssetUse{}
	for _, c := range all {
		if len(uses) >= limit {
			break
		}
		more, err := c.usesOf(ctx, asset, limit)
		if err != nil {
			return nil, err
		}
		uses = append(uses, more...)
	}
	return uses[:min(len(uses), limit)], nil
}

// usesOf lists the documents that refer to a file.
func (c *Collection[T]) usesOf(ctx context.Context, asset *Asset, first int) (uses []*AssetUse, err error) {
	if c.spec.mentions == nil {
		return nil, nil
	}
	hides := func(a Attribute) bool { // as for a filter by it
		return len(a.Guard) > 0 && allowed(a.Guard, PrincipalOf(ctx), Read, c.now()).Op != OpAll
	}
	page, err := childrenBy(ctx, asset, "usedBy "+c.spec.Name, c, func(id string) Filter {
		if c.spec.Singleton {
			return Eq("_id", c.OnlyID())
		}
		keys := []string{id}
		for _, a := range c.spec.Attributes {
			if len(a.Guard) > 0 && c.spec.mentions.looks(a) && !hides(a) {
				keys = append(keys, guardedFile(id, a.Name))
			}
		}
		return In(filesField, keys)
	}, PageArgs{First: &first})
	if err != nil {
		return nil, err
	}
	for _, doc := range page.Nodes() {
		use := &AssetUse{Record: any(doc).(Node), Type: c.spec.Type}
		c.spec.files(doc, func(id string, in Attribute, path string) {
			if id == asset.ID && !hides(in) && !slices.Contains(use.Fields, path) {
				use.Fields = append(use.Fields, path)
			}
		})
		if len(use.Fields) > 0 && IDOf(use.Record) != asset.ID {
			uses = append(uses, use)
		}
	}
	return uses, nil
}
